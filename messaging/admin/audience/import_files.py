"""Files of UIDs: uploading one, what was found in it, saving it, and what was saved."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed, record_download
from console.accounts.models import User
from console.accounts.roles import Permission
from console.accounts.sentences import sentence
from console.pages import ConsolePage, ConsoleView, page_url, register_page
from messaging.admin.audience.forms import TagsForm, suggestions
from messaging.audience.importing import Outcome, receive_uid_file, start_saving
from messaging.audience.wording import file_of_uids_sentence
from messaging.models import UidImport
from messaging.recipients.importing import MB, refuse_too_large, stored_path
from messaging.recipients.problems import describe, note_sentence, problems_csv
from messaging.recipients.results import FileProblem, FileRefused
from messaging.recipients.uid_rows import NUMBER_COLUMN, UID_COLUMN
from messaging.states import ImportState

FORM_BYTES = 1 << 20  # of a request, beside its file
SHOWN_FILES = 10
CSV = "text/csv; charset=utf-8"
RUNNING = (ImportState.UPLOADED, ImportState.CHECKING, ImportState.SAVING)
COUNTS: dict[str, Any] = {
    "missing_uid": _("no UID"),
    "uid_too_long": _("UID too long"),
    "uid_characters": _("UID with unseen characters"),
    "missing_number": _("no number"),
    "wrong_number": _("wrong number"),
    "lost_digits": _("number rounded by the spreadsheet"),
}

FILE_SAVED = sentence(
    "uid_file_saved", _("file of UIDs saved: %(name)s, contacts: %(contacts)s, UIDs: %(uids)s")
)
FILE_SAVED_WITH_TAGS = sentence(
    "uid_file_saved_with_tags",
    _("file of UIDs saved: %(name)s, contacts: %(contacts)s, UIDs: %(uids)s, tags: %(tags)s"),
)
PROBLEMS_DOWNLOADED = sentence(
    "uid_problems_downloaded",
    ngettext_lazy(
        "problems of a file of UIDs downloaded, %(n)s row",
        "problems of a file of UIDs downloaded, %(n)s rows",
        "n",
    ),
)


@dataclass(frozen=True, slots=True)
class ImportView:
    """A checked file as its page shows it."""

    outcome: Outcome

    @property
    def counts(self) -> list[tuple[int, str, str]]:
        """(count, word, colour) of every kind of row; they add up to the file's rows."""
        file, found = self.outcome.file, self.outcome.found
        rows = [(found.contacts, str(_("can be saved")), "green")]
        rows += [(n, str(COUNTS.get(code, code)), "red") for code, n in file.problems.items()]
        rows.append((found.repeated, str(_("stood before")), "grey"))
        return [row for row in rows if row[0] or row[2] == "green"]

    @property
    def wrong(self) -> int:
        return sum(self.outcome.file.problems.values())

    @property
    def first_problems(self) -> list[tuple[Any, str]]:
        return [(fault, describe(fault)) for fault in self.outcome.file.first_problems]

    @property
    def first_rows(self) -> int:
        """How many rows `first_problems` are about: one row can have several."""
        return len({fault.row for fault in self.outcome.file.first_problems})

    @property
    def notes(self) -> list[str]:
        return [note_sentence(note) for note in self.outcome.file.notes]

    @property
    def is_text(self) -> bool:
        return self.outcome.file.encoding not in ("xlsx", "xls")

    @property
    def adds_nothing(self) -> bool:
        return not (self.outcome.found.new_uids or self.outcome.found.new_contacts)


class ImportBase(ConsolePage):
    permission = Permission.SEND

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    @cached_property
    def file(self) -> UidImport:
        return get_object_or_404(UidImport, project=self.project, pk=self.kwargs["pk"])


@register_page
class ImportPage(ImportBase):
    """The way in: one file, and what was uploaded lately."""

    path = "audience/import/"
    name = "audience_import"
    title = _("Upload UIDs")
    template_name = "messaging/audience/import.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("UIDs"), page_url("audience_uids"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        files = UidImport.objects.filter(project=self.project).select_related("uploaded_by")
        own = {
            "files": files.order_by("-created_at")[:SHOWN_FILES],
            "max_megabytes": settings.BONGSU_MAX_UPLOAD_BYTES // MB,
            "max_rows": settings.BONGSU_MAX_ROWS,
        }
        return {**super().get_context_data(**kwargs), **own, **kwargs}

    def post(self, request: HttpRequest) -> HttpResponse:
        upload = request.FILES.get("file")
        try:
            refuse_too_large(int(request.headers.get("Content-Length") or 0) - FORM_BYTES)
            if not isinstance(upload, UploadedFile):
                return self.again(gettext("Choose a file first."))
            file = receive_uid_file(project=self.project, user=self.user, upload=upload)
        except FileRefused as refused:
            return self.again(file_of_uids_sentence(FileProblem(refused.code, refused.params)))
        return redirect(page_url("audience_import_file", file.pk))

    def again(self, problem: str) -> HttpResponse:
        return self.render_to_response(self.get_context_data(problem=problem), status=422)


@register_page
class ImportFilePage(ImportBase):
    """One file: being read, refused, counted, being saved, saved."""

    path = "audience/import/<uuid:pk>/"
    name = "audience_import_file"
    title = _("File of UIDs")
    template_name = "messaging/audience/import_file.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("UIDs"), page_url("audience_uids")), (_("Upload UIDs"), page_url("audience_import"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or TagsForm(project=self.project)
        own = {**panel_context(self.file), "form": form, "tag_names": suggestions(self.project)}
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        form = TagsForm(request.POST, project=self.project)
        if self.file and not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        with transaction.atomic():
            is_begun = start_saving(file=self.file, tag_ids=form.cleaned_data["tags"])
            if is_begun:
                self.note()
        if not is_begun:
            messages.warning(
                request, gettext("Nothing was changed: this file is saved already, or being saved.")
            )
        return redirect(page_url(self.name, self.file.pk))

    def note(self) -> None:
        """Keep in the audit log who had the file saved, and what is in it."""
        file = UidImport.objects.get(pk=self.file.pk)
        found = Outcome.from_json(file.result or {}).found
        tags = self.project.tags.filter(pk__in=file.tag_ids).order_by("name").values_list("name", flat=True)
        saved = FILE_SAVED_WITH_TAGS if tags else FILE_SAVED
        values = {"tags": list(tags)} if tags else {}
        what = saved(name=file.original_name, contacts=found.contacts, uids=found.uids, **values)
        record_deed(actor=self.user, obj=file, project=self.project, what=what, request=self.request)


@register_page
class ImportPanel(ConsoleView):
    """The moving part of that page alone."""

    path = "audience/import/<uuid:pk>/panel/"
    name = "audience_import_panel"
    permission = Permission.SEND

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        file = get_object_or_404(UidImport, project=self.project, pk=pk)
        context = panel_context(file)
        context["form"] = TagsForm(project=self.project)
        context["tag_names"] = suggestions(self.project)
        return render(request, "messaging/audience/import_panel.html", context)


def panel_context(file: UidImport) -> dict[str, Any]:
    """What the panel shows. Exactly one of its faces is on."""
    outcome = Outcome.from_json(file.result) if file.result else None
    is_refused = file.state == ImportState.REFUSED
    tags = file.project.tags.filter(pk__in=file.tag_ids).order_by("name") if file.tag_ids else []
    return {
        "file": file,
        "view": ImportView(outcome) if outcome else None,
        "outcome": outcome,
        "is_running": file.state in RUNNING,
        "is_saving": file.state == ImportState.SAVING,
        "is_checked": file.state == ImportState.CHECKED,
        "is_saved": file.state == ImportState.SAVED,
        "refusal": file_of_uids_sentence(FileProblem(file.problem_code, file.problem_params))
        if is_refused
        else "",
        "tags": tags,
    }


@register_page
class ImportTemplate(ConsoleView):
    """The file to fill in: its header and nothing else, since an example row would be saved."""

    path = "audience/import/template.csv"
    name = "audience_import_template"
    permission = Permission.SEND

    def get(self, request: HttpRequest) -> HttpResponse:
        content = f"\ufeff{UID_COLUMN},{NUMBER_COLUMN}\r\n".encode()
        return HttpResponse(
            content, content_type=CSV, headers={"Content-Disposition": 'attachment; filename="uids.csv"'}
        )


@register_page
class ImportProblems(ConsoleView):
    """Every row that cannot be saved, with what is wrong. It holds personal data: who takes it is noted."""

    path = "audience/import/<uuid:pk>/problems.csv"
    name = "audience_import_problems"
    permission = Permission.SEND

    def get(self, request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
        file = get_object_or_404(UidImport, project=self.project, pk=pk)
        if not file.problems_name or not default_storage.exists(file.problems_name):
            raise Http404
        rows = sum(Outcome.from_json(file.result).file.problems.values()) if file.result else 0
        record_download(
            actor=cast(User, request.user),
            obj=file,
            project=self.project,
            what=PROBLEMS_DOWNLOADED(n=rows),
            request=request,
        )
        return StreamingHttpResponse(
            problems_csv(stored_path(file.problems_name)),
            content_type=CSV,
            headers={"Content-Disposition": 'attachment; filename="problems.csv"'},
        )
