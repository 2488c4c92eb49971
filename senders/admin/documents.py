"""Giving out a document's content: to those who may see it, never without a record."""

from typing import ClassVar, cast

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_access, record_download
from console.accounts.models import User
from console.accounts.sentences import Said, sentence
from console.pages import ConsoleView, register_page
from senders.models import Document
from senders.models.document import ContentType
from senders.services.documents import may_look_at

_ENDING = {ContentType.PDF: "pdf", ContentType.JPEG: "jpg", ContentType.PNG: "png"}


OPENED = sentence("document_opened", _("document opened"))
PAGE_OPENED = sentence("document_page_opened", _("page %(page)s opened"))


class DocumentView(ConsoleView):
    """What both addresses of a document share. To those who may not see it, it does not exist."""

    needs_project: ClassVar[bool] = False
    needs_verified: ClassVar[bool] = False

    def find(self, pk: int) -> Document:
        related = ("verification__organization", "sender_number__project__organization")
        document = get_object_or_404(Document.objects.select_related(*related), pk=pk)
        if not may_look_at(scope=self.scope, document=document):
            raise Http404
        return document

    def record(self, document: Document, what: Said, *, takes: bool = False) -> None:
        """Note who looked at it or took it, before anything is sent."""
        number = document.sender_number
        project = number.project if number is not None else None
        user = cast(User, self.request.user)
        note = record_download if takes else record_access
        note(actor=user, obj=document, project=project, what=what, request=self.request)

    def give(self, name: str, *, content_type: str, file_name: str, inline: bool) -> FileResponse:
        """The stored file, so that a browser neither guesses what it is nor runs it. (No page is cached.)"""
        try:
            file = default_storage.open(name)
        except FileNotFoundError as error:
            raise Http404 from error
        response = FileResponse(file, content_type=content_type)
        response["Content-Disposition"] = content_disposition_header(not inline, file_name) or "inline"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


@register_page
class DocumentFileView(DocumentView):
    """The document itself: an image is shown, a PDF is downloaded."""

    path = "senders/documents/<int:pk>/"
    name = "senders_document"

    def get(self, request: HttpRequest, pk: int) -> FileResponse:
        document = self.find(pk)
        ending = _ENDING[ContentType(document.content_type)]
        response = self.give(
            document.storage_name,
            content_type=document.content_type,
            file_name=f"{document.kind.lower()}-{document.pk}.{ending}",
            inline=not document.is_pdf,
        )
        self.record(document, OPENED(), takes=document.is_pdf)
        return response


@register_page
class DocumentPictureView(DocumentView):
    """A page of the document as a picture that we drew."""

    path = "senders/documents/<int:pk>/pages/<int:page>/"
    name = "senders_document_page"

    def get(self, request: HttpRequest, pk: int, page: int) -> FileResponse:
        document = self.find(pk)
        if not 1 <= page <= document.pages:
            raise Http404
        response = self.give(
            document.picture_name(page),
            content_type=ContentType.PNG.value if document.is_pdf else document.content_type,
            file_name=f"{document.kind.lower()}-{document.pk}-{page}",
            inline=True,
        )
        self.record(document, PAGE_OPENED(page=page))
        return response
