"""Handing out a backup file: it holds every number and text of a day, so each download is noted."""

from collections.abc import Iterator
from typing import IO, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from console.accounts.audit import record_download
from console.accounts.roles import Permission
from console.accounts.sentences import sentence
from console.guard import person_of
from console.pages import ConsoleView, page_url, register_page
from messaging.history.choosing import WHAT_IS_WRONG, backup_of
from messaging.history.storages import BLOCK, StorageProblem, location_of, opened
from messaging.models import BackupFile
from messaging.models.backup import BackupState

BACKUP_TAKEN = sentence(
    "backup_taken",
    ngettext_lazy("backup of %(day)s: %(n)s row", "backup of %(day)s: %(n)s rows", "n"),
)


@register_page
class BackupFilePage(ConsoleView):
    """The file of a day, as it lies in the storage."""

    path = "settings/backup/<int:pk>/file/"
    name = "settings_backup_file"
    permission = Permission.MANAGE_PROJECT

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        files = BackupFile.objects.filter(project=self.project, state=BackupState.VERIFIED)
        file = get_object_or_404(files, pk=pk)
        try:
            return self.handed_out(file)
        except StorageProblem as problem:
            messages.error(request, WHAT_IS_WRONG[problem.code])
            return redirect(page_url("settings_backup"))

    def handed_out(self, file: BackupFile) -> HttpResponseBase:
        chosen = backup_of(self.project)
        if location_of(chosen) != file.location:
            messages.error(self.request, _("This file lies in a storage that is not set any more."))
            return redirect(page_url("settings_backup"))
        opening = opened(chosen, file.name, file.size)
        content = opening.__enter__()
        said = BACKUP_TAKEN(n=file.rows, day=f"{file.day:%Y-%m-%d}")
        actor = person_of(self.request)
        record_download(actor=actor, obj=file, project=self.project, what=said, request=self.request)
        headers = {
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "Content-Length": str(file.size),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingHttpResponse(
            blocks_of(content, opening), content_type="application/gzip", headers=headers
        )


def blocks_of(content: IO[bytes], opening: Any) -> Iterator[bytes]:
    """The file in blocks; it is closed at its end, or when nobody reads on."""
    try:
        while block := content.read(BLOCK):
            yield block
    finally:
        opening.__exit__(None, None, None)
