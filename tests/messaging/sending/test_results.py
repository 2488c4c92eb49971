"""Carriers that are asked for results: whom, when, by whom, and what becomes of what is in doubt."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, ClassVar

import pytest
import time_machine
from django.db import connection

from messaging.gateways import registry
from messaging.gateways.base import (
    Gateway,
    GatewayUnavailable,
    GatewayUncertain,
    LostMessages,
    OpenRequest,
    Refusal,
    Report,
    Submission,
    SubmitResult,
)
from messaging.health import carriers
from messaging.models import CarrierReference, CarrierRequest, Chunk, GatewayAccount, Message, SendRequest
from messaging.sending import accounts
from messaging.sending.carrier_requests import pause_of
from messaging.sending.planning import plan_send
from messaging.sending.recovery import give_up_waiting, recover_stale_chunks
from messaging.sending.results import ASKED_FOR, collect_results, take_due
from messaging.sending.submitting import drain
from messaging.states import Lane
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.files import numbers

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 22, 3, tzinfo=UTC)


class Asked(Gateway):
    """A carrier with ids of its own for each call; codes and its calls are by number."""

    code: ClassVar[str] = "asked"
    label: ClassVar[str] = "Asked"
    polls_results: ClassVar[bool] = True
    group_size: ClassVar[int] = 2

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.script: list[str] = []
        self.calls: list[list[str]] = []
        self.origins: list[str] = []
        self.results: dict[str, str] = {}
        self.asked: list[list[str]] = []
        self.at_carrier: dict[str, list[str]] = {}
        self.looked_for: list[LostMessages] = []
        self.is_down = False

    def submit(self, submission: Submission) -> SubmitResult:
        act = self.script.pop(0) if self.script else "take"
        recipients = [each.recipient for each in submission.messages]
        self.calls.append(recipients)
        self.origins.append(submission.origin)
        carrier_id = f"R{len(self.calls)}"
        if act == "leave":
            return SubmitResult([Refusal(submission.messages[0].id, "1001", retryable=True)])
        if act in ("take", "die after", "lose"):
            for each in recipients:
                self.at_carrier.setdefault(each, []).append(carrier_id)
        if act in ("die", "die after"):
            raise SystemExit
        if act in ("lose", "drop"):
            raise GatewayUncertain("cut off")
        return SubmitResult(carrier_ids={each.id: carrier_id for each in submission.messages})

    def fetch_results(self, requests: Sequence[OpenRequest]) -> Sequence[Report]:
        if self.is_down:
            raise GatewayUnavailable("no answer")
        self.asked.append([each.carrier_id for each in requests])
        return [
            Report(each.id, None, self.results[each.recipient], START, "KT")
            for request in requests
            for each in request.messages
            if each.recipient in self.results
            and request.carrier_id in self.at_carrier.get(each.recipient, ())
        ]

    def find_lost(self, lost: LostMessages) -> Mapping[str, Sequence[str]]:
        self.looked_for.append(lost)
        return {
            each.id: self.at_carrier[each.recipient]
            for each in lost.messages
            if each.recipient in self.at_carrier
        }


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def carrier(account: GatewayAccount, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setitem(registry.GATEWAYS, "asked", Asked)
    carriers.forget_what_was_written()
    account.gateway, account.settings = "asked", "{}"
    account.save()
    accounts._built.cache_clear()
    gateway = accounts.gateway_of(account)
    assert isinstance(gateway, Asked)
    return gateway


def send(command: MakeCommand, n: int = 4, **changes: Any) -> SendRequest:
    request = plan_send(command(recipients=numbers(n), **changes))
    drain(Lane.SINGLE)
    return request


def states(request: SendRequest) -> list[str]:
    return list(Message.objects.filter(request=request).order_by("id").values_list("state", flat=True))


def later(clock: time_machine.Traveller, seconds: float) -> None:
    clock.shift(timedelta(seconds=seconds))


def all_delivered(gateway: Asked, n: int = 4) -> None:
    gateway.results = dict.fromkeys(numbers(n), "0")


def test_each_request_is_asked_for_until_its_messages_are_final(
    command: MakeCommand, carrier: Asked, clock: time_machine.Traveller
) -> None:
    request = send(command)
    kept = CarrierRequest.objects.order_by("id").values_list("carrier_id", "first_id", "last_id", "next_at")
    ids = list(Message.objects.order_by("id").values_list("pk", flat=True))
    due = START + timedelta(seconds=2)
    assert list(kept) == [("R1", ids[0], ids[1], due), ("R2", ids[2], ids[3], due)]
    assert collect_results() is False
    assert carrier.asked == []  # not before it is due
    carrier.results = {numbers(4)[0]: "0", numbers(4)[2]: "0", numbers(4)[3]: "3001"}
    later(clock, 2)
    collect_results()
    assert carrier.asked == [["R1", "R2"]]
    assert states(request) == ["DELIVERED", "SENT", "DELIVERED", "FAILED"]
    assert [each.carrier_id for each in CarrierRequest.objects.all()] == ["R1"]
    all_delivered(carrier)
    later(clock, 2)
    collect_results()
    assert carrier.asked[1:] == [["R1"]]
    assert states(request) == ["DELIVERED", "DELIVERED", "DELIVERED", "FAILED"]
    assert not CarrierRequest.objects.exists()
    assert_exact(request)


def test_pauses_grow_with_age_and_end(
    command: MakeCommand, carrier: Asked, clock: time_machine.Traveller
) -> None:
    send(command, 1)
    times: list[float] = []
    while CarrierRequest.objects.exists() and len(times) < 500:
        clock.move_to(CarrierRequest.objects.get().next_at)
        collect_results()
        times.append((datetime.now(UTC) - START).total_seconds())
    assert times[:7] == [2, 4, 6, 8, 10, 12, 14.4]
    assert max(b - a for a, b in pairwise(times)) == 6 * 3600
    assert times[-1] > ASKED_FOR.total_seconds() >= times[-2]
    assert len(times) < 120
    assert pause_of(timedelta(days=30)) == timedelta(hours=6)


def test_what_was_given_up_is_still_asked_for(
    command: MakeCommand, carrier: Asked, clock: time_machine.Traveller
) -> None:
    request = send(command)
    later(clock, 26 * 3600)
    give_up_waiting()
    assert states(request) == ["UNKNOWN"] * 4
    all_delivered(carrier)
    collect_results()
    assert states(request) == ["DELIVERED"] * 4
    assert_exact(request)


def test_a_carrier_that_does_not_answer_is_noted_and_asked_again(
    command: MakeCommand, carrier: Asked, account: GatewayAccount, clock: time_machine.Traveller
) -> None:
    request = send(command)
    later(clock, 2)
    carrier.is_down = True
    assert collect_results() is False
    account.refresh_from_db()
    assert account.health.silence == "no answer"
    assert set(CarrierRequest.objects.values_list("next_at", flat=True)) == {START + timedelta(seconds=7)}
    carrier.is_down = False
    all_delivered(carrier)
    later(clock, 5)
    collect_results()
    assert states(request) == ["DELIVERED"] * 4


def test_two_workers_never_ask_for_the_same_and_a_killed_ones_work_comes_back(
    command: MakeCommand, carrier: Asked, account: GatewayAccount, clock: time_machine.Traveller
) -> None:
    request = send(command)
    later(clock, 2)
    assert [each.carrier_id for each in take_due(account)] == ["R1", "R2"]
    assert take_due(account) == []
    all_delivered(carrier)
    collect_results()
    assert (carrier.asked, states(request)) == ([], ["SENT"] * 4)
    later(clock, 40)  # whoever took them died
    collect_results()
    assert states(request) == ["DELIVERED"] * 4


@pytest.mark.django_db(transaction=True)
def test_of_two_collectors_one_asks(command: MakeCommand, carrier: Asked) -> None:
    with time_machine.travel(START, tick=False):
        send(command, 2)
    all_delivered(carrier, 2)
    entered, may_go = threading.Event(), threading.Event()
    fetch = carrier.fetch_results

    def slow(requests: Sequence[OpenRequest]) -> Sequence[Report]:
        entered.set()
        may_go.wait(10)
        return fetch(requests)

    carrier.fetch_results = slow  # type: ignore[method-assign]

    def collect() -> None:
        collect_results()
        connection.close()

    first = threading.Thread(target=collect)
    with time_machine.travel(START + timedelta(seconds=2), tick=False):
        first.start()
        assert entered.wait(10)
        assert collect_results() is False
        assert carrier.asked == []
        may_go.set()
        first.join(10)
    assert carrier.asked == [["R1"]]


# --- in doubt ------------------------------------------------------------------------------------


def test_what_was_taken_though_its_answer_was_lost_is_found(
    command: MakeCommand, carrier: Asked, clock: time_machine.Traveller
) -> None:
    carrier.script = ["take", "lose"]
    request = send(command)
    assert states(request) == ["SENT", "SENT", "UNKNOWN", "UNKNOWN"]
    later(clock, 20)
    collect_results()
    [lost] = carrier.looked_for
    assert (lost.sender, lost.since, lost.until) == ("0212345678", START, START)
    assert [each.recipient for each in lost.messages] == numbers(4)[2:]
    references = CarrierReference.objects.order_by("message_id").values_list("carrier_id", flat=True)
    assert list(references) == ["R1", "R1", "R2", "R2"]
    all_delivered(carrier)
    later(clock, 5)
    collect_results()
    assert states(request) == ["DELIVERED"] * 4
    assert not CarrierRequest.objects.exists()
    assert_exact(request)


def test_what_the_carrier_never_took_fails_when_it_is_sure(
    command: MakeCommand, carrier: Asked, clock: time_machine.Traveller
) -> None:
    carrier.script = ["take", "drop"]
    request = send(command)
    later(clock, 14 * 60)
    collect_results()
    assert states(request) == ["SENT", "SENT", "UNKNOWN", "UNKNOWN"]
    later(clock, 61 + 14 * 60 / 5)
    collect_results()
    assert states(request) == ["SENT", "SENT", "FAILED", "FAILED"]
    codes = Message.objects.filter(state="FAILED").values_list("result_code", flat=True)
    assert set(codes) == {"B010"}
    assert not CarrierRequest.objects.filter(carrier_id="").exists()
    assert_exact(request)


@pytest.mark.parametrize("act", ["die", "die after"])
def test_what_a_killed_worker_left_in_flight_is_looked_for(
    command: MakeCommand, carrier: Asked, clock: time_machine.Traveller, act: str
) -> None:
    carrier.script = ["take", act]
    with pytest.raises(SystemExit):
        send(command, 6)
    request = SendRequest.objects.get()
    later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    assert states(request) == ["SENT", "SENT", "UNKNOWN", "UNKNOWN", "SENT", "SENT"]
    all_delivered(carrier, 6)
    later(clock, 20)
    collect_results()
    [lost] = carrier.looked_for
    assert (lost.since, lost.until) == (START, START + timedelta(seconds=61))
    later(clock, 20 * 60)
    collect_results()
    ending = "DELIVERED" if act == "die after" else "FAILED"
    assert states(request) == ["DELIVERED", "DELIVERED", ending, ending, "DELIVERED", "DELIVERED"]
    assert sum(map(len, carrier.at_carrier.values())) == (6 if act == "die after" else 4)
    assert_exact(request)


def test_a_request_that_holds_another_message_of_ours_is_not_taken_for_the_lost_one(
    command: MakeCommand, carrier: Asked, clock: time_machine.Traveller
) -> None:
    carrier.script = ["drop"]
    lost = send(command, 1)
    other = send(command, 1, body="another")
    assert (states(lost), states(other)) == (["UNKNOWN"], ["SENT"])
    later(clock, 16 * 60)
    all_delivered(carrier)
    collect_results()
    assert (states(lost), states(other)) == (["FAILED"], ["DELIVERED"])
    references = CarrierReference.objects.values_list("message_id", flat=True)
    assert list(references) == list(Message.objects.filter(request=other).values_list("pk", flat=True))


def test_what_is_left_of_a_group_is_not_taken_for_what_a_later_one_left_in_doubt(
    command: MakeCommand, carrier: Asked, clock: time_machine.Traveller
) -> None:
    """Without ids of ours at the carrier, a group that leaves something is the last one for now."""
    carrier.script = ["leave", "take", "die after"]
    request = send(command)
    assert carrier.calls == [numbers(4)[:2]]
    assert states(request) == ["READY", "SENT", "READY", "READY"]
    later(clock, 3)
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    assert carrier.calls[1:] == [numbers(4)[:1], numbers(4)[2:]]
    later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    assert states(request) == ["SENT", "SENT", "UNKNOWN", "UNKNOWN"]
    assert len(carrier.calls) == 3
    first_id = str(Chunk.objects.get().first_id)
    assert set(carrier.origins) == {first_id}
