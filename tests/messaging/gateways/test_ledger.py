"""Reports at least once and in order; what phones show; pruning; forks."""

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from messaging.gateways.base import OutboundMessage, Submission
from messaging.gateways.ledger import Ledger
from messaging.gateways.ledger_file import close_connections
from messaging.gateways.simulator import Simulator

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MakeSimulator = Callable[..., Simulator]
MakeMessage = Callable[..., OutboundMessage]
MakeSubmission = Callable[..., Submission]


@pytest.fixture
def simulator(build: MakeSimulator) -> Simulator:
    return build()


@pytest.fixture
def send(simulator: Simulator, outbound: MakeMessage, submission: MakeSubmission) -> Callable[..., list[str]]:
    """Submit one call of messages `seconds` after NOW; their ids."""

    def act(
        *recipients: str, seconds: float = 0, text: str = "hello", subjects: str = "", **shared: Any
    ) -> list[str]:
        messages = [outbound(each, text, subject=subjects) for each in recipients]
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            simulator.submit(submission(*messages, **shared))
        return [each.id for each in messages]

    return act


def drain(simulator: Simulator, limit: int) -> list[list[str | None]]:
    """The ids of every batch until none is left."""
    batches: list[list[str | None]] = []
    while batch := simulator.fetch_reports(limit):
        if not batch.reports:
            assert batch.token == ""
            return batches
        batches.append([each.message_id for each in batch.reports])
        simulator.acknowledge(batch.token)
    raise AssertionError


def test_reports_come_again_until_acknowledged(simulator: Simulator, send: Callable[..., list[str]]) -> None:
    (sent,) = send("01012345678")
    first, second = simulator.fetch_reports(), simulator.fetch_reports()
    assert first == second
    assert [each.message_id for each in first.reports] == [sent]
    simulator.acknowledge(first.token)
    assert simulator.fetch_reports().reports == []


def test_acknowledging_forgets_only_what_was_fetched(
    simulator: Simulator, send: Callable[..., list[str]]
) -> None:
    send("01012345678")
    batch = simulator.fetch_reports()
    later = send("01012345678", seconds=1)
    simulator.acknowledge(batch.token)
    simulator.acknowledge(batch.token)
    assert drain(simulator, 10) == [later]


def test_reports_come_in_order_of_their_time(simulator: Simulator, send: Callable[..., list[str]]) -> None:
    third, first, second = send("1", seconds=30), send("1", seconds=10), send("1", seconds=20)
    assert drain(simulator, 1) == [first, second, third]


@pytest.mark.parametrize("limit", [1, 3, 4, 7, 10, 100])
def test_no_batch_exceeds_its_limit_and_none_is_lost(
    simulator: Simulator, send: Callable[..., list[str]], limit: int
) -> None:
    sent = send(*["0101"] * 7, seconds=1) + send(*["0101"] * 5, seconds=2)
    batches = drain(simulator, limit)
    assert max(map(len, batches)) <= limit
    assert [each for batch in batches for each in batch] == sent


def test_part_of_a_row_comes_again_and_is_acknowledged_once(
    simulator: Simulator, send: Callable[..., list[str]]
) -> None:
    sent = send(*["0101"] * 5)
    batch = simulator.fetch_reports(2)
    assert simulator.fetch_reports(2) == batch
    simulator.acknowledge(batch.token)
    simulator.acknowledge(batch.token)
    assert drain(simulator, 10) == [sent[2:]]


def test_an_empty_token_is_no_error(simulator: Simulator) -> None:
    simulator.acknowledge("")


def test_a_late_acknowledgement_does_not_bring_reports_back(
    simulator: Simulator, send: Callable[..., list[str]]
) -> None:
    sent = send(*["0101"] * 5)
    small, large = simulator.fetch_reports(2), simulator.fetch_reports(4)
    simulator.acknowledge(large.token)
    simulator.acknowledge(small.token)
    assert drain(simulator, 10) == [sent[4:]]


def test_a_late_acknowledgement_takes_no_report_that_came_after_it(
    simulator: Simulator, send: Callable[..., list[str]]
) -> None:
    """Numbers of reports are never given again, even where the last one was deleted."""
    send("01012345678")
    first, same = simulator.fetch_reports(), simulator.fetch_reports()
    simulator.acknowledge(first.token)
    (later,) = send("01012345679")
    simulator.acknowledge(same.token)
    assert [each.message_id for each in simulator.fetch_reports().reports] == [later]


def test_a_handset_shows_all_of_a_message(simulator: Simulator, send: Callable[..., list[str]]) -> None:
    paths = (Path("a.jpg"), Path("b.jpg"))
    (sent,) = send("01012345678", text="안녕", message_type="MMS", subject="Hi", attachments=paths)
    (phone,) = simulator.ledger.handsets(scope="p1")
    (message,) = phone.messages
    assert (phone.country_code, phone.recipient) == (82, "01012345678")
    assert (message.id, message.text, message.subject, message.sender) == (sent, "안녕", "Hi", "021234567")
    assert (message.message_type, message.purpose, message.attachments) == (
        "MMS",
        "NORMAL",
        ("a.jpg", "b.jpg"),
    )
    assert (message.accepted_at, message.arrived_at) == (NOW, NOW)


def test_a_message_s_own_subject_wins(simulator: Simulator, send: Callable[..., list[str]]) -> None:
    send("0101", subject="shared", subjects="its own")
    assert simulator.ledger.conversation(scope="p1", recipient="0101")[0].subject == "its own"


def test_handsets_are_grouped_newest_first(simulator: Simulator, send: Callable[..., list[str]]) -> None:
    send("0101", "0102", seconds=1, text="one")
    send("0101", seconds=2, text="two")
    send("0103", seconds=3, text="three")
    found = simulator.ledger.handsets(scope="p1")
    assert [(phone.recipient, [each.text for each in phone.messages]) for phone in found] == [
        ("0103", ["three"]),
        ("0101", ["two", "one"]),
        ("0102", ["one"]),
    ]
    assert [phone.recipient for phone in simulator.ledger.handsets(scope="p1", limit=2)] == ["0103", "0101"]
    assert [phone.recipient for phone in simulator.ledger.handsets(scope="p1", window=1)] == ["0103"]


def test_only_what_arrived_is_shown(simulator: Simulator, send: Callable[..., list[str]]) -> None:
    send("01029992003", "01029997004", "01029999002", "01012345678")
    assert [phone.recipient for phone in simulator.ledger.handsets(scope="p1")] == ["01012345678"]
    assert simulator.ledger.conversation(scope="p1", recipient="01029992003") == []


def test_nothing_of_another_scope_is_seen(simulator: Simulator, send: Callable[..., list[str]]) -> None:
    send("0101", text="ours", scope="p1")
    send("0101", "01029997004", text="theirs", scope="p2")
    ledger = simulator.ledger
    assert [each.text for phone in ledger.handsets(scope="p1") for each in phone.messages] == ["ours"]
    assert [each.text for each in ledger.conversation(scope="p2", recipient="0101")] == ["theirs"]
    assert ledger.handsets(scope="") == []
    assert ledger.counts(scope="p1") == {"messages": 1, "submitted_twice": 0, "delivered": 1, "refused": 0}
    assert ledger.counts(scope="p2") == {"messages": 1, "submitted_twice": 0, "delivered": 1, "refused": 1}
    assert ledger.counts() == {"messages": 2, "submitted_twice": 0, "delivered": 2, "refused": 1}


def test_senders_narrow_what_is_seen(simulator: Simulator, send: Callable[..., list[str]]) -> None:
    send("0101", text="a", sender="1588")
    send("0101", text="b", sender="1599", seconds=1)
    ledger = simulator.ledger
    assert [each.text for each in ledger.conversation(scope="p1", recipient="0101", senders=["1588"])] == [
        "a"
    ]
    assert [each.text for each in ledger.conversation(scope="p1", recipient="0101")] == ["b", "a"]
    assert ledger.handsets(scope="p1", senders=[]) == []


def test_interleaved_submissions_stay_apart(
    simulator: Simulator, outbound: MakeMessage, submission: MakeSubmission
) -> None:
    messages = [outbound(f"010{number}", text=str(number)) for number in range(6)]
    simulator.submit(submission(*messages[::2], scope="even"))
    simulator.submit(submission(*messages[1::2], scope="odd"))
    found = {
        scope: sorted(
            each.text for phone in simulator.ledger.handsets(scope=scope) for each in phone.messages
        )
        for scope in ("even", "odd")
    }
    assert found == {"even": ["0", "2", "4"], "odd": ["1", "3", "5"]}


def test_a_conversation_is_of_one_phone_and_country(
    simulator: Simulator, outbound: MakeMessage, submission: MakeSubmission
) -> None:
    simulator.submit(submission(outbound("0101", "home"), outbound("0101", "abroad", country_code=81)))
    ledger = simulator.ledger
    assert [each.text for each in ledger.conversation(scope="p1", recipient="0101")] == ["home"]
    assert [each.text for each in ledger.conversation(scope="p1", recipient="0101", country_code=81)] == [
        "abroad"
    ]
    assert len(ledger.handsets(scope="p1")) == 2


def test_prune_deletes_what_is_old_and_keeps_owed_reports(
    simulator: Simulator, send: Callable[..., list[str]]
) -> None:
    for second in range(5):
        send("0101", "01029997004", seconds=second)
    kept = send("0101", seconds=5)
    assert simulator.ledger.prune(NOW + timedelta(seconds=5), slice_size=2) == 5
    assert simulator.ledger.ids() == kept
    assert simulator.ledger.counts() == {"messages": 1, "submitted_twice": 0, "delivered": 1, "refused": 0}
    assert len(simulator.fetch_reports().reports) == 6
    assert simulator.ledger.prune(NOW) == 0


def test_the_ledger_is_for_its_owner_alone(simulator: Simulator, send: Callable[..., list[str]]) -> None:
    send("0101")
    assert stat.S_IMODE(simulator.ledger.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(simulator.ledger.path.stat().st_mode) == 0o600


def test_a_fork_leaves_both_sides_a_working_ledger(
    simulator: Simulator, send: Callable[..., list[str]]
) -> None:
    before = send("0101")
    with simulator.ledger.reading() as inherited:
        pass
    child = os.fork()
    if child == 0:
        try:
            send("0102")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    after = send("0103")
    with simulator.ledger.reading() as database:
        assert database is not inherited
    assert len(simulator.ledger.ids()) == 3
    assert set(before + after) < set(simulator.ledger.ids())


def test_two_folders_are_two_ledgers(
    tmp_path: Path, simulator: Simulator, send: Callable[..., list[str]]
) -> None:
    send("0101")
    assert Ledger(tmp_path / "other").counts()["messages"] == 0


def test_a_ledger_of_the_first_version_learns_to_keep_calls(folder: Path) -> None:
    old = Ledger(folder)
    with old.writing() as database:
        database.execute("DROP TABLE call")
    with old.reading() as database:
        database.execute("PRAGMA user_version=1")
    close_connections()
    old.add_call("0801234567", "01012345678", 1.5)
    [call] = old.fetch_calls(10).calls
    assert (call.line_number, call.caller, call.happened_at.timestamp()) == ("0801234567", "01012345678", 1.5)


def test_a_ledger_of_the_second_version_keeps_the_reports_that_it_owes(
    simulator: Simulator, folder: Path, send: Callable[..., list[str]]
) -> None:
    sent = send("01012345678", "01012345679")
    with Ledger(folder).writing() as database:
        database.execute("UPDATE report SET seq = 7, taken = 1")
        database.execute("PRAGMA user_version=2")
    close_connections()
    assert drain(simulator, 10) == [sent[1:]]
    with Ledger(folder).reading() as database:
        assert database.execute("PRAGMA user_version").fetchone() == (3,)
        assert database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'report'").fetchone() == (7,)
