"""Sentences for what is wrong with a file of UIDs, where those of recipient files do not fit."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.recipients.problems import Shown, file_sentence
from messaging.recipients.results import FileProblem

SENTENCES: dict[str, Promise] = {
    "empty_file": _("The file is empty. Write one row for each contact: uid,phoneNumber."),
    "no_data": _("There is no data below the header row. Add one row for each contact."),
    "too_many_columns": _("The file has more than %(limit)s columns. Keep only uid and phoneNumber."),
    "too_many_rows": _(
        "The file has more than %(limit)s rows. Split it and upload the parts one after the other."
    ),
    "no_visible_sheet": _("The workbook has no visible sheet with cells. Show the sheet with the UIDs."),
    "missing_columns": _("The file has no column for %(columns)s. Each row needs both: uid,phoneNumber."),
    "out_of_memory": _(
        "The file needs more memory than a file of UIDs may. Save it as .csv and upload that."
    ),
    "output_too_large": _("The file is too large. Split it and upload the parts one after the other."),
    "too_many_contacts": _(
        "The UID “%(uid)s” has %(count)s different phone numbers in the file; a UID has at most %(limit)s."
        " Take some of its rows out and upload the file again."
    ),
    "file_lost": _(
        "The rows of the file were lost before all of them were saved. What was saved stays; upload the file"
        " again to save the rest."
    ),
    "save_kept_failing": _(
        "The file could not be saved after several attempts. What was saved stays; upload the file again to"
        " save the rest."
    ),
}


def file_of_uids_sentence(problem: FileProblem) -> str:
    """Why a file was refused, and what to do."""
    sentence = SENTENCES.get(problem.code)
    return file_sentence(problem) if sentence is None else str(sentence) % Shown(problem.params)
