"""Reservations: their six states, the zone of their time, and that only READY is canceled."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from console.accounts.models import AccessKey, Project
from messaging.models import Chunk, Message, SeenSignature, SendBatch, SendRequest
from messaging.result_codes import EXPIRED, WRONG_NUMBER
from messaging.sending.canceling import finish_canceling
from messaging.sending.completing import complete_all
from messaging.sending.releasing import release_due
from messaging.sending.submitting import drain
from messaging.states import Lane, RequestState, Source
from tests.messaging.api.sens.client import SensClient
from tests.waiting import until_it_waits

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 2, 3, tzinfo=UTC)  # noon in Korea
AT_SIX = "2026-11-02 18:00"
NOT_THERE = ["This service has no such reservation."]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=True):
        yield


def reserve(sens: SensClient, wish: dict[str, Any]) -> str:
    answer = sens.post("/messages", {"reserveTime": AT_SIX, **wish})
    assert answer.status_code == 202, answer.content
    return str(answer.json()["requestId"])


def status(sens: SensClient, reserve_id: str) -> Any:
    return sens.get(f"/reservations/{reserve_id}/reserve-status")


def state_of(sens: SensClient, reserve_id: str) -> str:
    return str(status(sens, reserve_id).json()["reserveStatus"])


def cancel(sens: SensClient, reserve_id: str, **given: Any) -> Any:
    return sens.delete(f"/reservations/{reserve_id}", **given)


def run() -> None:
    release_due()
    drain(Lane.SINGLE)
    complete_all()


# --- asking ----------------------------------------------------------------------------------------


def test_a_reservation_is_told_as_it_was_given(sens: SensClient, sending: Any) -> None:
    reserve_id = reserve(sens, sending())
    answer = status(sens, reserve_id)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "reserveId": reserve_id,
            "reserveTimeZone": "Asia/Seoul",
            "reserveTime": "2026-11-02 18:00",
            "reserveStatus": "READY",
        },
    )


@pytest.mark.parametrize(
    ("zone", "time", "due_at"),
    [
        ("America/New_York", "2026-11-02 18:00", datetime(2026, 11, 2, 23, tzinfo=UTC)),
        ("America/New_York", "2026-11-08 01:30", datetime(2026, 11, 8, 6, 30, tzinfo=UTC)),
        ("Asia/Kathmandu", "2026-11-02 18:00", datetime(2026, 11, 2, 12, 15, tzinfo=UTC)),
    ],
)
def test_its_time_is_in_the_zone_in_which_it_was_given(
    sens: SensClient, sending: Any, zone: str, time: str, due_at: datetime
) -> None:
    reserve_id = reserve(sens, sending(reserveTime=time, reserveTimeZone=zone))
    assert SendRequest.objects.get().due_at == due_at
    found = status(sens, reserve_id).json()
    assert (found["reserveTime"], found["reserveTimeZone"]) == (time, zone)


def test_it_is_processing_and_then_done(sens: SensClient, sending: Any, project: Project) -> None:
    reserve_id = reserve(sens, sending())
    with time_machine.travel(NOON + timedelta(hours=6), tick=True):
        assert state_of(sens, reserve_id) == "READY"
        release_due()
        assert state_of(sens, reserve_id) == "PROCESSING"
        run()
        assert state_of(sens, reserve_id) == "DONE"


def test_it_failed_where_nothing_of_it_was_handed_over(sens: SensClient, sending: Any) -> None:
    both = reserve(sens, sending(messages=[{"to": "1"}, {"to": "01012345678"}]))
    none = reserve(sens, sending(messages=[{"to": "1"}, {"to": "2"}]))
    with time_machine.travel(NOON + timedelta(hours=6), tick=True):
        assert (state_of(sens, both), state_of(sens, none)) == ("READY", "READY")
        run()
        assert (state_of(sens, both), state_of(sens, none)) == ("DONE", "FAIL")


def test_it_is_stale_where_all_of_it_was_too_late(sens: SensClient, sending: Any) -> None:
    """0102 999 1019 is what the carrier refuses with 1019, "TTL exceeded"."""
    late = reserve(sens, sending(messages=[{"to": "01029991019"}]))
    mixed = reserve(sens, sending(messages=[{"to": "01029991019"}, {"to": "1"}]))
    with time_machine.travel(NOON + timedelta(hours=6), tick=True):
        run()
    Chunk.objects.update(attempts=50)
    with time_machine.travel(NOON + timedelta(days=2), tick=True):  # so long that it is not tried again
        run()
        assert (state_of(sens, late), state_of(sens, mixed)) == ("STALE", "FAIL")


def test_our_own_code_of_what_is_too_late_is_stale_too(sens: SensClient, sending: Any) -> None:
    reserve_id = reserve(sens, sending(messages=[{"to": "1"}]))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_countdelta SET code = %s WHERE code = %s", [EXPIRED, WRONG_NUMBER])
    with time_machine.travel(NOON + timedelta(hours=6), tick=True):
        run()
        assert state_of(sens, reserve_id) == "STALE"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (RequestState.WAITING, "READY"),
        (RequestState.LOADING, "READY"),
        (RequestState.HELD, "READY"),
        (RequestState.SCHEDULED, "READY"),
        (RequestState.SENDING, "PROCESSING"),
        (RequestState.COMPLETED, "DONE"),
        (RequestState.CANCELING, "CANCELED"),
        (RequestState.CANCELED, "CANCELED"),
        (RequestState.FAILED, "FAIL"),
    ],
)
def test_every_state_has_its_word_and_only_ready_is_canceled(
    sens: SensClient, sending: Any, state: RequestState, said: str
) -> None:
    reserve_id = reserve(sens, sending())
    SendRequest.objects.update(state=state)
    assert state_of(sens, reserve_id) == said
    answer = cancel(sens, reserve_id)
    request = SendRequest.objects.get()
    if said == "READY":
        assert (answer.status_code, request.state) == (204, RequestState.CANCELING)
    else:
        assert (answer.status_code, answer.json()["errors"]) == (
            400,
            [f"This reservation is {said}: only READY can be canceled."],
        )
        assert (request.state, request.canceled_at) == (state, None)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_was_never_reserved_is_no_reservation(
    sens: SensClient, sending: Any, stranger: SensClient, method: str
) -> None:
    at_once = sens.post("/messages", sending()).json()["requestId"]
    by_a_person, reserved = (reserve(sens, sending()) for _ in range(2))
    SendRequest.objects.filter(pk=by_a_person).update(source=Source.CONSOLE)
    before = list(SendRequest.objects.order_by("pk").values())
    suffix = "/reserve-status" if method == "GET" else ""
    tries = [(sens, each) for each in (at_once, by_a_person, str(uuid4()), "no-id", "0", "%00")]
    for client, reserve_id in [*tries, (stranger, reserved)]:
        answer = client.call(method, f"/reservations/{reserve_id}{suffix}")
        assert (answer.status_code, answer.json()["errors"]) == (404, NOT_THERE)
    assert list(SendRequest.objects.order_by("pk").values()) == before


def test_a_reservation_past_what_is_kept_is_shown_no_more(sens: SensClient, sending: Any) -> None:
    reserve_id = reserve(sens, sending())
    with time_machine.travel(NOON + timedelta(days=200), tick=True):
        assert state_of(sens, reserve_id) == "READY"  # it waits still, so it is shown
        SendRequest.objects.update(state=RequestState.COMPLETED)
        assert status(sens, reserve_id).status_code == 404


def test_queries_of_a_status(sens: SensClient, sending: Any) -> None:
    reserve_id = reserve(sens, sending())
    status(sens, reserve_id)
    with CaptureQueriesContext(connection) as ready:
        status(sens, reserve_id)
    SendRequest.objects.update(state=RequestState.COMPLETED)
    with CaptureQueriesContext(connection) as done:
        status(sens, reserve_id)
    assert (len(ready), len(done)) == (3, 4)


# --- canceling -------------------------------------------------------------------------------------


def test_a_canceled_reservation_is_never_sent(sens: SensClient, sending: Any) -> None:
    reserve_id = reserve(sens, sending(messages=[{"to": "01012345678"}, {"to": "01087654321"}]))
    answer = cancel(sens, reserve_id)
    assert (answer.status_code, answer.content) == (204, b"")
    assert state_of(sens, reserve_id) == "CANCELED"
    request = SendRequest.objects.get()
    assert (request.canceled_by, request.canceled_at is not None) == (None, True)
    with time_machine.travel(NOON + timedelta(hours=6), tick=True):
        run()
        assert finish_canceling() == 1
        run()
    assert state_of(sens, reserve_id) == "CANCELED"
    assert list(Message.objects.values_list("state", flat=True)) == ["CANCELED", "CANCELED"]
    assert list(SendBatch.objects.values_list("state", flat=True)) == ["CANCELED"]
    assert list(Chunk.objects.values_list("state", flat=True)) == ["CANCELED"]


def test_twice_is_refused(sens: SensClient, sending: Any) -> None:
    reserve_id = reserve(sens, sending())
    assert cancel(sens, reserve_id).status_code == 204
    canceled_at = SendRequest.objects.get().canceled_at
    answer = cancel(sens, reserve_id)
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        ["This reservation is CANCELED: only READY can be canceled."],
    )
    assert SendRequest.objects.get().canceled_at == canceled_at


def test_a_call_made_before_is_refused_and_one_that_failed_may_be_made_again(
    sens: SensClient, sending: Any
) -> None:
    reserve_id = reserve(sens, sending())
    seen = SeenSignature.objects.count()
    headers = sens.signer.headers("DELETE", sens.target(f"/reservations/{reserve_id}"))
    SendRequest.objects.update(state=RequestState.SENDING)
    assert cancel(sens, reserve_id, headers=headers).status_code == 400
    assert SeenSignature.objects.count() == seen
    SendRequest.objects.update(state=RequestState.SCHEDULED)
    assert cancel(sens, reserve_id, headers=headers).status_code == 204
    SendRequest.objects.update(state=RequestState.SCHEDULED)
    answer = cancel(sens, reserve_id, headers=headers)
    assert (answer.status_code, answer.json()["errors"]) == (
        401,
        ["This call was made before: sign each call anew."],
    )
    assert SendRequest.objects.get().state == RequestState.SCHEDULED


@pytest.mark.django_db(transaction=True)
def test_whoever_releases_it_first_wins(sens: SensClient, sending: Any, key: AccessKey) -> None:
    """The cancel has seen READY, and waits for the row of a request that is being released."""
    reserve_id, client = reserve(sens, sending()), SensClient(sens.project, key)

    def call() -> Any:
        try:
            return cancel(client, reserve_id)
        finally:
            connection.close()

    with time_machine.travel(NOON + timedelta(hours=6), tick=True), ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert release_due() == 1
            work = pool.submit(call)
            until_it_waits(work)
        answer = work.result(timeout=30)
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        ["This reservation is PROCESSING: only READY can be canceled."],
    )
    assert SendRequest.objects.get().state == RequestState.SENDING


def test_queries_of_a_cancel(sens: SensClient, sending: Any) -> None:
    first, second = (reserve(sens, sending()) for _ in range(2))
    cancel(sens, first)
    with CaptureQueriesContext(connection) as captured:
        cancel(sens, second)
    assert len(captured) == 9
