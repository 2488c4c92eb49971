"""To other countries: where a project's messages may go, and its places in the month.

A message takes a place of its month when the policies let it go, in the transaction that says so, under the
lock of the month's row: the limit is exact, whoever else sends at that moment. Its chunk notes when its
places were taken (`Chunk.abroad_counted_at`), so that it takes none anew when it is screened again; where the
month has changed meanwhile, they move to the new one. What then ends before it was handed over gives its
place back.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from console.queues import TaskName, enqueue_on_commit
from messaging.content.countries import MAJOR
from messaging.content.limits import KOREA
from messaging.models import (
    Chunk,
    CountryBlock,
    InternationalSettings,
    InternationalUsage,
    Message,
    SendRequest,
)
from messaging.policies.international import Countries, countries_allowed, month_of, places_left, reached
from messaging.result_codes import LIMIT_REACHED
from messaging.sending.claiming import ClaimedChunk
from messaging.sending.outbound import Row
from messaging.states import Counter, MessageState
from messaging.statistics.counting import Delta

ADD_MONTH = """
INSERT INTO messaging_internationalusage (project_id, month, sent, told_percent) VALUES (%s, %s, 0, 0)
ON CONFLICT (project_id, month) DO NOTHING
"""

NOT_SENT = (Counter.SEND_FAILED, Counter.CANCELED)


def settings_of(project_id: int) -> InternationalSettings:
    """The project's settings; where it has none, those that it begins with, not saved."""
    rows = InternationalSettings.objects.filter(project=project_id).select_related("updated_by")
    return rows.first() or InternationalSettings(project_id=project_id)


def allowed_of(settings: InternationalSettings) -> frozenset[int]:
    """The countries that the settings allow, each by the code that names it."""
    return MAJOR if settings.countries is None else frozenset(settings.countries)


def blocked_of(project_id: int) -> frozenset[int]:
    """The countries that are blocked now, each by the code that names it."""
    blocks = CountryBlock.objects.filter(project=project_id, lifted_at=None)
    return frozenset(blocks.values_list("country_code", flat=True))


def countries_of(settings: InternationalSettings) -> Countries:
    """Where messages of the settings' project may go now."""
    blocked = blocked_of(settings.project_id)
    return countries_allowed(is_on=settings.is_on, allowed=allowed_of(settings), blocked=blocked)


def sent_in(project_id: int, month: date) -> int:
    """How many places of a month are taken."""
    rows = InternationalUsage.objects.filter(project=project_id, month=month)
    return rows.values_list("sent", flat=True).first() or 0


def refused_abroad(
    chunk: ClaimedChunk, request: SendRequest, rows: Sequence[Row], at: datetime
) -> dict[str, str]:
    """Our result codes of the messages to other countries that may not go, by id.

    The others have a place in the month: the first of them, where there is not one for each. In the caller's
    transaction.
    """
    if not request.goes_abroad:
        return {}
    abroad = [row for row in rows if row[1] != KOREA]
    if not abroad:
        _give_all_back(chunk, request.project_id)
        return {}
    settings = settings_of(request.project_id)
    countries = countries_of(settings)
    codes = {code: countries.refusal(code) for code in {row[1] for row in abroad}}
    refused = {row[0]: code for row in abroad if (code := codes[row[1]])}
    fit = [row[0] for row in abroad if row[0] not in refused]
    places = _take_places(chunk, settings, len(fit), at)
    return refused | dict.fromkeys(fit[places:], LIMIT_REACHED)


def _take_places(chunk: ClaimedChunk, settings: InternationalSettings, wanted: int, at: datetime) -> int:
    """Have the chunk hold as many places as there are, up to `wanted`; return how many it holds now."""
    month = month_of(at)
    counted_at = _counted_at(chunk)
    held = _ready_abroad(chunk) if counted_at is not None else 0
    if counted_at is not None and month_of(counted_at) == month:
        _change(settings.project_id, month, wanted - held)
        return wanted
    if counted_at is not None:
        _change(settings.project_id, month_of(counted_at), -held)
    sent = _lock(settings.project_id, month)
    places = min(wanted, places_left(sent, settings.monthly_limit))
    _change(settings.project_id, month, places)
    if reached(sent, settings.monthly_limit) < reached(sent + places, settings.monthly_limit):
        enqueue_on_commit(TaskName.CHECK_LIMITS)
    Chunk.objects.filter(pk=chunk.id).update(abroad_counted_at=at)
    return places


def _give_all_back(chunk: ClaimedChunk, project_id: int) -> None:
    """Nothing of the chunk goes abroad any more: what it took places for, another policy takes out now."""
    counted_at = _counted_at(chunk)
    if counted_at is not None:
        _change(project_id, month_of(counted_at), -_ready_abroad(chunk))


def _counted_at(chunk: ClaimedChunk) -> datetime | None:
    """When the chunk took its places; None where it holds none."""
    return Chunk.objects.filter(pk=chunk.id).values_list("abroad_counted_at", flat=True).get()


def _ready_abroad(chunk: ClaimedChunk) -> int:
    """How many messages hold the places that a chunk took before: what had none has failed."""
    ready = Message.objects.filter(pk__range=(chunk.first_id, chunk.last_id), state=MessageState.READY)
    return ready.exclude(country_code=KOREA).count()


def _lock(project_id: int, month: date) -> int:
    """Hold the month's row to the end of the transaction; return how many of its places are taken."""
    rows = InternationalUsage.objects.select_for_update(no_key=True).filter(project=project_id, month=month)
    if (sent := rows.values_list("sent", flat=True).first()) is not None:
        return sent
    with connection.cursor() as cursor:
        cursor.execute(ADD_MONTH, [project_id, month])
    return rows.values_list("sent", flat=True).get()


def _change(project_id: int, month: date, by: int) -> None:
    if by:
        rows = InternationalUsage.objects.filter(project=project_id, month=month)
        rows.update(sent=Greatest(F("sent") + by, 0))


def give_back(*, chunk_id: int, deltas: Iterable[Delta]) -> None:
    """Give back the places of a chunk's messages that ended without being handed over, in the transaction
    that ends them and counts them in `deltas`.
    """
    count = sum(each.n for each in deltas if each.counter in NOT_SENT and each.country_code != KOREA)
    if not count:
        return
    rows = Chunk.objects.filter(pk=chunk_id, abroad_counted_at__isnull=False)
    for project_id, counted_at in rows.values_list("request__project_id", "abroad_counted_at"):
        if counted_at is not None:
            _change(project_id, month_of(counted_at), -count)
