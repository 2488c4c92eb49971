"""Mass send: a text with placeholders to the rows of a file, in three steps on one page.

Beside the steps of every send page, its form is posted with
file      what became of the file: asked while it is being checked
recheck   has the same file checked for the text as it is now
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from console.formatting import group_number
from console.pages import page_url, register_page
from messaging.admin.forms.base import MassWhen
from messaging.admin.forms.mass import MassForm
from messaging.admin.send_composition import Composition
from messaging.admin.send_pages import SendPage
from messaging.admin.send_sentences import Announcement, plan_words
from messaging.content.length import unsendable
from messaging.content.rendering import PLACEHOLDER
from messaging.models import RecipientFile
from messaging.recipients import importing
from messaging.recipients.problems import describe, file_sentence, note_sentence
from messaging.recipients.results import CheckResult, FileProblem, FileRefused
from messaging.sending.commands import Split
from messaging.states import FileState

COUNTS: dict[str, Any] = {
    "missing_number": _("no number"),
    "wrong_number": _("wrong number"),
    "lost_digits": _("number rounded by the spreadsheet"),
    "international_number": _("number of another country"),
    "too_long": _("too long"),
    "subject_too_long": _("subject too long"),
    "unsendable": _("characters that cannot be sent"),
}
MISSING = "missing_value"
MISSING_WORDS = _("missing “%(key)s”")
SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True)
class FileView:
    """A checked file as the page shows it."""

    file: RecipientFile
    result: CheckResult

    @property
    def counts(self) -> list[tuple[int, str, str]]:
        """(count, word, colour) of every kind of row; they add up to the file's rows."""
        rows = [(self.result.sendable, str(_("can be sent")), "green")]
        rows += [
            (n, str(COUNTS.get(code, code)), "red")
            for code, n in self.result.problems.items()
            if code != MISSING
        ]
        rows += [(n, str(MISSING_WORDS) % {"key": key}, "red") for key, n in self.result.missing.items()]
        rows.append((self.result.duplicates, str(_("duplicate")), "grey"))
        return [row for row in rows if row[0] or row[2] == "green"]

    def why_left_out(self, *, with_duplicates: bool) -> str:
        """ "120 wrong number, 15 duplicate": the rows that are not sent, by reason."""
        left_out = self.counts[1:] if not with_duplicates else [row for row in self.counts if row[2] == "red"]
        return ", ".join(
            str(_("%(count)s %(word)s")) % {"count": group_number(count), "word": word}
            for count, word, _colour in left_out
        )

    @property
    def is_text(self) -> bool:
        """Whether the file is CSV, whose encoding had to be found out."""
        return self.result.encoding not in ("xlsx", "xls")

    @property
    def wrong(self) -> int:
        return sum(self.result.problems.values())

    @property
    def first_problems(self) -> list[tuple[Any, str]]:
        return [(fault, describe(fault)) for fault in self.result.first_problems]

    @property
    def first_rows(self) -> int:
        """How many rows `first_problems` are about: one row can have several."""
        return len({fault.row for fault in self.result.first_problems})

    @property
    def notes(self) -> list[str]:
        return [note_sentence(note) for note in self.result.notes]

    @property
    def first_repaired(self) -> list[tuple[Any, str]]:
        return [(fault, describe(fault)) for fault in self.result.first_repaired[:3]]

    @property
    def seconds(self) -> float:
        """How long the check took, from the upload on."""
        ended = self.file.checked_at or self.file.created_at
        return max(0.1, round((ended - self.file.created_at).total_seconds(), 1))


@register_page
class MassPage(SendPage):
    path = "send/mass/"
    name = "send_mass"
    title = _("Mass send")
    template_name = "messaging/send/mass.html"
    form_template = "messaging/send/mass_form.html"
    look_template = "messaging/send/mass_look.html"
    form_class = MassForm

    def steps(self) -> dict[str, Callable[[Any], HttpResponse]]:
        return {**super().steps(), "file": self.show_file, "recheck": self.recheck}

    def first_form(self) -> Any:
        """The draft; with the file that the address names, as another page left it here."""
        form = super().first_form()
        asked = self.request.GET.get("file", "")
        if not asked or asked == form.raw("recipient_file"):
            return form
        data = form.data.copy() if form.data else QueryDict(mutable=True)
        data["recipient_file"] = asked
        with_file = self.form_of(data)
        return with_file if with_file.file is not None else form

    def preview(self, form: Any) -> Composition:
        preview: Composition = form.preview
        return preview

    def context_of(self, form: Any) -> dict[str, Any]:
        context = {**super().context_of(form), **file_context(form), "text": form.preview}
        view: FileView | None = context["view"]
        context["longest"] = view.result.max_body_bytes if view else 0
        context["plan"] = self.plan(form)
        context["is_split"] = form.raw("is_split") == "on"
        context["refresh_file"] = context["is_stale"] or form.data.get("panel") != context["panel"]
        return {**context, **open_steps(form)}

    def replaced(self, form: Any) -> int:
        view = view_of(form)
        if view is None or not form.replaces or has_odd_text(form):
            return super().replaced(form)
        repeated = view.result.unsendable_repeated if form.raw("include_duplicates") == "on" else 0
        return view.result.unsendable + repeated

    def countries(self, form: Any) -> Mapping[int, int]:
        view = view_of(form)
        if view is None:
            return {}
        return view.result.sent_to(include_duplicates=form.raw("include_duplicates") == "on")

    def opted_out(self, form: Any) -> int:
        return form.opted_out_rows

    def announcement(self, form: Any) -> Announcement | None:
        view = view_of(form)
        if view is None or not form.is_checked_for_this_text or not form.chosen_sender or form.lacks_moment:
            return None
        result = view.result
        with_duplicates = form.raw("include_duplicates") == "on"
        total = result.sendable + (result.duplicates if with_duplicates else 0)
        if not total:
            return None
        return Announcement(
            total=total,
            message_type=form.sent_type.label,
            sender=form.chosen_sender,
            due_at=form.chosen_moment,
            needs_release=form.raw("when") == MassWhen.CHECK,
            split=chosen_split(form, total),
            left_out=result.total_rows - total,
            why=view.why_left_out(with_duplicates=with_duplicates),
        )

    def plan(self, form: Any) -> str:
        """What splitting means for this file, or ""."""
        announcement = self.announcement(form)
        if announcement is None or announcement.split is None:
            return ""
        return plan_words(announcement.total, announcement.split, announcement.due_at)

    def show_file(self, form: Any) -> HttpResponse:
        """The file's panel; once its check has ended, the page looks at everything that depends on it."""
        form.forgive()
        return file_panel(self.request, form)

    def recheck(self, form: Any) -> HttpResponse:
        form.forgive()
        if form.file is not None and form.file.storage_name and not form.is_checked_for_this_text:
            file = importing.recheck(file=form.file, user=self.user, **form.text_of_file)
            form = self.with_file(file)
        return file_panel(self.request, form)

    def with_file(self, file: RecipientFile) -> Any:
        """The form with another file; the draft remembers it."""
        form = self.form_of(data_with_file(self.request, file))
        self.draft.keep(form.data)
        form.forgive()
        return form


def has_odd_text(form: Any) -> bool:
    """Whether what stands in every message holds a character that cannot be sent."""
    text = form.composition
    subject = text.subject if text.has_subject else ""
    return any(unsendable(PLACEHOLDER.sub("", written)) for written in (subject, text.body))


def data_with_file(request: HttpRequest, file: RecipientFile) -> Any:
    """What was sent, naming this file."""
    data = request.POST.copy()
    data["recipient_file"] = str(file.pk)
    return data


def chosen_split(form: Any, total: int) -> Split | None:
    """The split as it is typed now, or None where there is none, or it is not right yet."""
    parts, interval = form.raw("parts"), form.raw("interval")
    if form.raw("is_split") != "on" or not (parts.isdecimal() and interval.isdecimal()):
        return None
    if not (2 <= int(parts) <= min(total, 100) and 1 <= int(interval) <= 24 * 60):
        return None
    return Split(int(parts), timedelta(minutes=int(interval)))


def view_of(form: Any) -> FileView | None:
    """The form's file with its result, where it is checked."""
    file = form.file
    if file is None or file.state != FileState.CHECKED or file.result is None:
        return None
    return FileView(file, CheckResult.from_json(file.result))


def file_context(form: Any) -> dict[str, Any]:
    """What the file's panel shows. Exactly one of its faces is on."""
    file, view = form.file, view_of(form)
    same_text = form.is_checked_for_this_text
    is_refused = file is not None and file.state == FileState.REFUSED
    is_stale = file is not None and not same_text
    is_running = file is not None and file.state in (FileState.UPLOADED, FileState.CHECKING)
    # While a placeholder is being typed the keys change with every letter: then a person says when.
    keys_differ = is_stale and form.composition.keys != list(file.keys)
    if keys_differ and importing.known_check(file=file, **form.text_of_file):
        keys_differ = False
    return {
        "file": file,
        "panel": face_of(form, is_stale),
        "view": view if same_text else None,
        "is_running": is_running and same_text,
        "refusal": refusal_of(file) if is_refused and same_text else "",
        "is_stale": is_stale,
        "keys_differ": keys_differ,
        "sample": form.sample[:SHOWN_ROWS] if same_text else [],
        "chosen_row": form.chosen_row,
        "opted_out": form.opted_out_rows if form.is_advertising else 0,
        "leaves_out": file is not None and form.raw("leave_out") == str(file.pk),
        "max_bytes": settings.BONGSU_MAX_UPLOAD_BYTES,
        "max_megabytes": settings.BONGSU_MAX_UPLOAD_BYTES // importing.MB,
        "upload_url": page_url("send_mass_file"),
    }


def face_of(form: Any, is_stale: bool) -> str:
    """What the panel shows, in short: a page that shows something else needs it anew."""
    file = form.file
    shown = (file.pk, file.state) if file is not None else ()
    return sha256(repr((shown, is_stale, form.composition.keys)).encode()).hexdigest()[:16]


def refusal_of(file: RecipientFile) -> str:
    """Why the file was refused, and what to do."""
    return file_sentence(FileProblem(file.problem_code, file.problem_params))


def file_panel(request: HttpRequest, form: Any, problem: str = "") -> HttpResponse:
    """The file's panel alone. Where nothing in it moves any more, the page is told to look at the rest."""
    context = {"form": form, **file_context(form), "problem": problem}
    response = render(request, "messaging/send/file.html", context)
    if not context["is_running"]:
        response["HX-Trigger-After-Settle"] = "look"
    return response


def open_steps(form: Any) -> dict[str, bool]:
    """Which steps are done, and which stand open: the first that is not done, and those with an error."""
    text = form.preview
    message_done = bool(
        text.body.strip() and form.chosen_sender and not text.bytes_over and not text.is_refused
    )
    file_done = not form.file_problem()
    return {
        "message_done": message_done,
        "file_done": file_done,
        "message_open": bool(form.errors) or not (message_done and form.file),
        "file_open": bool(form.errors) or message_done or bool(form.file),
        "when_open": True,
    }


def problem_of(refused: FileRefused) -> str:
    """What is wrong with an upload, as a sentence."""
    return file_sentence(FileProblem(refused.code, refused.params))
