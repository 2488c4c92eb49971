"""How much of an upload is taken in: the rest is read and forgotten, and fills neither memory nor disk."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class UploadLimit(FileUploadHandler):
    """Gives a request up once its files together pass the largest upload that any page takes.

    What was sent before stays readable, the files are gone: a page that expects one and finds none says so.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.received = 0
        # No page takes a file from somebody who is not signed in.
        person = getattr(self.request, "user", None)
        is_known = person is not None and person.is_authenticated
        self.most = settings.BONGSU_MAX_UPLOAD_BYTES if is_known else 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > self.most + self.chunk_size:
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""
