"""The list of numbers of the general send page: a file whose numbers join it, and what is wrong taken out.

The file is a recipient file like any other, checked against an empty text: a worker has a child process read
it, and what the check wrote joins the list. The page asks until that is done.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from console.pages import page_url
from messaging.admin.forms.general import GeneralForm
from messaging.admin.send_mass import FileView, refusal_of
from messaging.recipients.importing import MB, stored_path
from messaging.recipients.joining import Joining, joining
from messaging.recipients.problems import file_sentence
from messaging.recipients.results import CheckResult, FileProblem
from messaging.recipients.typed import MAX_TYPED
from messaging.states import FileState


def list_context(form: GeneralForm) -> dict[str, Any]:
    """What the file's panel shows."""
    file = form.file
    result = file.result if file is not None and file.state == FileState.CHECKED else None
    is_refused = file is not None and file.state == FileState.REFUSED
    view = FileView(file, CheckResult.from_json(result)) if file is not None and result else None
    return {
        "file": file,
        "view": view,
        "is_running": form.is_joining,
        "has_joined": form.has_joined,
        "is_too_long": view is not None and not form.has_joined and not form.fits_file,
        "refusal": refusal_of(file) if file is not None and is_refused else "",
        "room": max(0, MAX_TYPED - form.typed.total),
        "max_typed": MAX_TYPED,
        "max_bytes": settings.BONGSU_MAX_UPLOAD_BYTES,
        "max_megabytes": settings.BONGSU_MAX_UPLOAD_BYTES // MB,
        "upload_url": page_url("send_general_file"),
    }


def list_panel(request: HttpRequest, form: GeneralForm, **extra: Any) -> HttpResponse:
    """The file's panel alone."""
    context = {"form": form, **list_context(form), "page_address": page_url("send_general"), **extra}
    return render(request, "messaging/send/list_file.html", context)


def is_ready(form: GeneralForm) -> bool:
    """Whether the form's file is checked, and its numbers can join the list now."""
    return form.is_joining and form.file is not None and form.file.state == FileState.CHECKED


def joining_of(form: GeneralForm) -> Joining | str:
    """What of the form's checked file joins the list; or why nothing can, as a sentence."""
    file = form.file
    try:
        if file is None:
            raise FileNotFoundError
        paths = {"staging": stored_path(file.staging_name), "problems": stored_path(file.problems_name)}
        return joining(typed=form.typed, **paths)
    except OSError:
        return file_sentence(FileProblem("unreadable"))


def with_lines(data: QueryDict, lines: str) -> QueryDict:
    """What the form holds, with these lines at the end of its list."""
    data = data.copy()
    before = str(data.get("recipients", "")).rstrip()
    data["recipients"] = f"{before}\n{lines}\n" if before else f"{lines}\n"
    return data
