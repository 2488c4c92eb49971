"""A request of the past as the path would have left it: at its end, with its one part and its one chunk."""

from datetime import datetime, timedelta
from typing import Any

from console.accounts.models import Project, User
from messaging.ids import message_id, new_request_id
from messaging.models import Chunk, SendBatch, SendRequest
from messaging.states import BatchState, ChunkState, DeliveryKind, Lane, Purpose, RequestState

SECONDS = 5  # from its release to its last message


def completed_request(
    *, project: Project, actor: User, moment: datetime, total: int, **fields: Any
) -> SendRequest:
    """Write a request of `total` messages that went at that moment; `fields` are what it says, to whom.

    Its messages and what is counted of them are for the caller to write.
    """
    done_at = moment + timedelta(seconds=SECONDS)
    request = SendRequest.objects.create(
        id=new_request_id(moment),
        project=project,
        lane=_lane(fields["kind"], fields["purpose"]),
        state=RequestState.COMPLETED,
        due_at=moment,
        total=total,
        loaded=total,
        created_by=actor,
        created_at=moment,
        loaded_at=moment,
        released_at=moment,
        completed_at=done_at,
        **fields,
    )
    _write_batch(request, moment, done_at)
    return request


def _lane(kind: DeliveryKind, purpose: str) -> Lane:
    if purpose == Purpose.AUTHENTICATION:
        return Lane.AUTH
    return Lane.SINGLE if kind == DeliveryKind.GENERAL else Lane.MASS


def _write_batch(request: SendRequest, moment: datetime, done_at: datetime) -> None:
    batch = SendBatch.objects.create(
        request=request,
        number=1,
        state=BatchState.COMPLETED,
        due_at=moment,
        first_ordinal=1,
        last_ordinal=request.total,
        released_at=moment,
        completed_at=done_at,
    )
    Chunk.objects.create(
        request=request,
        batch=batch,
        number=1,
        lane=request.lane,
        state=ChunkState.DONE,
        first_id=message_id(request.pk, 1),
        last_id=message_id(request.pk, request.total),
        screened_at=moment,
        abroad_counted_at=moment if request.goes_abroad else None,
        done_at=done_at,
        is_settled=True,
    )
