"""The scheduled list by SENS's states: found, told, canceled only while READY, led to content and results."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.content.limits import Surface
from messaging.models import SendRequest
from messaging.sending.completing import complete_all
from messaging.sending.programs import ProgramRecipient, ProgramSend, send_for_program
from messaging.sending.releasing import release_due
from messaging.sending.submitting import drain
from messaging.states import Lane, MessageType, Purpose, RequestState, Source
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import SENDER, half_hours, in_a_day, send, send_file
from tests.messaging.admin.test_deliveries_actions import said, state_of
from tests.messaging.sending.files import numbers
from tests.waiting import until_it_waits

SCHEDULED = "admin:deliveries_scheduled"
CANCEL = "admin:deliveries_cancel"


def rows(client: Any, **query: Any) -> list[Any]:
    response = client.get(reverse(SCHEDULED), query)
    assert response.context["form"].errors == {}
    return list(response.context["rows"])


def found(client: Any, **query: Any) -> list[Any]:
    return [row.request.pk for row in rows(client, **query)]


def a_day_later() -> Any:
    return time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=True)


def by_program(project: Project, **changes: Any) -> SendRequest:
    given: dict[str, Any] = {
        "project": project,
        "source": Source.SENS,
        "surface": Surface.SENS,
        "message_type": MessageType.SMS,
        "purpose": Purpose.GENERAL,
        "sender": SENDER,
        "subject": "",
        "content": "Hello",
        "recipients": [ProgramRecipient("01012340001")],
        "due_at": in_a_day(),
        "time_zone": "Asia/Seoul",
    }
    return send_for_program(ProgramSend(**given | changes), is_new=lambda: True)


def test_each_has_its_state_beside_our_word(project: Project, client_as: ClientAs) -> None:
    later = send(project, numbers(1), due_at=in_a_day())
    split = send_file(project, numbers(4), split=half_hours(2))
    release_due()
    client = client_as(project)
    shown = {row.request.pk: (row.reservation, row.is_ready) for row in rows(client)}
    assert shown == {later.pk: ("READY", True), split.pk: (None, False)}
    page = client.get(reverse(SCHEDULED)).content.decode()
    assert page.count('name="request" value=') == 1
    assert f'value="{later.pk}"' in page
    assert reverse("admin:delivery_messages", args=[later.pk]) in page


def test_what_is_over_is_found_by_its_state(project: Project, client_as: ClientAs) -> None:
    done, failed = (
        send(project, numbers(1), due_at=in_a_day()),
        by_program(project, recipients=[ProgramRecipient("1")]),
    )
    ready = send(project, numbers(1), due_at=timezone.now() + timedelta(days=3))
    send(project, numbers(1))
    client = client_as(project)
    with a_day_later():
        release_due()
        assert found(client, reservation="PROCESSING") == [failed.pk, done.pk]
        drain(Lane.SINGLE)
        complete_all()
        for state, expected in (
            ("READY", [ready.pk]),
            ("PROCESSING", []),
            ("DONE", [done.pk]),
            ("FAIL", [failed.pk]),
            ("STALE", []),
            ("CANCELED", []),
            ("ALL", [ready.pk, failed.pk, done.pk]),
            ("", [ready.pk]),
        ):
            assert found(client, reservation=state) == expected, state
        page = client.get(reverse(SCHEDULED), {"reservation": "DONE"}).content.decode()
        assert "Those that were due in the last 31 days." in page
        assert 'name="request" value=' not in page


def test_they_are_found_by_reserved_time(project: Project, client_as: ClientAs) -> None:
    """A program reserves up to 180 days ahead."""
    due_at = timezone.now() + timedelta(days=170)
    far = by_program(project, due_at=due_at)
    client, day = client_as(project), timezone.localdate(due_at).isoformat()
    assert found(client, since=day, until=day) == [far.pk]
    assert found(client, since=day, until=day, reservation="READY") == [far.pk]
    before = (timezone.localdate(due_at) - timedelta(days=1)).isoformat()
    assert found(client, since=before, until=before, reservation="READY") == []


def test_it_is_found_by_its_id(project: Project, client_as: ClientAs) -> None:
    one, other = by_program(project), by_program(project)
    assert found(client_as(project), reservation="ALL", request_id=str(one.pk)) == [one.pk]
    page = client_as(project).get(reverse(SCHEDULED)).content.decode()
    assert f'<span class="b-code">{other.pk}</span>' in page


def test_its_time_is_told_in_its_zone_too(project: Project, client_as: ClientAs) -> None:
    with time_machine.travel("2026-11-02T03:00:00+00:00", tick=True):
        by_program(project, due_at=timezone.now() + timedelta(hours=20), time_zone="America/New_York")
        here = by_program(project)
        client = client_as(project)
        there = {row.request.pk: row.due_there for row in rows(client)}
        assert there.pop(here.pk) == ""
        assert list(there.values()) == ["2026-11-02 18:00 America/New_York"]


def test_others_reservations_are_not_there(project: Project, stranger: Project, client_as: ClientAs) -> None:
    by_program(stranger)
    assert found(client_as(project), reservation="ALL") == []


def test_only_what_is_ready_is_canceled(project: Project, client_as: ClientAs) -> None:
    ready = send(project, numbers(1), due_at=in_a_day(), name="Later")
    split = send_file(project, numbers(4), split=half_hours(2), name="Split")
    release_due()
    assert state_of(split) == RequestState.SENDING
    asked = {"request": [str(ready.pk), str(split.pk)]}
    client = client_as(project)
    response = client.post(reverse(CANCEL), asked)
    assert response.context["sentence"] == (
        "1 message that is not handed over yet will not be sent. "
        "1 of the chosen requests is not READY and stays as it is."
    )
    response = client.post(reverse(CANCEL), asked | {"confirmed": "1"})
    assert said(response) == [
        "1 request was canceled.",
        "Split: Nothing was changed: some of it is out already. Stop the rest on its own page.",
    ]
    assert (state_of(ready), state_of(split)) == (RequestState.CANCELING, RequestState.SENDING)


def test_where_nothing_is_ready_there_is_no_button(project: Project, client_as: ClientAs) -> None:
    request = by_program(project)
    with a_day_later():
        release_due()
        response = client_as(project).post(reverse(CANCEL), {"request": str(request.pk)})
        assert response.context["is_open"] is False
        assert 'name="confirmed"' not in response.content.decode()


def test_a_viewer_sees_states_and_cancels_nothing(project: Project, client_as: ClientAs) -> None:
    request = by_program(project)
    viewer = client_as(project, ProjectRole.VIEWER)
    assert [row.reservation for row in rows(viewer)] == ["READY"]
    assert 'name="request" value=' not in viewer.get(reverse(SCHEDULED)).content.decode()
    assert viewer.post(reverse(CANCEL), {"request": str(request.pk), "confirmed": "1"}).status_code == 403
    assert state_of(request) == RequestState.SCHEDULED


def test_the_list_asks_the_same_few_questions_however_long_it_is(
    project: Project, client_as: ClientAs, django_assert_max_num_queries: Any
) -> None:
    for _each in range(3):
        by_program(project)
    client = client_as(project)
    with a_day_later():
        release_due()
        drain(Lane.SINGLE)
        complete_all()
        rows(client, reservation="DONE")
        counts = []
        for _round in range(2):
            with CaptureQueriesContext(connection) as queries:
                assert rows(client, reservation="ALL")
            counts.append(len(queries))
            for _each in range(5):
                by_program(project, due_at=in_a_day())
        assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_released_while_it_is_being_canceled_it_is_sent(project: Project, client_as: ClientAs) -> None:
    """The release holds the row; the cancel waits for it, and then finds nothing READY."""
    request = by_program(project)
    client = client_as(project)

    def cancel() -> list[str]:
        try:
            return said(client.post(reverse(CANCEL), {"request": str(request.pk), "confirmed": "1"}))
        finally:
            connection.close()

    with a_day_later(), ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            release_due()
            answer = pool.submit(cancel)
            until_it_waits(answer)
        [words] = answer.result()
    assert words.endswith("it is PROCESSING by now, and only what is READY can be canceled here.")
    assert state_of(request) == RequestState.SENDING
