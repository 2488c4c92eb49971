"""Unsubscribes: the numbers that refuse a service's advertising, listed, entered and removed by programs.

The list is in the order of registration, oldest first, so that what is registered meanwhile stands on later
pages. Where a page begins is remembered, so that a program that walks through skips nobody when somebody is
removed meanwhile.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet

from messaging.api.sens.auth import Caller, take_once
from messaging.api.sens.errors import bad_request
from messaging.api.sens.paging import MOST_COUNTED_OFF, REMEMBERED_SECONDS
from messaging.api.sens.schemas import UnsubscribeIn, UnsubscribeOut, UnsubscribesIn
from messaging.recipients.numbers import KOREA, WrongNumber, with_country_code, without_plus
from messaging.sens.words import REGISTERED_BY, local
from senders.models import OptOut
from senders.services.opt_out_search import OptOutSearch, find_opt_outs
from senders.services.opt_outs import enter_numbers, in_force, remove_numbers

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SHOWN = 10  # wrong numbers that a refusal names

Key = tuple[int, str]


def find(caller: Caller, wish: UnsubscribesIn) -> list[UnsubscribeOut]:
    """A page of the numbers that refuse, as they were registered. Raises Refused."""
    since, last = _moment(wish.start_time), _moment(wish.end_time)
    if since and last and since > last:
        raise bad_request("endTime is before startTime.")
    search = OptOutSearch(
        since=since,
        until=last + MILLISECOND if last else None,
        number=_listed(wish.client_tel_no) if wish.client_tel_no else None,
    )
    rows = _page(caller, wish, find_opt_outs(project=caller.project, search=search))
    return [_out((row.country_code, row.number), row.created_at, row.source) for row in rows]


def add(caller: Caller, wishes: Sequence[UnsubscribeIn]) -> list[UnsubscribeOut]:
    """Enter the numbers, each once; those that refuse already stay as they are. Raises Refused."""
    keys = _keys(wishes)
    with transaction.atomic():
        take_once(caller)
        enter_numbers(project=caller.project, numbers=keys, at=caller.at)
        found = in_force(project=caller.project, numbers=keys)
    return [_out(key, *found[key]) for key in keys if key in found]


def remove(caller: Caller, wishes: Sequence[UnsubscribeIn]) -> None:
    """Let advertising reach the numbers again; those that refuse nothing are left out. Raises Refused.

    The rows stay as evidence, with the key that removed them; who refuses meanwhile stays. Whatever is listed
    can be removed, also where a carrier told of a number that is none.
    """
    keys = {key for wish in wishes for key in ((KOREA, wish.client_tel_no), _listed(wish.client_tel_no))}
    reason = f"SENS API: DELETE unsubscribes, {caller.key.access_key}"
    with transaction.atomic():
        take_once(caller)
        remove_numbers(project=caller.project, numbers=keys, reason=reason, at=caller.at)


def _keys(wishes: Sequence[UnsubscribeIn]) -> list[Key]:
    """The numbers as on a message, each once, in their order. Raises Refused, naming those that are none."""
    keys: dict[Key, None] = {}
    wrong = []
    for place, wish in enumerate(wishes):
        key = _read(wish.client_tel_no)
        if key is None:
            wrong.append(f"{place}.clientTelNo: {wish.client_tel_no} is no phone number.")
        else:
            keys[key] = None
    if wrong:
        raise bad_request(*wrong[:SHOWN])
    return list(keys)


def _read(digits: str) -> Key | None:
    """A number as the list has it: as dialled in Korea, or with the code of another country."""
    for read in (without_plus, with_country_code):
        try:
            number = read(digits)
        except WrongNumber:
            continue
        return number.country_code, number.number
    return None


def _listed(digits: str) -> Key:
    """The number that the list may have as these digits."""
    return _read(digits) or (KOREA, digits)


def _out(key: Key, registered_at: datetime, source: str) -> UnsubscribeOut:
    country_code, number = key
    return UnsubscribeOut(
        client_tel_no=number if country_code == KOREA else f"{country_code}{number}",
        register_time=local(registered_at),
        register_type=REGISTERED_BY[source],
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else EPOCH + milliseconds * MILLISECOND


# --- pages -----------------------------------------------------------------------------------------


def _page(caller: Caller, wish: UnsubscribesIn, found: QuerySet[OptOut]) -> list[OptOut]:
    """One page by number: after the last row of the page before, as that was last read, or counted off."""
    if not wish.page_size:
        return []
    walk = _walk(caller, wish)
    skip = wish.page_index * wish.page_size
    if after := cache.get(f"{walk}:{wish.page_index}") if skip else None:
        registered_at, pk = after
        found = found.filter(created_at__gte=registered_at).exclude(created_at=registered_at, pk__lte=pk)
        skip = 0
    if skip > MOST_COUNTED_OFF:
        raise bad_request("pageIndex is that far only page by page: begin at 0, or ask for less.")
    rows = list(found.order_by("created_at", "pk")[skip : skip + wish.page_size])
    if len(rows) == wish.page_size:
        cache.set(
            f"{walk}:{wish.page_index + 1}", (rows[-1].created_at, rows[-1].pk), timeout=REMEMBERED_SECONDS
        )
    return rows


def _walk(caller: Caller, wish: UnsubscribesIn) -> str:
    """The name of all pages of one search of one project."""
    asked: Mapping[str, object] = wish.model_dump(exclude={"page_index"})
    written = repr([caller.project.pk, sorted(asked.items())])
    return f"sens:unsubscribes:{hashlib.sha256(written.encode()).hexdigest()}"
