"""Finding requests and messages: what a search leaves, and what it never touches."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from console.accounts.models import Project
from console.paging import paginate
from messaging.models import SendRequest
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.lookups import (
    DateKind,
    MessageFilter,
    Search,
    find_messages,
    find_requests,
    message_page,
    scheduled_requests,
)
from messaging.sending.releasing import release_request
from messaging.states import DeliveryKind, MessageState, Purpose, RequestState
from messaging.statistics.counting import fold
from tests.factories import RouteFactory
from tests.messaging.admin.conftest import sending_project
from tests.messaging.admin.delivering import OFF, deliver, half_hours, in_a_day, send, send_file
from tests.messaging.sending.files import numbers

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-11-22T12:00:00+09:00")


@pytest.fixture
def project(db: None) -> Project:
    RouteFactory()
    return sending_project()


def found(project: Project, **search: Any) -> list[SendRequest]:
    return list(find_requests(project=project, search=Search(**search)).order_by("-pk"))


def test_only_the_projects_own_are_found_even_by_id(project: Project) -> None:
    other = send(sending_project(), ["01012340001"])
    assert found(project) == []
    assert found(project, request_id=other.pk) == []
    assert found(other.project, request_id=other.pk) == [other]


def test_the_id_of_a_message_leads_to_its_request(project: Project) -> None:
    request = send(project, ["01012340001", "01012340002"])
    assert found(project, request_id=UUID(int=request.pk.int + 2)) == [request]


def test_a_range_of_dates_is_inclusive_and_then_exclusive(project: Project) -> None:
    made = []
    for hours in (0, 24, 48):
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            made.append(send(project, ["01012340001"]))
    assert found(project, since=NOW, until=NOW + timedelta(hours=48)) == [made[1], made[0]]
    assert found(project, since=NOW + timedelta(milliseconds=1), until=NOW + timedelta(hours=48)) == [made[1]]


def test_dates_of_sending_and_of_results_are_other_dates(project: Project) -> None:
    with time_machine.travel(NOW, tick=False):
        later = send(project, ["01012340001"], due_at=NOW + timedelta(days=3))
        now = send(project, ["01012340002"])
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        deliver(now)
    day = timedelta(days=1)
    sent = {"date_kind": DateKind.SENT}
    assert found(project, since=NOW + 3 * day, until=NOW + 4 * day, **sent) == [later]
    assert found(project, since=NOW, until=NOW + day, **sent) == [now]
    received = {"date_kind": DateKind.RECEIVED}
    assert found(project, since=NOW, until=NOW + timedelta(hours=1), **received) == []
    assert found(project, since=NOW + day, until=NOW + 2 * day, **received) == [now]
    fold()
    assert found(project, since=NOW + day, until=NOW + 2 * day, **received) == [now]


def test_the_other_conditions_narrow_it(project: Project) -> None:
    plain = send(project, ["01012340001"])
    code = send(project, ["01012340002"], purpose=Purpose.AUTHENTICATION)
    mass = send_file(project, numbers(2), needs_release=True)
    assert found(project, purpose="AUTH") == [code]
    assert found(project, kind=DeliveryKind.MASS) == [mass]
    assert found(project, state=RequestState.HELD) == [mass]
    assert found(project, status="READY") == [mass]
    assert found(project, status="WAITING_FOR_DELIVERY", kind="MASS") == []
    assert found(project, message_type="LMS") == []
    assert found(project, sender="0000") == []
    assert plain in found(project, sender="021234567")


@pytest.mark.parametrize("is_folded", [False, True])
def test_a_result_means_that_a_message_has_it(project: Project, is_folded: bool) -> None:
    untouched = send(project, ["01012340003"], due_at=in_a_day())
    good = deliver(send(project, ["01012340001"]))
    bad = deliver(send(project, ["01012340002", OFF]))
    silent = deliver(send(project, ["01029999002"]))
    if is_folded:
        fold()
    assert found(project, result=MessageState.FAILED) == [bad]
    assert found(project, result=MessageState.DELIVERED) == [bad, good]
    assert found(project, result=MessageState.SENT) == [silent]
    assert found(project, result=MessageState.READY) == [untouched]
    assert found(project, result=MessageState.UNKNOWN) == []


def test_messages_are_found_by_number_over_requests(project: Project) -> None:
    first = deliver(send(project, ["01012340001", "01012340002"]))
    second = send(project, ["01012340001"])
    send(sending_project(), ["01012340001"])

    def by(**search: Any) -> list[UUID]:
        wanted = Search(recipient=(82, "01012340001"), **search)
        return [message.request_id for message in paginate(find_messages(project=project, search=wanted))]

    assert by() == [second.pk, first.pk]
    assert by(result=MessageState.DELIVERED) == [first.pk]
    assert by(request_id=second.pk) == [second.pk]
    assert by(kind=DeliveryKind.MASS) == []
    now = timezone.now()
    assert by(since=now - timedelta(hours=1), until=now, date_kind=DateKind.RECEIVED) == [first.pk]
    assert by(since=now - timedelta(hours=1), until=now, date_kind=DateKind.SENT) == [first.pk]
    assert by(since=now + timedelta(hours=1), until=now + timedelta(hours=2)) == []


def test_scheduled_is_what_goes_out_later_by_itself(project: Project) -> None:
    now = timezone.now()
    later = send(project, ["01012340001"], due_at=in_a_day())
    split = send_file(project, numbers(4), split=half_hours(2))
    held = send_file(project, numbers(2), due_at=in_a_day(), needs_release=True)
    send(project, ["01012340002"])
    canceled = send(project, ["01012340003"], due_at=in_a_day())
    cancel_request(request=canceled, actor=None)
    finish_canceling()

    def scheduled() -> list[SendRequest]:
        return list(scheduled_requests(project=project, now=now).order_by("pk"))

    assert scheduled() == [later, split]
    release_request(request=held, actor=None)
    assert scheduled() == [later, split, held]


def test_pages_of_a_requests_messages_go_forth_and_back(project: Project) -> None:
    request = send(project, numbers(7))
    send(project, numbers(3))

    def ordinals(**place: Any) -> tuple[list[int], int | None, int | None]:
        page = message_page(request=request, wanted=MessageFilter(), size=3, **place)
        return [row.pk.int - request.pk.int for row in page.rows], page.previous, page.next

    assert ordinals() == ([1, 2, 3], None, 3)
    assert ordinals(after=3) == ([4, 5, 6], 4, 6)
    assert ordinals(after=6) == ([7], 7, None)
    assert ordinals(before=7) == ([4, 5, 6], 4, 6)
    assert ordinals(before=4) == ([1, 2, 3], None, 3)
    assert ordinals(after=10**12) == ([], 10**12 + 1, None)


def test_a_requests_messages_by_state_code_number_and_part(project: Project) -> None:
    request = deliver(send_file(project, [*numbers(3), OFF], split=half_hours(2)))

    def found_by(**wanted: Any) -> list[str]:
        page = message_page(request=request, wanted=MessageFilter(**wanted))
        return [row.recipient for row in page.rows]

    assert found_by(part=1) == numbers(2)
    assert found_by(part=2) == [numbers(3)[2], OFF]
    assert found_by(part=9) == []
    assert found_by(state=MessageState.DELIVERED) == numbers(2)
    assert found_by(recipient=(82, OFF)) == [OFF]
    assert found_by(code="2003") == []


def test_a_part_that_is_not_there_has_no_message(project: Project) -> None:
    request = send(project, numbers(3))
    assert message_page(request=request, wanted=MessageFilter(part=2)).rows == []
