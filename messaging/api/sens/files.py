"""Pictures of an MMS: uploaded before, or inside the message."""

import base64
from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import override

from console.accounts.models import Project
from messaging.api import replay
from messaging.api.sens.auth import Caller, take_once
from messaging.api.sens.errors import Refused, bad_request, made_before
from messaging.api.sens.schemas import FileIn, SendIn, UploadIn, UploadOut
from messaging.models import Attachment
from messaging.sending.attachments import (
    AttachmentRefused,
    Upload,
    expires_at,
    receive_inside,
    receive_upload,
    uploads_of,
)
from messaging.sens.words import time_of
from messaging.states import MessageType

# The document's codes of files, which begin the sentences: programs look for them.
INVALID, UNKNOWN, EXPIRED, TOO_LARGE, TOO_MANY_PIXELS = "S005", "S006", "S007", "S008", "S009"
CODES = {"too_large": TOO_LARGE, "too_many_pixels": TOO_MANY_PIXELS}
SPACE = str.maketrans("", "", " \t\r\n")


def upload(caller: Caller, body: UploadIn) -> UploadOut:
    """Take a file, or find the one that it is. Raises Refused."""
    if replay.was_seen(caller.signature, caller.body, caller.at):
        raise made_before()  # before anything is drawn
    wish = Upload(body.file_name, _decoded(body.file_body, "fileBody"))
    try:
        found = receive_upload(project=caller.project, upload=wish, once=lambda: take_once(caller))
    except AttachmentRefused as error:
        raise _refused(error) from error
    return UploadOut(
        file_id=str(found.public_id),
        create_time=time_of(found.created_at),
        expire_time=time_of(expires_at(found)),
    )


def attachments_for(project: Project, body: SendIn) -> list[Attachment]:
    """The pictures that a wish names or brings, in their order. Raises Refused.

    Other types have none: as a subject of an SMS, files of an SMS or LMS are not looked at.
    """
    if body.type != MessageType.MMS or not body.files:
        return []
    _refuse_neither(body.files)
    named = _named(project, body.files)
    brought = iter(_brought(project, body.files))
    pictures = [named[each.file_id] if each.file_id else next(brought) for each in body.files]
    return list({picture.pk: picture for picture in pictures}.values())


def _refuse_neither(files: Sequence[FileIn]) -> None:
    for place, each in enumerate(files):
        if not each.file_id and not (each.name and each.body):
            raise bad_request(f"files.{place}: a file has its fileId, or its name and body.")


def _named(project: Project, files: Sequence[FileIn]) -> dict[str, Attachment]:
    """Those that were uploaded before, by their fileIds as written."""
    wanted = {each.file_id: _identifier(each.file_id) for each in files if each.file_id}
    known = uploads_of(project).filter(public_id__in=filter(None, wanted.values())) if wanted else ()
    rows = {row.public_id: row for row in known}
    now, found = timezone.now(), {}
    for file_id, identifier in wanted.items():
        if identifier is None or identifier not in rows:
            raise bad_request(f"{UNKNOWN}: this service has no file {file_id}.")
        if (expired_at := expires_at(rows[identifier])) <= now:
            raise bad_request(f"{EXPIRED}: the file {file_id} expired at {time_of(expired_at)}.")
        found[file_id] = rows[identifier]
    return found


def _identifier(file_id: str) -> UUID | None:
    try:
        return UUID(file_id)
    except ValueError:
        return None


def _brought(project: Project, files: Sequence[FileIn]) -> list[Attachment]:
    """Those inside the message."""
    uploads = [
        Upload(each.name or "", _decoded(each.body or "", f"files.{place}.body"))
        for place, each in enumerate(files)
        if not each.file_id
    ]
    try:
        return receive_inside(project=project, uploads=uploads)
    except AttachmentRefused as error:
        raise _refused(error) from error


def _decoded(text: str, field: str) -> bytes:
    """The file of a text in Base64, with or without line breaks."""
    try:
        return base64.b64decode(text.translate(SPACE), validate=True)
    except ValueError as error:
        raise bad_request(f"{INVALID}: {field} is not Base64.") from error


def _refused(error: AttachmentRefused) -> Refused:
    with override("en"):
        return bad_request(f"{CODES.get(error.code, INVALID)}: {error.sentence}")
