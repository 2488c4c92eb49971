"""How long history is kept, and what of it is shown: the last 180 days, what is open, what was restored.

What is older goes by days and months (`messaging.history.dropping`), so some of it is still in the tables for
a while. Nobody sees it there: every list, search and download of requests or messages passes through here.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from messaging.ids import first_id_at, moment_of
from messaging.models import Message, RestoredDay, SendRequest
from messaging.states import RequestState

KEPT_DAYS = 180
# Nothing moves a request of these states any more.
ENDED = (RequestState.COMPLETED, RequestState.CANCELED, RequestState.FAILED)


def first_day(today: date | None = None) -> date:
    """The first day of which history is kept, today being the last of the 180."""
    return (today or timezone.localdate()) - timedelta(days=KEPT_DAYS - 1)


def start_of(day: date) -> datetime:
    """The first moment of a day on the console's clock."""
    return timezone.make_aware(datetime.combine(day, time.min))


def day_of(identifier: UUID) -> date:
    """The day on the console's clock in which the id was made."""
    return timezone.localdate(moment_of(identifier))


def id_range(day: date) -> tuple[UUID, UUID]:
    """The first id of a day, and the first one after it."""
    return first_id_at(start_of(day)), first_id_at(start_of(day + timedelta(days=1)))


def shown_requests(found: QuerySet[SendRequest]) -> QuerySet[SendRequest]:
    """Those of the requests that a person may still see."""
    return found.filter(_is_kept() | ~Q(state__in=ENDED))


def shown_messages(found: QuerySet[Message]) -> QuerySet[Message]:
    """Those of the messages that a person may still see."""
    return found.filter(_is_kept() | ~Q(request__state__in=ENDED))


def _is_kept() -> Q:
    first = first_id_at(start_of(first_day()))
    return Q(pk__gte=first) | Q(_is_restored())


def _is_restored() -> Any:
    days = RestoredDay.objects.filter(
        project=OuterRef("project"),
        first_id__lte=OuterRef("pk"),
        end_id__gt=OuterRef("pk"),
        keep_until__gt=timezone.now(),
    )
    return Exists(days)
