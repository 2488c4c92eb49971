"""A project's history of long ago, written as it would be after everything came to its end."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from console.accounts.models import Project
from messaging.ids import message_id, new_request_id
from messaging.models import BackupFile, BackupSettings, Chunk, Message, RequestCount, SendBatch, SendRequest
from messaging.partitions import ensure_month
from messaging.sending.kept import id_range
from messaging.sending.texts import text_of
from messaging.states import MessageState, RequestState
from tests.factories import ProjectFactory

TEXTS = (
    "Kim",
    'says "hi"\r\nand =1+1',
    "tab\there \\ back\\n",
    "민준 🎉",
    "'quoted",
    "=cmd()",
    "\b\f\v\\N",
    "",
)


def sent(
    project: Project, moment: datetime, values: Sequence[list[str] | None] = (None,), **fields: Any
) -> SendRequest:
    """A finished request of that moment with a message for each of the values."""
    ensure_month(moment)
    given: dict[str, Any] = {
        "id": new_request_id(moment),
        "project": project,
        "name": "Old news",
        "kind": "MASS",
        "message_type": "LMS",
        "purpose": "GENERAL",
        "lane": "MASS",
        "sender": "0212345678",
        "subject": "To ##name##",
        "body": "Hello ##name##, ##what##",
        "placeholders": ["name", "what"],
        "shared_values": ["all", "of you"],
        "state": RequestState.COMPLETED,
        "due_at": moment,
        "created_at": moment,
        "loaded_at": moment,
        "released_at": moment,
        "completed_at": moment + timedelta(minutes=1),
        "total": len(values),
        "loaded": len(values),
    }
    request = SendRequest.objects.create(**given | fields)
    batch = SendBatch.objects.create(
        request=request, number=1, state="COMPLETED", due_at=moment, first_ordinal=1, last_ordinal=len(values)
    )
    if values:
        ends = {"first_id": message_id(request.pk, 1), "last_id": message_id(request.pk, len(values))}
        Chunk.objects.create(request=request, batch=batch, number=1, lane="MASS", state="DONE", **ends)
    Message.objects.bulk_create(
        message_of(request, ordinal, each, moment) for ordinal, each in enumerate(values, 1)
    )
    RequestCount.objects.create(
        request=request,
        batch_number=1,
        minute=moment.replace(second=0, microsecond=0),
        counter="SENT",
        code="",
        country_code=82,
        n=len(values),
    )
    return request


def message_of(request: SendRequest, ordinal: int, values: list[str] | None, moment: datetime) -> Message:
    is_odd = ordinal % 2 == 1
    return Message(
        id=message_id(request.pk, ordinal),
        request=request,
        project_id=request.project_id,
        row_number=ordinal + 1 if is_odd else None,
        country_code=82 if is_odd else 81,
        recipient=f"010{ordinal:08d}",
        values=values,
        state=MessageState.DELIVERED if is_odd else MessageState.FAILED,
        result_code="1000" if is_odd else "2003",
        telco="SKT" if is_odd else None,
        submitted_at=moment + timedelta(seconds=1, microseconds=ordinal),
        finished_at=moment + timedelta(seconds=2),
        reported_at=moment + timedelta(seconds=3),
        uid=None if is_odd else "uid\\1",
        converted_at=None if is_odd else moment + timedelta(hours=1),
    )


def backing_up(project: Project | None = None, **fields: Any) -> BackupSettings:
    """A project that backs up into its folder."""
    project = project or ProjectFactory()
    return BackupSettings.objects.create(project=project, is_on=True, **fields)


def a_file(project: Project, day: date = date(2026, 1, 2), **fields: Any) -> BackupFile:
    """A verified file, of a storage that is not set any more unless `location` says so."""
    first_id, end_id = id_range(day)
    given: dict[str, Any] = {"state": "VERIFIED", "location": "elsewhere", "name": "history.csv.gz"}
    given |= {"verified_at": timezone.now(), "written_at": timezone.now()}
    return BackupFile.objects.create(
        project=project, day=day, first_id=first_id, end_id=end_id, **given | fields
    )


def everything(project: Project) -> list[Any]:
    """All that is shown of the project's history, in one list that can be compared."""
    requests = SendRequest.objects.filter(project=project).order_by("pk")
    hidden = {"_state", "lease_until", "submission_token"}
    shown: list[Any] = []
    for request in requests:
        shown.append({name: value for name, value in vars(request).items() if name not in hidden})
        shown += list(
            request.batches.order_by("number").values_list("number", "state", "due_at", "last_ordinal")
        )
        shown += list(
            request.counts.order_by("pk").values_list("batch_number", "minute", "counter", "code", "n")
        )
    for message in Message.objects.filter(project=project).order_by("pk").select_related("request"):
        shown.append({name: value for name, value in vars(message).items() if name != "_state"})
        shown[-1].pop("request", None)
        shown[-1]["text"] = text_of(message.request, message)
    return shown
