"""The hours in which a project sends no advertising: changed by a person, and what waits for their end.

Who changes them holds their row, and so does a worker who lets a chunk wait because of them: no chunk waits
for hours that are no longer in force.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from console.accounts.services import lock_project
from console.queues import TaskName, enqueue_on_commit
from messaging.models import AdvertisingHours, Chunk, SendRequest
from messaging.policies.hours import (
    EARLIEST_END,
    EARLIEST_START,
    LATEST_END,
    LATEST_START,
    Hours,
    closed_until,
)
from messaging.policies.settings import changed_meanwhile
from messaging.sending.commands import Sentence
from messaging.states import ChunkState, HoursAction, Purpose, RequestState


@dataclass(frozen=True, slots=True)
class HoursWish:
    """What the hours shall be. `seen`: when those that the person saw were changed, None: never."""

    is_on: bool
    starts_at: time
    ends_at: time
    action: HoursAction
    seen: datetime | None = None


@dataclass
class HoursRefused(Exception):
    """The hours were not changed: what is wrong, by field; "" is the whole."""

    problems: dict[str, Sentence]


def hours_of(project: Project) -> AdvertisingHours:
    """The project's hours; where it has none, those that it begins with, off and not saved."""
    kept = AdvertisingHours.objects.filter(project=project).select_related("updated_by").first()
    return kept or AdvertisingHours(project=project)


def change_hours(*, project: Project, user: User, wish: HoursWish) -> AdvertisingHours:
    """Change the hours; what waits for the end of the old ones is looked at anew. Raises HoursRefused."""
    if problems := _problems(wish):
        raise HoursRefused(problems)
    with transaction.atomic():
        hours = hours_of(lock_project(project))
        if problems := changed_meanwhile(hours, wish.seen):
            raise HoursRefused(problems)
        hours.is_on, hours.action = wish.is_on, wish.action
        hours.starts_at, hours.ends_at = wish.starts_at, wish.ends_at
        hours.updated_by = user
        hours.save()
        _waiting_chunks(project).update(not_before=None)
        enqueue_on_commit(TaskName.SWEEP)
    return hours


def _problems(wish: HoursWish) -> dict[str, Sentence]:
    problems: dict[str, Sentence] = {}
    if not EARLIEST_START <= wish.starts_at <= LATEST_START:
        problems["starts_at"] = _("Choose a time from 18:00 to 21:00.")
    if not EARLIEST_END <= wish.ends_at <= LATEST_END:
        problems["ends_at"] = _("Choose a time from 08:00 to 12:00.")
    return problems


def _waiting_chunks(project: Project) -> QuerySet[Chunk]:
    """Chunks of the project's advertising that may not be taken yet."""
    requests = SendRequest.objects.filter(
        project=project, purpose=Purpose.ADVERTISING, state=RequestState.SENDING
    )
    ready = Chunk.objects.filter(request__in=requests, state=ChunkState.READY)
    return ready.filter(not_before__gt=timezone.now())


def lock_hours(project_id: int) -> None:
    """Nobody changes the project's hours before the caller's transaction ends."""
    AdvertisingHours.objects.select_for_update(no_key=True).filter(project=project_id).first()


def waiting_until(requests: Iterable[SendRequest], now: datetime) -> dict[UUID, datetime]:
    """Until when each request of one project waits for the end of its hours; those that do not are left out.

    A scheduled one waits if it is due in them. Asks nothing where none of them is advertising.
    """
    found = [each for each in requests if _may_wait(each)]
    if not found:
        return {}
    rows = AdvertisingHours.objects.filter(project=found[0].project_id, is_on=True, action=HoursAction.WAIT)
    if (kept := rows.first()) is None:
        return {}
    hours = Hours(kept.starts_at, kept.ends_at)
    untils = {each.pk: closed_until(hours, max(each.due_at, now)) for each in _at_the_door(found)}
    return {pk: until for pk, until in untils.items() if until is not None}


def _may_wait(request: SendRequest) -> bool:
    may_go = request.state in (RequestState.SCHEDULED, RequestState.SENDING)
    return may_go and request.purpose == Purpose.ADVERTISING


def _at_the_door(requests: Sequence[SendRequest]) -> Iterator[SendRequest]:
    """The scheduled ones, and those of the others that have a chunk to be taken."""
    ready = Chunk.objects.filter(request__in=[each.pk for each in requests], state=ChunkState.READY)
    ids = set(ready.values_list("request_id", flat=True).distinct())
    return (each for each in requests if each.state == RequestState.SCHEDULED or each.pk in ids)
