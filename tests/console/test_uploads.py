"""More than any page takes is not stored, and the rest of the request is still answered."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.test import RequestFactory

from console.accounts.models import User
from console.uploads import UploadLimit


def test_a_file_within_the_limit_arrives_and_one_beyond_it_does_not(settings: Any) -> None:
    chunk = FileUploadHandler.chunk_size
    settings.BONGSU_MAX_UPLOAD_BYTES = chunk
    fits, too_large = b"0" * 2 * chunk, b"0" * (2 * chunk + 1)
    for content, arrives in ((fits, True), (too_large, False)):
        request = RequestFactory().post("/", {"body": "글", "file": SimpleUploadedFile("a.csv", content)})
        request.user = User()
        assert isinstance(request.upload_handlers[0], UploadLimit)
        assert ("file" in request.FILES) is arrives
        assert request.POST["body"] == "글"


def test_nobody_fills_the_disk_without_signing_in() -> None:
    content = b"0" * (FileUploadHandler.chunk_size + 1)
    request = RequestFactory().post("/login/", {"username": "x", "file": SimpleUploadedFile("a", content)})
    request.user = AnonymousUser()
    assert request.POST["username"] == "x"
    assert not request.FILES
