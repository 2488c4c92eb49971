"""What goes up and down beside the list of the general send page: a file of numbers, and its template."""

from typing import ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from console.pages import register_page
from messaging.admin.forms.general import GeneralForm
from messaging.admin.send_files import CSV, FORM_BYTES, XLSX, SendFileView
from messaging.admin.send_general import GeneralPage
from messaging.admin.send_list import list_panel
from messaging.admin.send_mass import problem_of
from messaging.recipients import importing
from messaging.recipients.results import FileRefused
from messaging.recipients.template_file import template_csv, template_xlsx
from messaging.sending.drafts import DraftKey
from messaging.states import MessageType


@register_page
class UploadListFile(SendFileView):
    """Takes one file whose numbers are to join the list; answers with its panel, which asks for the rest."""

    path = "send/general/file/"
    name = "send_general_file"

    def post(self, request: HttpRequest) -> HttpResponse:
        form = GeneralForm(request.POST, project=self.project, user=self.user)
        upload = request.FILES.get("file")
        try:
            importing.refuse_too_large(int(request.headers.get("Content-Length") or 0) - FORM_BYTES)
            if not isinstance(upload, UploadedFile):
                return list_panel(request, form, problem=_("No file arrived. Choose it once more."))
            file = importing.receive_file(
                project=self.project,
                user=self.user,
                upload=upload,
                subject="",
                body="",
                message_type=MessageType.SMS,
            )
        except FileRefused as refused:
            return list_panel(request, form, problem=problem_of(refused))
        data = request.POST.copy()
        data["list_file"], data["list_joined"] = str(file.pk), ""
        DraftKey(self.user, self.project, GeneralPage.name).keep(data)
        return list_panel(request, GeneralForm(data, project=self.project, user=self.user))


class DownloadListTemplate(SendFileView):
    """The file to fill in: one column of numbers."""

    content_type: ClassVar[str]
    suffix: ClassVar[str]

    def content(self) -> bytes:
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponse(self.content(), content_type=self.content_type)
        response["Content-Disposition"] = f'attachment; filename="numbers.{self.suffix}"'
        return response


@register_page
class DownloadListTemplateCsv(DownloadListTemplate):
    path = "send/general/numbers.csv"
    name = "send_general_template_csv"
    content_type, suffix = CSV, "csv"

    def content(self) -> bytes:
        return template_csv([])


@register_page
class DownloadListTemplateXlsx(DownloadListTemplate):
    path = "send/general/numbers.xlsx"
    name = "send_general_template_xlsx"
    content_type, suffix = XLSX, "xlsx"

    def content(self) -> bytes:
        return template_xlsx([])
