"""What goes up and down beside the send pages: recipient files, their template and problems, pictures."""

import tempfile
from collections.abc import Iterator
from typing import IO, Any, ClassVar, cast
from uuid import UUID

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from console.accounts.audit import record_download
from console.accounts.models import User
from console.accounts.roles import Permission
from console.accounts.sentences import sentence
from console.pages import ConsoleView, register_page
from messaging.admin.forms.base import ids_in
from messaging.admin.forms.mass import MassForm
from messaging.admin.send_mass import MassPage, data_with_file, file_panel, problem_of
from messaging.content.rendering import ReservedKey, compile_template
from messaging.models import Attachment, RecipientFile
from messaging.recipients import importing
from messaging.recipients.problems import problems_csv, write_problems_xlsx
from messaging.recipients.results import FileRefused
from messaging.recipients.template_file import template_csv, template_xlsx
from messaging.sending.attachments import AttachmentRefused, attachments_of, receive_attachment
from messaging.sending.drafts import DraftKey

FORM_BYTES = 1 << 20  # of a request, beside its file
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SendFileView(ConsoleView):
    """A view beside the send pages, for those who may send."""

    permission = Permission.SEND

    @property
    def user(self) -> User:
        return cast(User, self.request.user)


@register_page
class UploadRecipientFile(SendFileView):
    """Takes one file for the text that the form holds now; answers with the file's panel."""

    path = "send/mass/file/"
    name = "send_mass_file"

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form_of(request.POST)
        upload = request.FILES.get("file")
        try:
            importing.refuse_too_large(int(request.headers.get("Content-Length") or 0) - FORM_BYTES)
            if not isinstance(upload, UploadedFile):
                return file_panel(request, form, _("No file arrived. Choose it once more."))
            file = importing.receive_file(
                project=self.project, user=self.user, upload=upload, **form.text_of_file
            )
        except FileRefused as refused:
            return file_panel(request, form, problem_of(refused))
        data = data_with_file(request, file)
        DraftKey(self.user, self.project, MassPage.name).keep(data)
        return file_panel(request, self.form_of(data))

    def form_of(self, data: Any) -> MassForm:
        form = MassForm(data, project=self.project, user=self.user)
        form.forgive()
        return form


class DownloadTemplate(SendFileView):
    """The file to fill in, for exactly the placeholders of the text that the form holds now."""

    content_type: ClassVar[str]
    suffix: ClassVar[str]

    def content(self, keys: list[str]) -> bytes:
        raise NotImplementedError

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MassForm(request.POST, project=self.project, user=self.user)
        text = form.text_of_file
        try:
            keys = list(compile_template(text["subject"], text["body"]).keys)
        except ReservedKey:
            return HttpResponseBadRequest(_("##recipient_no## names the column of numbers."))
        response = HttpResponse(self.content(keys), content_type=self.content_type)
        response["Content-Disposition"] = f'attachment; filename="recipients.{self.suffix}"'
        return response


@register_page
class DownloadTemplateCsv(DownloadTemplate):
    path = "send/mass/template.csv"
    name = "send_mass_template_csv"
    content_type, suffix = CSV, "csv"

    def content(self, keys: list[str]) -> bytes:
        return template_csv(keys)


@register_page
class DownloadTemplateXlsx(DownloadTemplate):
    path = "send/mass/template.xlsx"
    name = "send_mass_template_xlsx"
    content_type, suffix = XLSX, "xlsx"

    def content(self, keys: list[str]) -> bytes:
        return template_xlsx(keys)


PROBLEMS_DOWNLOADED = sentence(
    "recipient_problems_downloaded",
    ngettext_lazy(
        "problems of a recipient file downloaded, %(n)s row",
        "problems of a recipient file downloaded, %(n)s rows",
        "n",
    ),
)


class DownloadProblems(SendFileView):
    """Every row that cannot be sent, with what is wrong. It holds personal data: who takes it is noted."""

    content_type: ClassVar[str]
    suffix: ClassVar[str]

    def content(self, file: RecipientFile) -> Iterator[bytes] | IO[bytes]:
        raise NotImplementedError

    def get(self, request: HttpRequest, file_id: UUID) -> StreamingHttpResponse:
        file = get_object_or_404(RecipientFile, pk=file_id, project=self.project)
        if not file.problems_name or not default_storage.exists(file.problems_name):
            raise Http404
        self.record(request, file)
        response = StreamingHttpResponse(self.content(file), content_type=self.content_type)
        response["Content-Disposition"] = f'attachment; filename="problems.{self.suffix}"'
        return response

    def record(self, request: HttpRequest, file: RecipientFile) -> None:
        rows = sum((file.result or {}).get("problems", {}).values())
        what = PROBLEMS_DOWNLOADED(n=rows)
        record_download(actor=self.user, obj=file, project=self.project, what=what, request=request)


@register_page
class DownloadProblemsCsv(DownloadProblems):
    path = "send/mass/file/<uuid:file_id>/problems.csv"
    name = "send_mass_problems_csv"
    content_type, suffix = CSV, "csv"

    def content(self, file: RecipientFile) -> Iterator[bytes]:
        return problems_csv(importing.stored_path(file.problems_name))


@register_page
class DownloadProblemsXlsx(DownloadProblems):
    path = "send/mass/file/<uuid:file_id>/problems.xlsx"
    name = "send_mass_problems_xlsx"
    content_type, suffix = XLSX, "xlsx"

    def content(self, file: RecipientFile) -> IO[bytes]:
        written = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        write_problems_xlsx(importing.stored_path(file.problems_name), written)
        written.seek(0)
        return written


@register_page
class ChangePictures(SendFileView):
    """Adds the picture sent as `picture`, or takes the one named by `remove` away; answers with the list."""

    path = "send/pictures/"
    name = "send_pictures"

    def post(self, request: HttpRequest) -> HttpResponse:
        removed = request.POST.get("remove", "")
        kept = [pk for pk in request.POST.getlist("attachments") if pk != removed]
        pictures = attachments_of(self.project, ids_in(kept))
        problem = ""
        upload = request.FILES.get("picture")
        if isinstance(upload, UploadedFile):
            try:
                pictures.append(
                    receive_attachment(project=self.project, user=self.user, upload=upload, others=pictures)
                )
            except AttachmentRefused as refused:
                problem = refused.sentence
        context = {"pictures": pictures, "problem": problem}
        response = render(request, "messaging/send/pictures.html", context)
        response["HX-Trigger-After-Settle"] = "look"
        return response


@register_page
class ShowPicture(SendFileView):
    """One picture of the project, for the phone beside the form."""

    path = "send/pictures/<int:picture_id>/"
    name = "send_picture"

    def get(self, request: HttpRequest, picture_id: int) -> FileResponse:
        picture = get_object_or_404(Attachment, pk=picture_id, project=self.project)
        if not default_storage.exists(picture.storage_name):
            raise Http404
        response = FileResponse(default_storage.open(picture.storage_name), content_type="image/jpeg")
        response["X-Content-Type-Options"] = "nosniff"
        return response
