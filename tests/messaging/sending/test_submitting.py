"""Handing over: what carriers refuse, drop, deny and forget, and who dies in between."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, ClassVar

import pytest
import time_machine

from console.accounts.models import Project
from messaging.gateways import registry
from messaging.gateways.base import (
    Gateway,
    GatewayUnavailable,
    GatewayUncertain,
    Refusal,
    Report,
    Submission,
    SubmitResult,
)
from messaging.gateways.simulator import Simulator
from messaging.models import Chunk, DeliveryReport, GatewayAccount, Message, Route, SendRequest
from messaging.sending import accounts, recording, recovery
from messaging.sending.claiming import claim_chunk
from messaging.sending.commands import Recipient
from messaging.sending.planning import plan_send
from messaging.sending.recovery import give_up_waiting, recover_stale_chunks
from messaging.sending.releasing import release_due
from messaging.sending.reporting import apply_reports, collect_reports
from messaging.sending.submitting import drain
from messaging.sending.sweeping import sweep
from messaging.states import ChunkState, Lane, MessageState, MessageType, Purpose, RequestState
from messaging.statistics.queries import failures_of
from senders.services.registration import withdraw
from tests.factories import EvidenceRequestFactory, ProjectFactory, RouteFactory, SenderNumberFactory
from tests.messaging.sending.conftest import SENDER, MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.files import numbers

pytestmark = pytest.mark.django_db

Act = Callable[[Submission], SubmitResult]


class Scripted(Gateway):
    """A carrier that does as the test says, call by call, and then takes everything. It knows no ids of
    ours.
    """

    code: ClassVar[str] = "scripted"
    label: ClassVar[str] = "Scripted"
    group_size: ClassVar[int] = 2
    script: ClassVar[list[Act]] = []
    taken: ClassVar[list[list[str]]] = []

    def submit(self, submission: Submission) -> SubmitResult:
        act = type(self).script.pop(0) if type(self).script else accept
        return act(submission)


class Keyed(Scripted):
    """The same, but a second submission of an id does no harm."""

    code: ClassVar[str] = "keyed"
    takes_idempotency_key: ClassVar[bool] = True


def accept(submission: Submission) -> SubmitResult:
    Scripted.taken.append([message.recipient for message in submission.messages])
    return SubmitResult()


def die_after_accepting(submission: Submission) -> SubmitResult:
    accept(submission)
    raise SystemExit


def be_down(submission: Submission) -> SubmitResult:
    raise GatewayUnavailable("down")


def cut_off(submission: Submission) -> SubmitResult:
    accept(submission)
    raise GatewayUncertain("cut off")


def refuse_first(code: str, retryable: bool) -> Act:
    def act(submission: Submission) -> SubmitResult:
        Scripted.taken.append([message.recipient for message in submission.messages[1:]])
        return SubmitResult(refused=[Refusal(submission.messages[0].id, code, retryable)])

    return act


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 22, 3, tzinfo=UTC), tick=False) as coordinates:
        yield coordinates


@pytest.fixture(params=[Scripted, Keyed])
def carrier(request: Any, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    return scripted(request.param, account, monkeypatch)


@pytest.fixture
def keyless(account: GatewayAccount, monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    return scripted(Scripted, account, monkeypatch)


@pytest.fixture
def keyed(account: GatewayAccount, monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    return scripted(Keyed, account, monkeypatch)


def scripted(
    gateway: type[Scripted], account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> type[Scripted]:
    monkeypatch.setitem(registry.GATEWAYS, gateway.code, gateway)
    Scripted.script, Scripted.taken = [], []
    gateway.script = Scripted.script
    accounts._built.cache_clear()
    account.gateway, account.settings = gateway.code, "{}"
    account.save()
    return gateway


@pytest.fixture
def simulator_project(db: None) -> Project:
    """Another project, whose carrier is up."""
    project = ProjectFactory()
    SenderNumberFactory(approved=True, project=project, number=SENDER)
    RouteFactory(project=project)
    return project


def states(request: SendRequest) -> list[str]:
    return list(Message.objects.filter(request=request).order_by("id").values_list("state", flat=True))


def codes(request: SendRequest) -> list[str | None]:
    return list(Message.objects.filter(request=request).order_by("id").values_list("result_code", flat=True))


def seconds_later(clock: time_machine.Traveller, seconds: float) -> None:
    clock.shift(timedelta(seconds=seconds))


def five(command: MakeCommand, **changes: Any) -> SendRequest:
    return plan_send(command(recipients=numbers(5), **changes))


def test_a_carrier_that_is_down_delays(
    command: MakeCommand, carrier: type[Scripted], clock: time_machine.Traveller
) -> None:
    request = five(command)
    carrier.script[:] = [accept, be_down]
    assert drain(Lane.SINGLE) is False
    assert states(request) == ["SENT", "SENT", "READY", "READY", "READY"]
    chunk = Chunk.objects.get(request=request)
    assert (chunk.state, chunk.attempts, chunk.claimed_by) == (ChunkState.READY, 1, None)

    assert claim_chunk(Lane.SINGLE) is None  # not before its pause is over
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    request.refresh_from_db()
    assert request.state == RequestState.COMPLETED
    assert list(chain(*carrier.taken)) == numbers(5)
    assert_exact(request)


def test_a_carrier_that_is_down_holds_up_no_other(
    command: MakeCommand, keyed: type[Scripted], project: Project, simulator_project: Project
) -> None:
    first = five(command)
    other = five(command, project=simulator_project)
    keyed.script[:] = [be_down]
    drain(Lane.SINGLE)
    assert states(first) == ["READY"] * 5
    assert states(other) == ["SENT"] * 5


def test_reports_by_the_carriers_own_ids(
    command: MakeCommand, keyless: type[Scripted], account: GatewayAccount
) -> None:
    request = five(command)

    def name_them(submission: Submission) -> SubmitResult:
        return SubmitResult(carrier_ids={each.id: f"c-{each.recipient}" for each in submission.messages})

    keyless.script[:] = [name_them] * 3
    drain(Lane.SINGLE)
    at = datetime(2026, 11, 22, 3, tzinfo=UTC)
    names = [f"c-{number}" for number in numbers(2)]
    apply_reports(account, [Report(None, name, "0", at, "KT") for name in [*names, "c-stranger"]])
    assert states(request) == ["DELIVERED", "DELIVERED", "SENT", "SENT", "SENT"]
    assert_exact(request)


def test_an_account_that_is_paused_waits(
    command: MakeCommand, keyed: type[Scripted], account: GatewayAccount
) -> None:
    request = five(command)
    GatewayAccount.objects.filter(pk=account.pk).update(is_paused=True)
    drain(Lane.SINGLE)
    assert states(request) == ["READY"] * 5
    GatewayAccount.objects.filter(pk=account.pk).update(is_paused=False)
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 5


def test_a_worker_killed_after_handing_over_with_a_key(
    command: MakeCommand, keyed: type[Scripted], clock: time_machine.Traveller
) -> None:
    request = five(command)
    keyed.script[:] = [accept, die_after_accepting]
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    assert states(request) == ["SENT", "SENT", "READY", "READY", "READY"]
    assert recover_stale_chunks() == 0  # the lease holds
    seconds_later(clock, 61)
    assert recover_stale_chunks() == 1
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 5
    assert [len(group) for group in keyed.taken] == [2, 2, 2, 1]  # one group twice, as the carrier allows
    assert Chunk.objects.get(request=request).attempts == 2
    assert_exact(request)


def test_a_worker_killed_after_handing_over_without_a_key(
    command: MakeCommand, keyless: type[Scripted], clock: time_machine.Traveller
) -> None:
    request = five(command)
    keyless.script[:] = [accept, die_after_accepting]
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    assert states(request) == ["SENT", "SENT", "UNKNOWN", "UNKNOWN", "SENT"]
    assert codes(request) == [None, None, "B008", "B008", None]
    assert list(chain(*keyless.taken)) == numbers(5)  # nothing twice
    assert_exact(request)
    assert [tuple(each) for each in failures_of(request.pk)] == [("UNKNOWN", "B008", 2)]


def test_what_we_fail_ourselves_hides_nothing_that_may_have_gone(
    command: MakeCommand, keyless: type[Scripted], clock: time_machine.Traveller
) -> None:
    recipients = [Recipient(number, {"name": "Kim"}) for number in numbers(5)]
    request = plan_send(command(body="Hello ##name##", recipients=recipients))
    first = Message.objects.filter(request=request).order_by("id")[0]
    Message.objects.filter(pk=first.pk).update(values=None)  # as after an edit of the table by hand
    keyless.script[:] = [die_after_accepting]
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    assert codes(request) == ["B012", "B008", None, None, None]  # the window of ids that was in flight
    assert list(chain(*keyless.taken)) == numbers(5)[1:]  # nothing twice
    assert_exact(request)


def test_a_connection_that_is_cut(
    command: MakeCommand, carrier: type[Scripted], clock: time_machine.Traveller
) -> None:
    request = five(command)
    carrier.script[:] = [cut_off]
    drain(Lane.SINGLE)
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    expected = ["SENT"] * 5 if carrier is Keyed else ["UNKNOWN", "UNKNOWN", "SENT", "SENT", "SENT"]
    assert states(request) == expected
    request.refresh_from_db()
    assert request.state == RequestState.COMPLETED
    assert_exact(request)


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_final(
    command: MakeCommand, carrier: type[Scripted], clock: time_machine.Traveller
) -> None:
    request = five(command)
    is_keyed = carrier is Keyed
    again = [] if is_keyed else [accept]  # without a key the other groups wait for what is left of one
    carrier.script[:] = [refuse_first("1001", True), *again, refuse_first("1004", False)]
    drain(Lane.SINGLE)
    left = ["FAILED", "SENT", "SENT"] if is_keyed else ["READY"] * 3
    assert states(request) == ["READY", "SENT", *left]
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert states(request) == ["SENT", "SENT", "FAILED", "SENT", "SENT"]
    assert codes(request) == [None, None, "1004", None, None]
    assert_exact(request)


def test_a_carrier_that_keeps_refusing_is_given_up(
    command: MakeCommand, keyed: type[Scripted], clock: time_machine.Traveller
) -> None:
    request = plan_send(command())
    for _again in range(recording.MOST_ATTEMPTS + 12):
        keyed.script[:] = [refuse_first("1001", True)]
        drain(Lane.SINGLE)
        seconds_later(clock, 61)
    assert (states(request), codes(request)) == (["FAILED"], ["1001"])
    request.refresh_from_db()
    assert request.state == RequestState.COMPLETED
    assert_exact(request)


def test_a_worker_that_lost_its_claim_writes_nothing(
    command: MakeCommand, keyed: type[Scripted], clock: time_machine.Traveller
) -> None:
    request = five(command)

    def sleep_through_the_lease(submission: Submission) -> SubmitResult:
        keyed.script.clear()
        seconds_later(clock, 61)
        recover_stale_chunks()
        drain(Lane.SINGLE)  # the other worker does it all
        return SubmitResult(refused=[Refusal(each.id, "1004", False) for each in submission.messages])

    keyed.script[:] = [sleep_through_the_lease]
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 5
    assert_exact(request)


def test_a_chunk_has_one_worker(command: MakeCommand, keyed: type[Scripted]) -> None:
    five(command)
    assert claim_chunk(Lane.SINGLE) is not None
    assert claim_chunk(Lane.SINGLE) is None


def test_requests_of_a_lane_advance_side_by_side(
    command: MakeCommand, keyed: type[Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.sending.ranges.CHUNK_SIZE", 2)
    monkeypatch.setattr("messaging.sending.ranges.chunk_ranges.__defaults__", (2,))
    first, second = five(command), five(command)
    claimed = [claim_chunk(Lane.SINGLE) for _each in range(4)]
    assert [chunk.request_id for chunk in claimed if chunk] == [first.pk, second.pk, first.pk, second.pk]


def test_a_sender_number_that_was_withdrawn_sends_nothing(
    command: MakeCommand, keyed: type[Scripted], project: Project
) -> None:
    request = five(command)
    withdraw(sender_number=project.sender_numbers.get())
    drain(Lane.SINGLE)
    assert (states(request), codes(request)) == (["FAILED"] * 5, ["B009"] * 5)
    assert keyed.taken == []
    assert_exact(request)


def test_a_sender_number_without_its_evidence_sends_nothing_from_that_moment(
    command: MakeCommand, keyed: type[Scripted], project: Project
) -> None:
    """By the clock: no sweep has noted it yet."""
    asked = EvidenceRequestFactory(sender_number=project.sender_numbers.get())
    due = asked.due_at
    before = five(command)
    with time_machine.travel(due - timedelta(seconds=1), tick=False):
        drain(Lane.SINGLE)
    after = five(command)
    with time_machine.travel(due, tick=False):
        drain(Lane.SINGLE)
    assert states(before) == ["SENT"] * 5
    assert (states(after), codes(after)) == (["FAILED"] * 5, ["B009"] * 5)
    assert project.sender_numbers.get().state == "APPROVED"


def test_a_project_that_was_closed_sends_nothing(
    command: MakeCommand, keyed: type[Scripted], project: Project
) -> None:
    request = five(command)
    Project.objects.filter(pk=project.pk).update(is_active=False)
    drain(Lane.SINGLE)
    assert codes(request) == ["B018"] * 5
    assert_exact(request)


def test_a_project_that_lost_its_carrier_fails_in_words(command: MakeCommand, keyed: type[Scripted]) -> None:
    request = five(command)
    Route.objects.all().delete()
    drain(Lane.SINGLE)
    assert (states(request), codes(request)) == (["FAILED"] * 5, ["B016"] * 5)
    request.refresh_from_db()
    assert request.state == RequestState.COMPLETED
    assert_exact(request)


def test_an_account_with_wrong_settings_delays(
    command: MakeCommand, account: GatewayAccount, clock: time_machine.Traveller
) -> None:
    GatewayAccount.objects.filter(pk=account.pk).update(settings="not json")
    request = five(command)
    drain(Lane.SINGLE)
    assert states(request) == ["READY"] * 5
    account.save()
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 5


# --- reports -------------------------------------------------------------------------------------


def report(request: SendRequest, place: int, code: str = "0", after: float = 1) -> Report:
    message = Message.objects.filter(request=request).order_by("id")[place]
    at = datetime(2026, 11, 22, 3, tzinfo=UTC) + timedelta(seconds=after)
    return Report(str(message.pk), None, code, at, "SKT")


def test_a_report_before_the_outcome_counts_as_handed_over(
    command: MakeCommand, keyed: type[Scripted], account: GatewayAccount, clock: time_machine.Traveller
) -> None:
    request = five(command)

    def report_at_once(submission: Submission) -> SubmitResult:
        apply_reports(account, [report(request, 0), report(request, 1, "2003")])
        return accept(submission)

    keyed.script[:] = [report_at_once]
    drain(Lane.SINGLE)
    assert states(request) == ["DELIVERED", "FAILED", "SENT", "SENT", "SENT"]
    assert_exact(request)
    assert not DeliveryReport.objects.exists()


def test_a_second_a_late_and_a_foreign_report_are_kept(
    command: MakeCommand, keyed: type[Scripted], account: GatewayAccount, clock: time_machine.Traveller
) -> None:
    request = five(command)
    drain(Lane.SINGLE)
    stranger = Report(
        "01a20000-0000-7000-8000-000000000001", None, "0", datetime(2026, 11, 22, tzinfo=UTC), ""
    )
    apply_reports(account, [report(request, 0), report(request, 0), stranger, report(request, 1)])
    apply_reports(account, [report(request, 0, "2003", after=5), report(request, 2, "3001")])
    assert states(request) == ["DELIVERED", "DELIVERED", "FAILED", "SENT", "SENT"]
    kept = DeliveryReport.objects.order_by("id").values_list("message_id", "code")
    first = Message.objects.filter(request=request).order_by("id")[0].pk
    assert [(str(message_id), code) for message_id, code in kept] == [
        (stranger.message_id, "0"),
        (str(first), "0"),
        (str(first), "2003"),
    ]
    assert_exact(request)


def test_no_report_in_time_is_unknown_and_a_later_one_still_counts(
    command: MakeCommand, keyed: type[Scripted], account: GatewayAccount, clock: time_machine.Traveller
) -> None:
    request = five(command)
    drain(Lane.SINGLE)
    apply_reports(account, [report(request, 0)])
    seconds_later(clock, 25 * 3600)
    assert give_up_waiting() == 0
    seconds_later(clock, 1)
    assert give_up_waiting() == 1
    assert states(request) == ["DELIVERED", "UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN"]
    assert codes(request) == ["0", "B007", "B007", "B007", "B007"]
    assert_exact(request)
    apply_reports(account, [report(request, 1), report(request, 2, "2003")])
    assert states(request) == ["DELIVERED", "DELIVERED", "FAILED", "UNKNOWN", "UNKNOWN"]
    assert_exact(request)
    assert sorted(tuple(each) for each in failures_of(request.pk)) == [
        ("DELIVERY_FAILED", "2003", 1),
        ("UNKNOWN", "B007", 2),
    ]
    assert give_up_waiting() == 0


@pytest.mark.parametrize(
    ("message_type", "own", "hours"),
    [("SMS", None, 25), ("LMS", None, 80), ("MMS", None, 80), ("SMS", 48, 48), ("LMS", 48, 48)],
)
def test_a_report_has_the_time_of_its_type_unless_the_account_has_its_own(
    command: MakeCommand,
    keyed: type[Scripted],
    account: GatewayAccount,
    clock: time_machine.Traveller,
    message_type: str,
    own: int | None,
    hours: int,
) -> None:
    GatewayAccount.objects.update(report_wait_hours=own)
    request = five(command, message_type=message_type)
    drain(Lane.SINGLE)
    seconds_later(clock, hours * 3600)
    assert give_up_waiting() == 0
    assert states(request) == ["SENT"] * 5
    seconds_later(clock, 1)
    assert give_up_waiting() == 1
    assert states(request) == ["UNKNOWN"] * 5
    assert_exact(request)


def test_a_long_message_that_may_still_come_holds_up_no_short_one(
    command: MakeCommand,
    keyed: type[Scripted],
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recovery, "SETTLED_AT_ONCE", 1)
    long = five(command, message_type=MessageType.LMS)
    short = five(command)
    drain(Lane.SINGLE)
    seconds_later(clock, 25 * 3600 + 1)
    assert give_up_waiting() == 1
    assert (states(long), states(short)) == (["SENT"] * 5, ["UNKNOWN"] * 5)
    assert give_up_waiting() == 0


def test_a_one_time_code_is_not_sent_late(
    command: MakeCommand, carrier: type[Scripted], clock: time_machine.Traveller
) -> None:
    code = five(command, purpose=Purpose.AUTHENTICATION)
    other = five(command)
    carrier.script[:] = [be_down, be_down]
    drain(Lane.AUTH)
    drain(Lane.SINGLE)
    seconds_later(clock, 10 * 60 + 1)
    drain(Lane.AUTH)
    drain(Lane.SINGLE)
    assert (states(code), codes(code)) == (["FAILED"] * 5, ["B017"] * 5)
    assert states(other) == ["SENT"] * 5
    assert_exact(code, other)
    code.refresh_from_db()
    assert code.state == RequestState.COMPLETED


def test_a_one_time_code_goes_up_to_its_last_moment_after_it_was_due(
    command: MakeCommand, keyed: type[Scripted], clock: time_machine.Traveller, settings: Any
) -> None:
    due_at = datetime.now(UTC) + timedelta(hours=1)
    code = five(command, purpose=Purpose.AUTHENTICATION, due_at=due_at)
    seconds_later(clock, 3600)
    assert release_due() == 1
    settings.BONGSU_AUTH_MINUTES = 3
    seconds_later(clock, 3 * 60)
    drain(Lane.AUTH)
    assert states(code) == ["SENT"] * 5


def test_a_code_that_may_be_at_the_carrier_is_finished_there_and_the_rest_is_too_late(
    command: MakeCommand, carrier: type[Scripted], clock: time_machine.Traveller
) -> None:
    code = five(command, purpose=Purpose.AUTHENTICATION)
    carrier.script[:] = [die_after_accepting]
    with pytest.raises(SystemExit):
        drain(Lane.AUTH)
    seconds_later(clock, 10 * 60 + 1)
    recover_stale_chunks()
    drain(Lane.AUTH)
    if carrier is Keyed:
        assert states(code) == ["SENT"] * 5
    else:
        assert (states(code), codes(code)) == (
            ["UNKNOWN"] * 2 + ["FAILED"] * 3,
            ["B008"] * 2 + ["B017"] * 3,
        )
    assert_exact(code)


@pytest.mark.parametrize("message_type", [MessageType.LMS, MessageType.MMS])
def test_what_came_to_be_for_another_country_and_is_no_sms_is_not_sent(
    command: MakeCommand, keyed: type[Scripted], message_type: MessageType
) -> None:
    request = five(command)
    SendRequest.objects.update(message_type=message_type)
    Message.objects.filter(recipient=numbers(5)[0]).update(country_code=1, recipient="6502530000")
    drain(Lane.SINGLE)
    assert codes(request) == ["B013", None, None, None, None]
    assert states(request) == ["FAILED", *["SENT"] * 4]


def test_every_ending_of_the_simulator_ends_in_a_readable_state(
    command: MakeCommand, simulator: Simulator
) -> None:
    endings = ["9001", "9002", "9003", "9004", "9005", "9006", "9007", "9008", "9009", "2003", "1004", "3900"]
    recipients = [f"0102999{ending}" for ending in endings]
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False) as clock:
        request = plan_send(command(recipients=recipients))
        for _round in range(80):
            sweep()
            drain(Lane.SINGLE)
            collect_reports()
            clock.shift(timedelta(seconds=1))
    assert dict(zip(endings, states(request), strict=True)) == {
        "9001": MessageState.DELIVERED,
        "9002": MessageState.SENT,
        "9003": MessageState.DELIVERED,
        "9004": MessageState.DELIVERED,
        "9005": MessageState.DELIVERED,
        "9006": MessageState.FAILED,
        "9007": MessageState.DELIVERED,
        "9008": MessageState.DELIVERED,
        "9009": MessageState.DELIVERED,
        "2003": MessageState.FAILED,
        "1004": MessageState.FAILED,
        "3900": MessageState.FAILED,
    }
    request.refresh_from_db()
    assert request.state == RequestState.COMPLETED
    assert simulator.ledger.counts()["messages"] == 10
    assert_exact(request)
