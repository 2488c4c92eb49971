"""Advertising at the moment of sending: its line, its hours, who refused it, and who dies in between."""

from collections.abc import Callable, Iterator
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from console.accounts.models import Project
from messaging.gateways.base import Submission, SubmitResult
from messaging.models import AdvertisingHours, Chunk, GatewayAccount, SendRequest
from messaging.sending import ranges, submitting
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.claiming import ClaimedChunk, claim_chunk, has_work
from messaging.sending.planning import plan_send
from messaging.sending.recovery import recover_stale_chunks
from messaging.sending.reporting import apply_reports
from messaging.sending.submitting import drain
from messaging.sending.sweeping import sweep
from messaging.states import ChunkState, HoursAction, Lane, Purpose, RequestState
from senders.models import OptOutLine
from senders.services.line_stopping import stop_line
from tests.factories import OptOutFactory, OptOutLineFactory, UserFactory
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.files import numbers
from tests.messaging.sending.test_submitting import (
    Keyed,
    Scripted,
    accept,
    be_down,
    codes,
    cut_off,
    die_after_accepting,
    refuse_first,
    report,
    scripted,
    seconds_later,
    states,
)

pytestmark = pytest.mark.django_db

SEOUL = ZoneInfo("Asia/Seoul")
BODY = "(광고)Sale\n무료거부 {number}"
NUMBERS = numbers(5)
GENERAL_QUERIES = 14  # of one chunk of one group, from the claim to the completed request

Plan = Callable[..., SendRequest]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Noon in Seoul."""
    with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=SEOUL), tick=False) as coordinates:
        yield coordinates


@pytest.fixture(params=[Scripted, Keyed])
def carrier(request: Any, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    return scripted(request.param, account, monkeypatch)


@pytest.fixture
def keyed(account: GatewayAccount, monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    return scripted(Keyed, account, monkeypatch)


@pytest.fixture
def line(project: Project) -> OptOutLine:
    return OptOutLineFactory(project=project, opened=True)


@pytest.fixture
def plan(command: MakeCommand, line: OptOutLine) -> Plan:
    """An advertising send to five numbers; keywords change it."""

    def make(**changes: Any) -> SendRequest:
        given: dict[str, Any] = {
            "purpose": Purpose.ADVERTISING,
            "body": BODY.format(number=line.number),
            "opt_out_line": line,
            "recipients": NUMBERS,
        }
        return plan_send(command(**given | changes))

    return make


@pytest.fixture
def of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of two messages."""
    monkeypatch.setattr(ranges.chunk_ranges, "__defaults__", (2,))


def at(hour: int, minute: int = 0, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SEOUL)


def limit(project: Project, action: HoursAction = HoursAction.WAIT, **fields: Any) -> AdvertisingHours:
    """The project's hours: from 21:00 to 08:00."""
    return AdvertisingHours.objects.create(project=project, is_on=True, action=action, **fields)


def refuse(project: Project, *refusing: str, **fields: Any) -> None:
    for number in refusing:
        OptOutFactory(project=project, number=number, **fields)


def taken() -> list[str]:
    return [number for group in Scripted.taken for number in group]


def die(*_args: object) -> None:
    raise SystemExit


def state_of(request: SendRequest) -> str:
    request.refresh_from_db()
    return request.state


# --- who refused ---------------------------------------------------------------------------------


def test_who_refused_gets_nothing_and_fails_in_words(
    plan: Plan, carrier: type[Scripted], project: Project
) -> None:
    request = plan()
    refuse(project, NUMBERS[0], NUMBERS[3])  # after it was loaded, before it is handed over
    drain(Lane.SINGLE)
    assert states(request) == ["FAILED", "SENT", "SENT", "FAILED", "SENT"]
    assert codes(request) == ["B001", None, None, "B001", None]
    assert taken() == [NUMBERS[1], NUMBERS[2], NUMBERS[4]]
    assert state_of(request) == RequestState.COMPLETED
    assert_exact(request)


def test_all_refused(plan: Plan, carrier: type[Scripted], project: Project) -> None:
    request = plan()
    refuse(project, *NUMBERS)
    drain(Lane.SINGLE)
    assert (codes(request), taken()) == (["B001"] * 5, [])
    assert state_of(request) == RequestState.COMPLETED
    assert_exact(request)


def test_a_refusal_counts_for_its_project_country_and_time_alone(
    plan: Plan, keyed: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    request = plan()
    refuse(OptOutFactory().project, NUMBERS[0])
    refuse(project, NUMBERS[1], removed_at=at(11))
    refuse(project, NUMBERS[2], country_code=81)
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 5


@pytest.mark.parametrize("purpose", [Purpose.GENERAL, Purpose.AUTHENTICATION])
def test_what_advertises_nothing_reaches_everyone(
    plan: Plan, keyed: type[Scripted], project: Project, purpose: Purpose, clock: time_machine.Traveller
) -> None:
    limit(project, HoursAction.FAIL)
    clock.move_to(at(23))
    request = plan(purpose=purpose, body="Hello")
    refuse(project, *NUMBERS)
    drain(request.lane)
    assert states(request) == ["SENT"] * 5


def test_what_advertises_nothing_costs_no_query_more(
    command: MakeCommand, keyed: type[Scripted], django_assert_num_queries: Any
) -> None:
    plan_send(command(recipients=NUMBERS[:1]))
    drain(Lane.SINGLE)  # the account's health is written now, and not again for some seconds
    plan_send(command(recipients=NUMBERS[:2]))
    with django_assert_num_queries(GENERAL_QUERIES):
        drain(Lane.SINGLE)


def test_a_refusal_while_a_carrier_is_down(
    plan: Plan, keyed: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    request = plan()
    keyed.script[:] = [accept, be_down]
    drain(Lane.SINGLE)
    refuse(project, NUMBERS[0], NUMBERS[2])
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert states(request) == ["SENT", "SENT", "FAILED", "SENT", "SENT"]
    assert taken() == [NUMBERS[0], NUMBERS[1], NUMBERS[3], NUMBERS[4]]
    assert_exact(request)


def test_a_refusal_before_another_try(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    request = plan()
    carrier.script[:] = [refuse_first("1001", True)]
    drain(Lane.SINGLE)
    # Without a key the rest waits too: in doubt is only ever the first group of what is READY.
    rest = "SENT" if carrier is Keyed else "READY"
    assert states(request) == ["READY", "SENT", rest, rest, rest]
    refuse(project, NUMBERS[0])
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert codes(request) == ["B001", None, None, None, None]
    assert NUMBERS[0] not in taken()
    assert_exact(request)


# --- who dies in between -------------------------------------------------------------------------


def test_a_worker_killed_before_who_refused_was_taken_out(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    request = plan()
    refuse(project, NUMBERS[0])
    assert claim_chunk(Lane.SINGLE) is not None  # and it is killed
    refuse(project, NUMBERS[1])
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    assert codes(request) == ["B001", "B001", None, None, None]
    assert states(request) == ["FAILED", "FAILED", "SENT", "SENT", "SENT"]
    assert taken() == NUMBERS[2:]
    assert_exact(request)


def test_a_worker_killed_before_who_refused_was_taken_out_once_more(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    request = plan()
    carrier.script[:] = [be_down]
    drain(Lane.SINGLE)
    refuse(project, NUMBERS[0])
    seconds_later(clock, 3)
    assert claim_chunk(Lane.SINGLE) is not None  # and it is killed
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    assert codes(request) == ["B001", None, None, None, None]
    assert taken() == NUMBERS[1:]
    assert_exact(request)


def test_a_worker_killed_while_handing_over(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    request = plan()
    refuse(project, NUMBERS[0])
    carrier.script[:] = [die_after_accepting]
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    assert states(request) == ["FAILED", "READY", "READY", "READY", "READY"]
    refuse(project, NUMBERS[1], NUMBERS[4])
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    if carrier is Keyed:
        # The two may have gone before they refused: nobody asks again, and a report would say it.
        assert states(request) == ["FAILED", "UNKNOWN", "SENT", "SENT", "UNKNOWN"]
    else:
        # A group is a window of two ids, so the second was alone in the one that may have gone.
        assert states(request) == ["FAILED", "UNKNOWN", "SENT", "SENT", "FAILED"]
        assert codes(request) == ["B001", "B008", None, None, "B001"]
    assert taken() == NUMBERS[1:4]
    assert state_of(request) == RequestState.COMPLETED
    assert_exact(request)


@pytest.mark.parametrize("refuses", [False, True])
def test_a_worker_killed_after_it_gave_up_what_may_have_gone(
    plan: Plan,
    account: GatewayAccount,
    project: Project,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    refuses: bool,
) -> None:
    scripted(Scripted, account, monkeypatch).script[:] = [die_after_accepting]
    request = plan()
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    seconds_later(clock, 61)
    recover_stale_chunks()
    with monkeypatch.context() as patch:
        patch.setattr(submitting, "_advertising_may_go", die)
        with pytest.raises(SystemExit):
            drain(Lane.SINGLE)
    assert states(request) == ["UNKNOWN", "UNKNOWN", "READY", "READY", "READY"]
    if refuses:
        refuse(project, NUMBERS[2])
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    # Nothing was handed over meanwhile, so nothing more is unknown.
    assert codes(request) == ["B008", "B008", "B001" if refuses else None, None, None]
    assert taken() == (NUMBERS[:2] + NUMBERS[3:] if refuses else NUMBERS)
    assert state_of(request) == RequestState.COMPLETED
    assert_exact(request)


def test_a_report_says_what_went_before_a_refusal(
    plan: Plan,
    keyed: type[Scripted],
    project: Project,
    account: GatewayAccount,
    clock: time_machine.Traveller,
) -> None:
    request = plan()
    keyed.script[:] = [cut_off]
    drain(Lane.SINGLE)
    refuse(project, NUMBERS[0])
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert states(request) == ["UNKNOWN", "SENT", "SENT", "SENT", "SENT"]
    apply_reports(account, [report(request, 0)])
    assert states(request) == ["DELIVERED", "SENT", "SENT", "SENT", "SENT"]
    assert_exact(request)


# --- its line ------------------------------------------------------------------------------------


def test_a_line_that_was_stopped_sends_nothing_more(
    plan: Plan, carrier: type[Scripted], line: OptOutLine, of_two: None
) -> None:
    request = plan()

    def stop_meanwhile(submission: Submission) -> SubmitResult:
        stop_line(line=line, user=UserFactory(), typed=line.number)
        return accept(submission)

    carrier.script[:] = [stop_meanwhile]
    drain(Lane.SINGLE)
    assert codes(request) == [None, None, "B019", "B019", "B019"]
    assert taken() == NUMBERS[:2]
    assert state_of(request) == RequestState.COMPLETED
    assert_exact(request)


def test_a_line_that_was_stopped_after_a_worker_was_killed(
    plan: Plan, carrier: type[Scripted], line: OptOutLine, clock: time_machine.Traveller
) -> None:
    request = plan()
    carrier.script[:] = [die_after_accepting]
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    stop_line(line=line, user=UserFactory(), typed=line.number)
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    unknown = 5 if carrier is Keyed else 2
    assert codes(request) == ["B008"] * unknown + ["B019"] * (5 - unknown)
    assert taken() == NUMBERS[:2]
    assert state_of(request) == RequestState.COMPLETED
    assert_exact(request)


# --- its hours -----------------------------------------------------------------------------------


def test_what_is_due_in_its_hours_fails_where_the_project_says_so(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    limit(project, HoursAction.FAIL)
    clock.move_to(at(21))
    request = plan()
    drain(Lane.SINGLE)
    assert (codes(request), taken()) == (["B002"] * 5, [])
    assert state_of(request) == RequestState.COMPLETED
    assert_exact(request)


def test_what_is_due_in_its_hours_waits(
    plan: Plan,
    carrier: type[Scripted],
    project: Project,
    clock: time_machine.Traveller,
    of_two: None,
    django_assert_num_queries: Any,
) -> None:
    limit(project)
    clock.move_to(at(21))
    request = plan()
    drain(Lane.SINGLE)
    chunks = list(
        request.chunks.order_by("number").values_list("state", "not_before", "attempts", "claimed_by")
    )
    assert chunks == [(ChunkState.READY, at(8, day=23), 0, None)] * 3
    assert state_of(request) == RequestState.SENDING

    clock.move_to(at(7, 59, day=23))
    sweep()
    with django_assert_num_queries(1):  # one look, and no chunk is claimed to be put back
        drain(Lane.SINGLE)
    assert not has_work(Lane.SINGLE)
    assert (states(request), taken()) == (["READY"] * 5, [])

    clock.move_to(at(8, day=23))
    sweep()
    assert has_work(Lane.SINGLE)
    drain(Lane.SINGLE)
    assert taken() == NUMBERS
    assert state_of(request) == RequestState.COMPLETED
    assert_exact(request)


def test_a_request_of_many_chunks_waits_by_one_claim(
    plan: Plan,
    keyed: type[Scripted],
    project: Project,
    clock: time_machine.Traveller,
    of_two: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit(project)
    clock.move_to(at(21))
    plan()
    claimed: list[ClaimedChunk] = []
    submit = submitting.submit_chunk

    def counted(chunk: ClaimedChunk) -> None:
        claimed.append(chunk)
        submit(chunk)

    monkeypatch.setattr(submitting, "submit_chunk", counted)
    drain(Lane.SINGLE)
    assert len(claimed) == 1


def test_the_hours_begin_between_two_chunks(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller, of_two: None
) -> None:
    limit(project)
    clock.move_to(at(20, 59))
    request = plan()

    def slowly(submission: Submission) -> SubmitResult:
        clock.move_to(at(21))
        return accept(submission)

    carrier.script[:] = [slowly]
    drain(Lane.SINGLE)
    assert states(request) == ["SENT", "SENT", "READY", "READY", "READY"]
    clock.move_to(at(8, day=23))
    drain(Lane.SINGLE)
    assert taken() == NUMBERS
    assert_exact(request)


@pytest.mark.parametrize(
    ("action", "expected"),
    [(HoursAction.WAIT, [None, None, None, None, None]), (HoursAction.FAIL, [None, None, *["B002"] * 3])],
)
def test_the_hours_begin_within_a_chunk(
    plan: Plan,
    carrier: type[Scripted],
    project: Project,
    clock: time_machine.Traveller,
    action: HoursAction,
    expected: list[str | None],
) -> None:
    limit(project, action)
    clock.move_to(at(20, 59))
    request = plan()

    def slowly(submission: Submission) -> SubmitResult:
        clock.move_to(at(21))
        return accept(submission)

    carrier.script[:] = [slowly]
    drain(Lane.SINGLE)
    assert (taken(), codes(request)) == (NUMBERS[:2], expected)
    waits = action == HoursAction.WAIT
    assert state_of(request) == (RequestState.SENDING if waits else RequestState.COMPLETED)
    clock.move_to(at(8, day=23))
    drain(Lane.SINGLE)
    assert taken() == (NUMBERS if waits else NUMBERS[:2])
    assert_exact(request)


def test_a_night_does_not_count_as_tries(
    plan: Plan, keyed: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    limit(project)
    clock.move_to(at(20, 55))
    request = plan()
    for _again in range(4):
        keyed.script[:] = [refuse_first("1001", True), accept, accept]
        drain(Lane.SINGLE)
        seconds_later(clock, 61)
    clock.move_to(at(21))
    drain(Lane.SINGLE)
    clock.move_to(at(8, day=23))
    for _again in range(6):  # more than the most attempts, in less than the ten minutes they need
        keyed.script[:] = [refuse_first("1001", True)]
        drain(Lane.SINGLE)
        seconds_later(clock, 61)
    assert states(request)[0] == "READY"
    keyed.script.clear()
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 5
    assert_exact(request)


def test_who_refuses_in_the_night_gets_nothing_in_the_morning(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    limit(project)
    clock.move_to(at(22))
    request = plan()
    drain(Lane.SINGLE)
    refuse(project, NUMBERS[2])
    clock.move_to(at(8, day=23))
    drain(Lane.SINGLE)
    assert codes(request) == [None, None, "B001", None, None]
    assert_exact(request)


def test_canceling_in_the_night(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller, of_two: None
) -> None:
    limit(project)
    clock.move_to(at(22))
    request = plan()
    drain(Lane.SINGLE)
    assert cancel_request(request=request, actor=None)
    finish_canceling()
    assert state_of(request) == RequestState.CANCELED
    assert states(request) == ["CANCELED"] * 5
    clock.move_to(at(8, day=23))
    drain(Lane.SINGLE)
    assert taken() == []
    assert_exact(request)


def test_a_worker_killed_as_the_hours_begin(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    limit(project)
    clock.move_to(at(20, 59))
    request = plan()
    carrier.script[:] = [die_after_accepting]
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    clock.move_to(at(21))
    recover_stale_chunks()
    drain(Lane.SINGLE)
    assert Chunk.objects.get(request=request).attempts == 0
    first = "READY" if carrier is Keyed else "UNKNOWN"
    assert states(request) == [first, first, "READY", "READY", "READY"]
    assert taken() == NUMBERS[:2]
    clock.move_to(at(8, day=23))
    drain(Lane.SINGLE)
    again = NUMBERS if carrier is Keyed else NUMBERS[2:]  # the carrier knows them by their ids
    assert taken() == [*NUMBERS[:2], *again]
    assert state_of(request) == RequestState.COMPLETED
    assert_exact(request)


def test_a_canceled_request_that_was_cut_short_does_not_wait_for_the_morning(
    plan: Plan, carrier: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    limit(project)
    clock.move_to(at(20, 59))
    request = plan()
    carrier.script[:] = [die_after_accepting]
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    clock.move_to(at(21))
    recover_stale_chunks()
    cancel_request(request=request, actor=None)
    finish_canceling()
    drain(Lane.SINGLE)
    finish_canceling()
    unknown = 5 if carrier is Keyed else 2
    assert codes(request) == ["B008"] * unknown + ["B006"] * (5 - unknown)
    assert taken() == NUMBERS[:2]
    assert state_of(request) == RequestState.CANCELED
    assert_exact(request)


def test_a_canceled_request_whose_worker_died_before_it_began_sends_nothing(
    plan: Plan, carrier: type[Scripted], clock: time_machine.Traveller
) -> None:
    request = plan()
    assert claim_chunk(Lane.SINGLE) is not None  # and it is killed
    cancel_request(request=request, actor=None)
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    finish_canceling()
    assert (states(request), taken()) == (["CANCELED"] * 5, [])
    assert state_of(request) == RequestState.CANCELED
    assert_exact(request)


def test_a_part_that_is_released_in_its_hours_waits(
    plan: Plan, keyed: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    limit(project)
    request = plan(due_at=at(23))
    clock.move_to(at(23))
    sweep()
    drain(Lane.SINGLE)
    assert Chunk.objects.get(request=request).not_before == at(8, day=23)
    clock.move_to(at(8, day=23))
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 5


def test_hours_that_are_off_limit_nothing(
    plan: Plan, keyed: type[Scripted], project: Project, clock: time_machine.Traveller
) -> None:
    limits = limit(project, HoursAction.FAIL, starts_at=time(18), ends_at=time(12))
    AdvertisingHours.objects.filter(pk=limits.pk).update(is_on=False)
    clock.move_to(at(23))
    request = plan()
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 5
