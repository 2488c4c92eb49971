"""Stopping an 080 line: at once and for good; its numbers are honoured for three business days, then gone."""

import datetime
import threading
from collections.abc import Callable

import pytest
import time_machine
from django.db import connection

from console.accounts.models import AuditEntry, Project
from console.accounts.sentences import words_of
from senders.models import OptOut, OptOutLine, OptOutSource
from senders.services import line_stopping
from senders.services.errors import WHOLE, Refused
from senders.services.line_stopping import numbers_of, purge_stopped_lines, stop_line
from senders.services.opt_out_calls import Call, record_calls
from senders.services.opt_out_lines import open_lines
from senders.services.opt_outs import add_opt_outs, opted_out_among, remove_opt_outs
from senders.states import LineState
from tests.factories import OptOutLineFactory, UserFactory

pytestmark = pytest.mark.django_db
SUNDAY = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)  # noon in Seoul
WEDNESDAY = SUNDAY + datetime.timedelta(days=3)
SECOND = datetime.timedelta(seconds=1)
ANN, BEN, COT = (82, "01011112222"), (82, "01022223333"), (82, "01033334444")


@pytest.fixture
def line(db: None) -> OptOutLine:
    opened_at = SUNDAY - datetime.timedelta(days=9)
    return OptOutLineFactory(opened=True, number="0801234567", opened_at=opened_at)


def stopped(line: OptOutLine, typed: str = "080-123-4567") -> OptOutLine:
    with time_machine.travel(SUNDAY, tick=False):
        return stop_line(line=line, user=UserFactory(), typed=typed)


def purged(at: datetime.datetime = WEDNESDAY) -> int:
    with time_machine.travel(at, tick=False):
        return purge_stopped_lines()


def refusing(project: Project) -> set[tuple[int, str]]:
    return opted_out_among(project=project, numbers=[ANN, BEN, COT])


def call(line: OptOutLine, number: tuple[int, str], at: datetime.datetime = SUNDAY) -> int:
    return record_calls([Call(line.number, number[1], number, at)])


def deeds(line: OptOutLine) -> list[str]:
    rows = AuditEntry.objects.filter(project=line.project, object_pk=str(line.pk)).order_by("pk")
    said = [row.additional_data.get("said") for row in rows if row.additional_data]
    return [words_of(each) for each in said if each and each["key"].startswith("line_")]


def test_it_stops_at_once_and_nothing_brings_it_back(line: OptOutLine) -> None:
    row = stopped(line)
    assert (row.state, row.stopped_at, row.purge_at) == (LineState.STOPPED, SUNDAY, WEDNESDAY)
    assert row.stopped_by is not None
    assert not open_lines(line.project).exists()
    with pytest.raises(Refused) as caught:
        stopped(line)
    assert list(caught.value.problems) == [WHOLE]
    assert OptOutLine.objects.get().stopped_at == SUNDAY
    assert deeds(line) == ["stopped; its numbers are deleted from 2026-11-25 12:00:00 on"]


@pytest.mark.parametrize("typed", ["", "080-123-4568", "0801234", "stop", "080-123-4567x"])
def test_another_number_stops_nothing(line: OptOutLine, typed: str) -> None:
    with pytest.raises(Refused) as caught:
        stopped(line, typed)
    assert list(caught.value.problems) == ["typed"]
    line.refresh_from_db()
    assert (line.state, line.stopped_at, line.purge_at) == (LineState.OPEN, None, None)


def test_an_application_is_not_stopped() -> None:
    row = OptOutLineFactory()
    for typed in ("", "080-123-4567"):
        with pytest.raises(Refused):
            stopped(row, typed)
    row.refresh_from_db()
    assert row.state == LineState.SCHEDULED


def test_its_numbers_are_honoured_until_they_are_deleted(line: OptOutLine) -> None:
    call(line, ANN)
    stopped(line)
    # Messages that name it still lie in phones.
    call(line, BEN, SUNDAY + SECOND)
    assert purged(WEDNESDAY - SECOND) == 0
    assert refusing(line.project) == {ANN, BEN}
    assert purged() == 2
    assert refusing(line.project) == set()
    assert not OptOut.objects.exists()
    line.refresh_from_db()
    assert (line.state, line.purged_at, line.purged_count) == (LineState.STOPPED, WEDNESDAY, 2)
    assert deeds(line)[1:] == ["2 opt-outs of the stopped line deleted"]


def test_it_is_purged_once_and_who_calls_afterwards_refuses_anew(line: OptOutLine) -> None:
    call(line, ANN)
    stopped(line)
    assert (purged(), purged()) == (1, 0)
    call(line, ANN, WEDNESDAY + SECOND)
    assert purged(WEDNESDAY + datetime.timedelta(days=9)) == 0
    assert refusing(line.project) == {ANN}
    line.refresh_from_db()
    assert (line.purged_at, line.purged_count) == (WEDNESDAY, 1)
    assert len(deeds(line)) == 2


def test_what_others_need_stays(line: OptOutLine) -> None:
    project, user = line.project, UserFactory()
    other = OptOutLineFactory(opened=True, project=project, opened_at=line.opened_at)
    add_opt_outs(project=project, numbers=[ANN], source=OptOutSource.HAND, user=user)
    call(other, BEN)
    call(line, COT)
    foreign = OptOutLineFactory(opened=True, opened_at=line.opened_at)
    call(foreign, COT)
    stopped(line)
    assert purged() == 1
    assert refusing(project) == {ANN, BEN}
    assert refusing(foreign.project) == {COT}


@pytest.mark.parametrize("way", ["line", "hand", "one block", "earlier"])
def test_who_refused_by_another_way_too_outlives_the_line(line: OptOutLine, way: str) -> None:
    project = line.project
    other = OptOutLineFactory(opened=True, project=project, opened_at=line.opened_at)
    at = SUNDAY + SECOND
    if way == "one block":
        calls = [Call(line.number, ANN[1], ANN, SUNDAY), Call(other.number, ANN[1], ANN, at)]
        record_calls(calls)
    else:
        call(line, ANN)
    if way == "line":
        call(other, ANN, at)
    elif way == "earlier":  # told late: it was before the other call
        call(other, ANN, SUNDAY - SECOND)
    elif way == "hand":
        add_opt_outs(project=project, numbers=[ANN], source=OptOutSource.HAND, at=at)
    row = OptOut.objects.get()
    assert (row.line, row.is_elsewhere) == (line, True)
    assert row.last_refused_at == (SUNDAY if way == "earlier" else at)
    stopped(line)
    assert purged() == 0
    assert refusing(project) == {ANN}


def test_the_same_way_again_is_no_other(line: OptOutLine) -> None:
    call(line, ANN)
    call(line, ANN, SUNDAY + SECOND)
    assert not OptOut.objects.get().is_elsewhere


def test_what_was_removed_stays_as_evidence(line: OptOutLine) -> None:
    call(line, ANN)
    ids = list(OptOut.objects.values_list("pk", flat=True))
    remove_opt_outs(project=line.project, ids=ids, user=UserFactory(), reason="Agreed on paper")
    stopped(line)
    assert purged() == 0
    assert OptOut.objects.get().removal_reason == "Agreed on paper"


def test_it_goes_in_portions_that_count_themselves(line: OptOutLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_stopping, "BATCH", 3)
    numbers = [(82, f"010{place:08d}") for place in range(8)]
    add_opt_outs(project=line.project, numbers=numbers, source=OptOutSource.FILE, line=line)
    stopped(line)
    kept = line_stopping._finish

    def dies(row: OptOutLine) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(line_stopping, "_finish", dies)
    with pytest.raises(RuntimeError):
        purged()
    line.refresh_from_db()
    # The last portion is undone with the end that it could not reach.
    assert (line.purged_count, line.purged_at, numbers_of(line).count()) == (6, None, 2)
    monkeypatch.setattr(line_stopping, "_finish", kept)
    assert purged() == 2
    line.refresh_from_db()
    assert (line.purged_count, line.purged_at, OptOut.objects.count()) == (8, WEDNESDAY, 0)
    assert deeds(line)[1:] == ["8 opt-outs of the stopped line deleted"]


@pytest.mark.django_db(transaction=True)
def test_sweeps_and_callers_at_once(line: OptOutLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three sweeps while callers refuse on the other line: counted once, and whoever is there too stays."""
    monkeypatch.setattr(line_stopping, "BATCH", 50)
    numbers = [(82, f"010{place:08d}") for place in range(400)]
    add_opt_outs(project=line.project, numbers=numbers, source=OptOutSource.FILE, line=line)
    other = OptOutLineFactory(opened=True, project=line.project, opened_at=line.opened_at)
    stopped(line)
    OptOutLine.objects.filter(pk=line.pk).update(purge_at=SUNDAY - datetime.timedelta(days=4000))
    totals: list[int] = []

    def sweep() -> None:
        totals.append(purge_stopped_lines())

    def refuse() -> None:
        for start in range(0, 100, 10):
            record_calls([Call(other.number, n[1], n, SUNDAY + SECOND) for n in numbers[start : start + 10]])

    at_once(sweep, sweep, sweep, refuse)
    line.refresh_from_db()
    assert line.purged_count == sum(totals)
    assert line.purged_at is not None
    left = set(OptOut.objects.values_list("country_code", "number"))
    assert left == set(numbers[:100])
    assert not numbers_of(line).exists()


def at_once(*actions: Callable[[], None]) -> None:
    errors: list[BaseException] = []

    def act(action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
