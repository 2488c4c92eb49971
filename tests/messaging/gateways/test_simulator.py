"""What becomes of a number, by its ending; submitting twice; latency, rate, trouble."""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateways import ledger_file
from messaging.gateways.base import (
    GatewayUnavailable,
    GatewayUncertain,
    OutboundMessage,
    Refusal,
    Submission,
    SubmitResult,
)
from messaging.gateways.simulator import ENDINGS, Simulator, behaviour_of, ending_of
from messaging.result_codes import CATALOGUE, Group

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
REPORTED = [code for code, each in CATALOGUE.items() if each.group == Group.REPORT and code != "0"]
REFUSED = [code for code, each in CATALOGUE.items() if each.group in (Group.RESPONSE, Group.EMMA)]
MakeSimulator = Callable[..., Simulator]
MakeMessage = Callable[..., OutboundMessage]
MakeSubmission = Callable[..., Submission]


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def reports(simulator: Simulator) -> list[tuple[str | None, str, datetime]]:
    return [(each.message_id, each.code, each.happened_at) for each in simulator.fetch_reports().reports]


@pytest.fixture
def send(build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission) -> Callable[..., Any]:
    """Submit one message at NOW; the simulator, the message and the result."""

    def act(recipient: str, **settings: Any) -> tuple[Simulator, OutboundMessage, SubmitResult]:
        simulator, message = build(**settings), outbound(recipient)
        with time_machine.travel(NOW, tick=False):
            return simulator, message, simulator.submit(submission(message))

    return act


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("2000", "2000"),
        ("3023", "3023"),
        ("1001", "1001"),
        ("S000", "7000"),
        ("S998", "7998"),
        ("E922", "3922"),
    ],
)
def test_an_ending_is_the_code_on_a_keypad(code: str, number: str) -> None:
    assert ending_of(code) == "999" + number
    assert ENDINGS[number].code == code


def test_every_code_has_one_ending_and_each_ending_one_code() -> None:
    by_code = {code: ending_of(code)[3:] for code in REPORTED + REFUSED}
    assert len(set(by_code.values())) == len(by_code) == 30 + 35 + 24
    assert set(ENDINGS) == {*by_code.values(), *(f"900{digit}" for digit in range(1, 10))}


@pytest.mark.parametrize("code", REPORTED)
def test_a_report_code_is_accepted_then_reported(send: Callable[..., Any], code: str) -> None:
    simulator, message, result = send("0102" + ending_of(code))
    assert result == SubmitResult(refused=[], unknown=[])
    assert reports(simulator) == [(message.id, code, NOW)]
    assert simulator.ledger.counts() == {"messages": 1, "submitted_twice": 0, "delivered": 0, "refused": 0}


@pytest.mark.parametrize("code", REFUSED)
def test_a_response_code_is_refused_at_submission(send: Callable[..., Any], code: str) -> None:
    simulator, message, result = send("0102" + ending_of(code))
    assert result == SubmitResult(refused=[Refusal(message.id, code, CATALOGUE[code].retryable)], unknown=[])
    assert reports(simulator) == []
    assert simulator.ledger.counts() == {"messages": 0, "submitted_twice": 0, "delivered": 0, "refused": 1}


@pytest.mark.parametrize("recipient", ["01012345678", "01099980000", "01029990000", "0102999123", "5", ""])
def test_an_ordinary_number_is_delivered_after_the_delay(send: Callable[..., Any], recipient: str) -> None:
    simulator, message, result = send(recipient, report_delay_ms=1500)
    assert result == SubmitResult(refused=[], unknown=[])
    with time_machine.travel(after(1.4), tick=False):
        assert reports(simulator) == []
        assert simulator.ledger.handsets(scope="p1") == []
    with time_machine.travel(after(1.5), tick=False):
        assert reports(simulator) == [(message.id, "0", after(1.5))]
        assert simulator.ledger.handsets(scope="p1")[0].messages[0].arrived_at == after(1.5)


@given(number=st.integers(min_value=0, max_value=99_999_999))
def test_a_number_without_the_mark_is_ordinary(number: int) -> None:
    recipient = f"010{number:08}"
    singled_out = recipient[4:7] == "999" and recipient[7:] in ENDINGS
    assert (behaviour_of(recipient) is not None) == singled_out


def test_a_slow_one_arrives_late(send: Callable[..., Any]) -> None:
    simulator, message, _ = send("01029999001", slow_seconds=60)
    with time_machine.travel(after(59), tick=False):
        assert reports(simulator) == []
        assert simulator.ledger.counts()["delivered"] == 0
    with time_machine.travel(after(60), tick=False):
        assert reports(simulator) == [(message.id, "0", after(60))]
        assert simulator.ledger.counts()["delivered"] == 1


def test_a_silent_one_is_never_reported(send: Callable[..., Any]) -> None:
    simulator, _, result = send("01029999002")
    assert result == SubmitResult(refused=[], unknown=[])
    with time_machine.travel(after(10**8), tick=False):
        assert reports(simulator) == []
        assert simulator.ledger.counts() == {
            "messages": 1,
            "submitted_twice": 0,
            "delivered": 0,
            "refused": 0,
        }


def test_a_duplicate_report_comes_twice_for_one_delivery(send: Callable[..., Any]) -> None:
    simulator, message, _ = send("01029999003")
    assert reports(simulator) == [(message.id, "0", NOW)] * 2
    assert simulator.ledger.counts()["delivered"] == 1


def test_an_early_report_comes_before_submit_returns(
    build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = build(latency_ms=50, report_delay_ms=5000)
    early, plain = outbound("01029999004"), outbound()
    seen: list[Any] = []
    monkeypatch.setattr(time, "sleep", lambda seconds: seen.append((seconds, reports(simulator))))
    with time_machine.travel(NOW, tick=False):
        simulator.submit(submission(early, plain))
    assert seen == [(0.05, [(early.id, "0", NOW)])]


@pytest.mark.parametrize(("ending", "codes"), [("9005", ["0", "2003"]), ("9006", ["2003", "0"])])
def test_reports_out_of_order(send: Callable[..., Any], ending: str, codes: list[str]) -> None:
    simulator, message, _ = send("0102999" + ending)
    with time_machine.travel(LATER, tick=False):
        assert reports(simulator) == [(message.id, codes[0], NOW), (message.id, codes[1], after(1))]
        assert simulator.ledger.counts()["delivered"] == 1


def test_a_busy_one_is_refused_once_and_then_accepted(
    send: Callable[..., Any], submission: MakeSubmission
) -> None:
    simulator, message, result = send("01029999007")
    assert result.refused == [Refusal(message.id, "1001", True)]
    assert reports(simulator) == []
    with time_machine.travel(LATER, tick=False):
        assert simulator.submit(submission(message)) == SubmitResult(refused=[], unknown=[])
        assert reports(simulator) == [(message.id, "0", LATER)]
        assert simulator.ledger.counts() == {
            "messages": 1,
            "submitted_twice": 0,
            "delivered": 1,
            "refused": 0,
        }


def test_an_unknown_one_is_accepted_and_known_the_second_time(
    send: Callable[..., Any], submission: MakeSubmission
) -> None:
    simulator, message, result = send("01029999008")
    assert result == SubmitResult(refused=[], unknown=[message.id])
    assert simulator.submit(submission(message)) == SubmitResult(refused=[], unknown=[])
    assert reports(simulator) == [(message.id, "0", NOW)]


def test_a_call_that_is_cut_off_has_been_taken_whole(
    build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission
) -> None:
    simulator = build()
    call = submission(outbound(), outbound("01029999009"))
    with pytest.raises(GatewayUncertain, match="9009"):
        simulator.submit(call)
    assert simulator.ledger.counts()["messages"] == 2
    assert simulator.submit(call) == SubmitResult(refused=[], unknown=[])
    assert len(reports(simulator)) == 2


def test_a_second_submission_delivers_nothing_again(
    build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission
) -> None:
    simulator = build()
    old, new = [outbound() for _ in range(3)], outbound(text="new")
    refused = outbound("0102" + ending_of("S004"))
    simulator.submit(submission(*old[:2], refused))
    result = simulator.submit(submission(*old, new, refused))
    assert result.refused == [Refusal(refused.id, "S004", True)]
    assert simulator.ledger.ids() == sorted(each.id for each in [*old, new])
    assert sorted(str(each[0]) for each in reports(simulator)) == simulator.ledger.ids()
    assert simulator.ledger.counts() == {"messages": 4, "submitted_twice": 2, "delivered": 4, "refused": 1}


def test_the_ledger_knows_every_outcome(
    build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission
) -> None:
    simulator = build()
    endings = ["9002", "9007", "2003", "7004"]
    call = submission(outbound(), *(outbound("0102999" + each) for each in endings))
    simulator.submit(call)
    assert simulator.ledger.outcomes() == {"": 1, "0": 1, "1001": 1, "2003": 1, "S004": 1}
    simulator.submit(call)
    assert simulator.ledger.outcomes() == {"": 1, "0": 2, "2003": 1, "S004": 1}


def test_an_id_twice_in_one_call_is_one_message(
    build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission
) -> None:
    simulator, message = build(), outbound()
    simulator.submit(submission(message, message))
    assert [each[0] for each in reports(simulator)] == [message.id]


def test_nothing_to_submit(build: MakeSimulator, submission: MakeSubmission) -> None:
    simulator = build()
    assert simulator.submit(submission()) == SubmitResult()
    assert not simulator.ledger.path.exists()


def test_the_rate_is_kept_across_instances(
    build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    with time_machine.travel(NOW, tick=False):
        for _ in range(2):
            build(per_second=100, latency_ms=10).submit(submission(*(outbound() for _ in range(50))))
    with time_machine.travel(LATER, tick=False):
        build(per_second=100).submit(submission(outbound()))
    assert waits == pytest.approx([0.51, 1.01, 0.01], abs=1e-5)


def test_reports_of_a_slow_carrier_come_after_its_time(
    build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    simulator = build(per_second=1)
    with time_machine.travel(NOW, tick=False):
        simulator.submit(submission(outbound(), outbound()))
        assert reports(simulator) == []
    with time_machine.travel(after(2), tick=False):
        assert len(reports(simulator)) == 2


def test_a_carrier_that_is_down_takes_nothing(
    build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission
) -> None:
    build().submit(submission(outbound()))
    down = build(down=True)
    with pytest.raises(GatewayUnavailable, match="down"):
        down.submit(submission(outbound()))
    with pytest.raises(GatewayUnavailable, match="down"):
        down.fetch_reports()
    assert down.ledger.counts()["messages"] == 1


def test_a_ledger_that_stays_locked_means_nothing_was_taken(
    build: MakeSimulator,
    outbound: MakeMessage,
    submission: MakeSubmission,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledger_file, "BUSY_SECONDS", 0)
    simulator = build()
    simulator.submit(submission(outbound()))
    other = sqlite3.connect(folder / ledger_file.FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(GatewayUnavailable, match="locked"):
        simulator.submit(submission(outbound()))
    other.close()
    assert simulator.ledger.counts()["messages"] == 1
    simulator.submit(submission(outbound()))
    assert simulator.ledger.counts()["messages"] == 2


def test_a_call_that_fails_half_way_leaves_nothing(
    build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission
) -> None:
    simulator = build()
    broken = outbound(text=object())
    with pytest.raises(GatewayUnavailable, match="cannot be used"):
        simulator.submit(submission(outbound(), broken, outbound("0102" + ending_of("S004"))))
    assert simulator.ledger.counts() == {"messages": 0, "submitted_twice": 0, "delivered": 0, "refused": 0}
    assert reports(simulator) == []


def test_a_folder_that_cannot_be_made(
    build: MakeSimulator, folder: Path, outbound: MakeMessage, submission: Any
) -> None:
    folder.write_text("a file is in the way")
    with pytest.raises(GatewayUnavailable, match="cannot be used"):
        build().submit(submission(outbound()))


def test_operators_are_named(build: MakeSimulator, outbound: MakeMessage, submission: MakeSubmission) -> None:
    simulator = build()
    simulator.submit(submission(*(outbound(f"0101234567{digit}") for digit in range(10))))
    telcos = sorted(each.telco for each in simulator.fetch_reports().reports)
    assert telcos == ["KT"] * 3 + ["LGU"] * 2 + ["SKT"] * 5
