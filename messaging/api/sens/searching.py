"""GET messages: what of a project's messages a program asks for, checked and then found.

Every search is one stretch of ids (the id is the clock), or the messages that finished in a stretch of time.
Pages come in the order of ids, oldest first, so that what is sent meanwhile stands on later pages; where a
page begins is remembered, so that walking from page to page skips nothing and costs the same on every page.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Collate
from django.utils import timezone
from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field

from console.accounts.models import Project
from messaging.api.sens.auth import Caller
from messaging.api.sens.errors import bad_request, not_found
from messaging.api.sens.paging import Walk
from messaging.ids import MAX_ORDINAL, first_id_at
from messaging.models import Message, SendRequest
from messaging.sens.answers import (
    NOT_BEGUN,
    FoundMessagesOut,
    OneMessageOut,
    answer_about,
    found_out,
    is_to_come,
)
from messaging.sens.words import (
    CONTENT_TYPE,
    FAIL,
    HOME,
    RESERVED,
    RESULT,
    STATUS,
    SUCCESS,
    TIME_FORMAT,
)
from messaging.states import RequestState, Source

VIEWED_DAYS = 90
LONGEST_REQUESTED = timedelta(days=30)
LONGEST_COMPLETED = timedelta(hours=24)
PAGE_SIZE, MOST_A_PAGE = 20, 100
MOST_OF_A_REQUEST = 1000  # on a page, and how many one has where nothing else is asked
MOST_PAGES = 2**31 - 1  # an index that any program can hold
A_SECOND = timedelta(seconds=1)  # a time names a whole one
LISTED = (
    "country_code",
    "recipient",
    "state",
    "result_code",
    "telco",
    "submitted_at",
    "finished_at",
    "request__message_type",
    "request__purpose",
    "request__sender",
    "request__created_at",
)


def _given(value: Any) -> Any:
    """What is left empty in a query is not asked for."""
    return None if value == "" else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) and value else _given(value)


Text = Annotated[str | None, BeforeValidator(_given)]
Time = Annotated[str | None, BeforeValidator(_given), Field(description="yyyy-MM-dd HH:mm:ss, in Korea")]
Digits = Annotated[str | None, Field(pattern=r"^[0-9]{1,20}$"), BeforeValidator(_given)]


class SearchIn(Schema):
    """The query of GET messages."""

    model_config = ConfigDict(populate_by_name=True)

    request_id: Text = Field(None, alias="requestId")
    request_start: Time = Field(None, alias="requestStartTime")
    request_end: Time = Field(None, alias="requestEndTime")
    complete_start: Time = Field(None, alias="completeStartTime")
    complete_end: Time = Field(None, alias="completeEndTime")
    message_id: Text = Field(None, alias="messageId")
    type: Annotated[str | None, Field(pattern=r"^(SMS|LMS|MMS)$"), BeforeValidator(_upper)] = None
    content_type: Annotated[str | None, Field(pattern=r"^(COMM|AD)$"), BeforeValidator(_upper)] = Field(
        None, alias="contentType"
    )
    country_code: Annotated[str | None, Field(pattern=r"^[0-9]{1,3}$"), BeforeValidator(_given)] = Field(
        None, alias="countryCode"
    )
    status: Annotated[
        str | None, Field(pattern=r"^(READY|PROCESSING|COMPLETED)$"), BeforeValidator(_upper)
    ] = None
    sender: Digits = Field(None, alias="from")
    to: Digits = None
    status_name: Annotated[str | None, Field(pattern=r"^(SUCCESS|FAIL)$"), BeforeValidator(_upper)] = Field(
        None, alias="statusName"
    )
    page_index: Annotated[int | None, Field(ge=0, le=MOST_PAGES), BeforeValidator(_given)] = Field(
        None, alias="pageIndex"
    )
    page_size: Annotated[int | None, Field(ge=1), BeforeValidator(_given)] = Field(None, alias="pageSize")


@dataclass(frozen=True)
class Stretch:
    """From a moment up to another one, which is not in it."""

    since: datetime
    until: datetime


def search(caller: Caller, wish: SearchIn) -> FoundMessagesOut:
    """A page of the project's messages that fit. Raises Refused."""
    size = _page_size(wish)
    requested, completed = _stretches(wish)
    request = _request_named(caller.project, wish.request_id, caller.at) if wish.request_id else None
    if request is not None and is_to_come(request, caller.at):
        return _page(wish, size, RESERVED, [], has_more=False)
    first, end = _ids(request, requested, caller.at)
    found = _narrowed(_listable(caller.project, caller.at).filter(pk__gte=first, pk__lt=end), wish)
    walk = Walk(caller.project.pk, wish.model_dump(exclude={"page_index"}), size)
    messages, has_more = walk.page(wish.page_index or 0, _orders(found, request, completed))
    name = FAIL if request is not None and request.state == RequestState.FAILED else SUCCESS
    return _page(wish, size, name, messages, has_more=has_more)


def find(caller: Caller, written_id: str) -> OneMessageOut:
    """One message of the project, with its text and its pictures. Raises Refused."""
    found = _listable(caller.project, caller.at).filter(pk__gte=first_id_at(oldest(caller.at)))
    message = found.filter(pk=_id_of(written_id)).select_related("request").first()
    if message is None:
        raise not_found("This service has no such message (messageId) of the last 90 days.")
    message.request.project = caller.project
    return answer_about(message)


def oldest(now: datetime) -> datetime:
    """The first moment of which anything is shown: days are whole ones, in Korea."""
    day = now.astimezone(HOME).date() - timedelta(days=VIEWED_DAYS)
    return datetime.combine(day, time.min, HOME)


def _page(
    wish: SearchIn, size: int, status_name: str, messages: list[Message], *, has_more: bool
) -> FoundMessagesOut:
    return FoundMessagesOut(
        status_name=status_name,
        messages=[found_out(each) for each in messages],
        page_index=wish.page_index or 0,
        page_size=size,
        item_count=len(messages),
        has_more=has_more,
    )


def _page_size(wish: SearchIn) -> int:
    usual, most = (MOST_OF_A_REQUEST, MOST_OF_A_REQUEST) if wish.request_id else (PAGE_SIZE, MOST_A_PAGE)
    if wish.page_size is not None and wish.page_size > most:
        raise bad_request(f"pageSize is at most {most} here.")
    return wish.page_size or usual


def _stretches(wish: SearchIn) -> tuple[Stretch | None, Stretch | None]:
    """The times of requests and of completion that are asked for. Raises Refused."""
    asks_requested = wish.request_start is not None or wish.request_end is not None
    asks_completed = wish.complete_start is not None or wish.complete_end is not None
    if asks_requested and asks_completed:
        raise bad_request("Ask for request times or for complete times, not for both.")
    if not (wish.request_id or asks_requested or asks_completed):
        pairs = ("requestStartTime and requestEndTime", "completeStartTime and completeEndTime")
        raise bad_request(f"Give requestId, or {pairs[0]}, or {pairs[1]}.")
    if asks_requested:
        return _stretch("request", wish.request_start, wish.request_end, LONGEST_REQUESTED), None
    if asks_completed:
        return None, _stretch("complete", wish.complete_start, wish.complete_end, LONGEST_COMPLETED)
    return None, None


def _stretch(name: str, start: str | None, end: str | None, longest: timedelta) -> Stretch:
    if start is None or end is None:
        raise bad_request(f"{name}StartTime and {name}EndTime are given together.")
    since, last = _moment(f"{name}StartTime", start), _moment(f"{name}EndTime", end)
    if since > last:
        raise bad_request(f"{name}EndTime is before {name}StartTime.")
    if last - since > longest:
        said = f"{longest.days} days" if longest.days > 1 else "24 hours"
        raise bad_request(f"From {name}StartTime to {name}EndTime are at most {said}.")
    now = timezone.now()
    if since < oldest(now):
        raise bad_request(f"{name}StartTime is more than {VIEWED_DAYS} days ago.")
    ahead = now + timedelta(days=1)  # nothing is there yet; and no year is too far to be counted with
    return Stretch(min(since, ahead), min(last, ahead) + A_SECOND)


def _moment(name: str, written: str) -> datetime:
    try:
        return datetime.strptime(written, TIME_FORMAT).replace(tzinfo=HOME)
    except ValueError as error:
        raise bad_request(f"{name} is written as yyyy-MM-dd HH:mm:ss.") from error


def _id_of(written: str) -> UUID:
    """The id that is meant; where it is none, one that nothing has."""
    try:
        return UUID(written)
    except ValueError:
        return UUID(int=0)


def _request_named(project: Project, written_id: str, now: datetime) -> SendRequest:
    own = SendRequest.objects.filter(project=project, pk__gte=first_id_at(oldest(now)))
    request = own.exclude(source=Source.SYSTEM).filter(pk=_id_of(written_id)).first()
    if request is None:
        raise not_found(f"This service has no such request (requestId) of the last {VIEWED_DAYS} days.")
    return request


def _listable(project: Project, now: datetime) -> QuerySet[Message]:
    """The project's messages, but those of reservations that are not due, which are not there yet, and the
    console's own codes, which are nobody's but their recipients'.
    """
    reserved = Q(request__due_at__gt=now, request__state__in=NOT_BEGUN)
    own = Message.objects.filter(project=project)
    return own.exclude(reserved).exclude(request__source=Source.SYSTEM)


def _ids(request: SendRequest | None, requested: Stretch | None, now: datetime) -> tuple[UUID, UUID]:
    """The first id that may fit, and the first one past those."""
    first, end = first_id_at(oldest(now)), UUID(int=(1 << 128) - 1)
    if request is not None:
        first, end = max(first, request.pk), UUID(int=request.pk.int + MAX_ORDINAL + 1)
    if requested is not None:
        first, end = max(first, first_id_at(requested.since)), min(end, first_id_at(requested.until))
    return first, end


def _narrowed(found: QuerySet[Message], wish: SearchIn) -> QuerySet[Message]:
    """What fits every filter that is given."""
    if wish.message_id:
        found = found.filter(pk=_id_of(wish.message_id))
    if wish.type:
        found = found.filter(request__message_type=wish.type)
    if wish.content_type:
        found = found.filter(request__purpose__in=_ours(CONTENT_TYPE, wish.content_type))
    if wish.country_code:
        found = found.filter(country_code=int(wish.country_code))
    if wish.status:
        found = found.filter(state__in=_ours(STATUS, wish.status))
    if wish.sender:
        found = found.filter(request__sender=wish.sender)
    if wish.to:
        found = found.filter(recipient=wish.to)
    if wish.status_name:
        found = found.filter(state__in=_ours(RESULT, wish.status_name.lower()))
    return found


def _ours(words: Any, word: str) -> list[str]:
    return [own for own, theirs in words.items() if theirs == word]


def _orders(
    found: QuerySet[Message], request: SendRequest | None, completed: Stretch | None
) -> list[QuerySet[Message]]:
    """Querysets that, one after the other, have all that was found in the order of ids.

    What finished in a stretch of time was mostly made in it, and there the index of ids is quick. What was
    made before is little, anywhere in 90 days: the BRIN finds it, once no order by an index tempts the
    planner to walk through all of them instead.
    """
    listed = found.select_related("request").only(*LISTED)
    if completed is None:
        return [listed.order_by("pk")]
    listed = listed.filter(finished_at__gte=completed.since, finished_at__lt=completed.until)
    if request is not None:
        return [listed.order_by("pk")]
    begin, end = first_id_at(completed.since), first_id_at(completed.until)
    before = listed.filter(pk__lt=begin).order_by(Collate(Cast("pk", TextField()), "C"))
    return [before, listed.filter(pk__gte=begin, pk__lt=end).order_by("pk")]
