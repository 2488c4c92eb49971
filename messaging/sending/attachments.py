"""Pictures of an MMS: received one at a time, checked against the guide's limits, stored without metadata.

What is stored is drawn anew from the pixels, upright, as a baseline JPEG: nothing else of the upload is left.
"""

import hashlib
import io
import uuid
import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Func, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from console.accounts.models import Project, User
from messaging.content.limits import CONSOLE_IMAGES, KB, SENS_IMAGES, ImageLimits
from messaging.models import Attachment, SendRequest, TemplateVersion
from messaging.models.schedule import needed_messages
from messaging.states import RequestState

KEPT = timedelta(days=7)
# For so long a program's picture can be named, and one of the same name and size is the same: a day less than
# it is kept, so that none is pruned while a message with it is written.
REUSED = timedelta(days=6)
PRUNED_AT_ONCE = 200
ONE_BY_ONE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
# Down to what a picture of many details within the size was itself saved with, so that none is refused.
QUALITIES: tuple[int, ...] = (92, 85, 75, 65, 50, 35, 20, 10)
# A progressive JPEG has some ten scans, and each costs a pass over every pixel: 300 KB hold 19,000 of them.
MOST_SCANS = 100
START_OF_SCAN = b"\xff\xda"
ENDED = (RequestState.COMPLETED, RequestState.CANCELED, RequestState.FAILED)

SENTENCES: dict[str, Promise] = {
    "too_many": _("An MMS carries at most %(count)s pictures. Remove one first."),
    "wrong_name": _("“%(name)s” is not a .jpg or .jpeg file. Save the picture as JPEG and attach that."),
    "long_name": _("“%(name)s” is too long a file name: %(limit)s characters at most."),
    "not_jpeg": _("“%(name)s” is called JPEG, but its content is not. Save the picture as JPEG anew."),
    "damaged": _("“%(name)s” is damaged and cannot be read. Save the picture as JPEG anew."),
    "too_large": _("“%(name)s” has %(size)s KB; a picture may have %(limit)s KB at most."),
    "too_large_together": _(
        "With “%(name)s” the pictures have %(size)s KB; together they may have %(limit)s KB."
    ),
    "too_many_pixels": _("“%(name)s” is %(width)s × %(height)s pixels; at most %(limit)s is allowed."),
}


class AttachmentRefused(Exception):
    """A picture that cannot be attached; `sentence` says why, and what to do."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    @property
    def sentence(self) -> str:
        return str(SENTENCES[self.code]) % self.params


def receive_attachment(
    *, project: Project, user: User, upload: UploadedFile, others: Sequence[Attachment]
) -> Attachment:
    """Check and store one picture beside the `others` of the same message. Raises AttachmentRefused."""
    limits = CONSOLE_IMAGES
    name = Path(upload.name or "").name[-255:]
    refuse_by_name_and_size(name, upload.size or 0, others, limits)
    content, dimensions = clean_jpeg(upload.read(), name, limits)
    together = len(content) + sum(other.size for other in others)
    if together > limits.max_total_bytes:
        refuse_size("too_large_together", name, together, limits.max_total_bytes)
    row = attachment_of(project, name, content, dimensions)
    row.uploaded_by, row.storage_name = user, store(content)
    row.save(force_insert=True)
    return row


def attachment_of(project: Project, name: str, content: bytes, dimensions: tuple[int, int]) -> Attachment:
    """The row of a picture that was drawn, to be written once its content is stored."""
    width, height = dimensions
    return Attachment(
        project=project,
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        width=width,
        height=height,
    )


def store(content: bytes) -> str:
    """Put a picture into storage, under a name that says nothing."""
    return default_storage.save(f"attachments/{uuid.uuid4().hex}.jpg", ContentFile(content))


def refuse_by_name_and_size(name: str, size: int, others: Sequence[Attachment], limits: ImageLimits) -> None:
    """What can be said before the picture is opened."""
    if len(others) >= limits.max_count:
        raise AttachmentRefused("too_many", count=limits.max_count)
    if not name.lower().endswith(limits.suffixes):
        raise AttachmentRefused("wrong_name", name=name)
    if limits.max_name_length is not None and len(name) > limits.max_name_length:
        raise AttachmentRefused("long_name", name=name, limit=limits.max_name_length)
    if size > limits.max_bytes:
        refuse_size("too_large", name, size, limits.max_bytes)


def refuse_size(code: str, name: str, size: int, limit: int) -> None:
    """Raise AttachmentRefused; sizes are rounded up, so that too much never reads as the limit."""
    raise AttachmentRefused(code, name=name, size=-(-size // KB), limit=limit // KB)


def clean_jpeg(content: bytes, name: str, limits: ImageLimits) -> tuple[bytes, tuple[int, int]]:
    """The picture as a new JPEG within the limits, with its width and height. Raises AttachmentRefused."""
    if not content.startswith(b"\xff\xd8\xff"):
        raise AttachmentRefused("not_jpeg", name=name)
    if content.count(START_OF_SCAN) > MOST_SCANS:
        raise AttachmentRefused("damaged", name=name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
                refuse_dimensions(picture, name, limits)
                return redraw(picture, name, limits)
    except Image.DecompressionBombError as error:
        raise AttachmentRefused("damaged", name=name) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise AttachmentRefused("damaged", name=name) from error


def refuse_dimensions(picture: Image.Image, name: str, limits: ImageLimits) -> None:
    """From the header alone, before any pixel is unpacked."""
    width, height = picture.size
    if width > limits.max_width or height > limits.max_height:
        limit = f"{limits.max_width} × {limits.max_height}"
        raise AttachmentRefused("too_many_pixels", name=name, width=width, height=height, limit=limit)


def redraw(picture: Image.Image, name: str, limits: ImageLimits) -> tuple[bytes, tuple[int, int]]:
    """The best quality that stays within the size."""
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    refuse_dimensions(upright, name, limits)  # width and height may have changed places
    for quality in QUALITIES:
        target = io.BytesIO()
        upright.save(target, format="JPEG", quality=quality, optimize=True)
        if target.tell() <= limits.max_bytes:
            return target.getvalue(), upright.size
    raise AttachmentRefused("damaged", name=name)


# --- what programs bring ---------------------------------------------------------------------------


class Upload(NamedTuple):
    """A picture as a program brings it: nothing of it is checked yet."""

    name: str
    content: bytes


def receive_upload(*, project: Project, upload: Upload, once: Callable[[], None]) -> Attachment:
    """A program's picture; one of the same name and size within six days is the same.

    `once` is called within the transaction that writes it, and what it raises goes through. Of two calls at
    once, one writes. Nothing is drawn or stored within a transaction. Raises AttachmentRefused.
    """
    same = uploads_like(project, upload)
    if found := same.first():
        with transaction.atomic():
            once()
        return found
    row, content = _drawn(project, upload)
    return _keep(row, content, same, once)


def receive_inside(*, project: Project, uploads: Sequence[Upload]) -> list[Attachment]:
    """Pictures inside a message, in their order. Raises AttachmentRefused, and then nothing is stored.

    Which picture a message brings, no document says but the message: only the same content is the same file.
    """
    drawn = [_drawn(project, upload) for upload in uploads]
    return [
        _keep(row, content, uploads_like(project, upload).filter(sha256=row.sha256), lambda: None)
        for upload, (row, content) in zip(uploads, drawn, strict=True)
    ]


def uploads_like(project: Project, upload: Upload) -> QuerySet[Attachment]:
    """The project's pictures of that name and size that can still be named, the first one first."""
    rows = uploads_of(project).filter(name=upload.name, uploaded_size=len(upload.content))
    return rows.filter(created_at__gt=timezone.now() - REUSED).order_by("created_at", "pk")


def expires_at(picture: Attachment) -> datetime:
    """From when on a program cannot name its picture any more."""
    return picture.created_at + REUSED


def uploads_of(project: Project) -> QuerySet[Attachment]:
    """What the project's programs brought; a person's pictures are none of theirs."""
    return Attachment.objects.filter(project=project, uploaded_size__isnull=False)


def _drawn(project: Project, upload: Upload) -> tuple[Attachment, bytes]:
    refuse_by_name_and_size(upload.name, len(upload.content), (), SENS_IMAGES)
    content, dimensions = clean_jpeg(upload.content, upload.name, SENS_IMAGES)
    row = attachment_of(project, upload.name, content, dimensions)
    row.uploaded_size = len(upload.content)
    return row, content


def _keep(
    row: Attachment, content: bytes, same: QuerySet[Attachment], once: Callable[[], None]
) -> Attachment:
    """Write the row, unless `same` has one by now: then that is the picture."""
    row.storage_name = store(content)
    try:
        with transaction.atomic():
            once()
            _wait_for_others(row)
            if (found := same.first()) is None:
                row.save(force_insert=True)
    except DatabaseError:
        raise  # it may be written all the same: better a file too many than a picture without one
    except Exception:
        default_storage.delete(row.storage_name)
        raise
    if found is not None:
        default_storage.delete(row.storage_name)
    return found or row


def _wait_for_others(row: Attachment) -> None:
    """Let nobody else write a picture of that name and size until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(ONE_BY_ONE, [f"upload {row.project_id} {row.uploaded_size} {row.name}"])


# --- what is kept ----------------------------------------------------------------------------------


def attachments_of(project: Project, ids: Iterable[int]) -> list[Attachment]:
    """The project's attachments with these ids, in their order; ids of others are left out."""
    wanted = list(dict.fromkeys(ids))
    rows = Attachment.objects.filter(project=project).in_bulk(wanted) if wanted else {}
    return [rows[pk] for pk in wanted if pk in rows]


def prune_attachments() -> int:
    """Delete pictures that nothing has used for seven days; return how many went.

    Those of a template stay as long as it does. Rows are locked before it is asked who uses them, and whoever
    saves a template locks the rows of its pictures too, so that none goes while it is being chosen.
    """
    cutoff = timezone.now() - KEPT
    with transaction.atomic():
        unused = Attachment.objects.filter(created_at__lt=cutoff).exclude(used_since(cutoff))
        old = list(
            unused.select_for_update(skip_locked=True, no_key=True)
            .order_by("created_at")
            .values_list("pk", flat=True)[:PRUNED_AT_ONCE]
        )
        pruned = list(Attachment.objects.filter(pk__in=old).exclude(used_since(cutoff)))
        for row in pruned:
            default_storage.delete(row.storage_name)
        return Attachment.objects.filter(pk__in=[row.pk for row in pruned]).delete()[0]


def used_since(cutoff: datetime) -> Q:
    """Attachments that a template, a request or a schedule still needs, or needed after the moment."""
    pictured = SendRequest.objects.exclude(attachment_ids=[])
    requests = pictured.exclude(state__in=ENDED) | pictured.filter(due_at__gte=cutoff)
    versions = TemplateVersion.objects.exclude(attachment_ids=[]).filter(
        Q(template__deleted_at=None) | Q(template__deleted_at__gte=cutoff)
    )
    scheduled = needed_messages(timezone.localdate(cutoff)).exclude(attachment_ids=[])
    return Q(pk__in=each_of(requests)) | Q(pk__in=each_of(versions)) | Q(pk__in=each_of(scheduled))


def each_of(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The ids of the rows' attachments, one a row."""
    return rows.annotate(each=Func(F("attachment_ids"), function="unnest")).values("each")
