"""Opt-outs: entered once, removed with a reason, called in exactly once."""

import datetime
import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from console.accounts.models import Project
from senders.models import OptOut, OptOutCall, OptOutSource
from senders.services import opt_out_calls, opt_outs
from senders.services.errors import Refused
from senders.services.opt_out_calls import Call, record_call, record_calls
from senders.services.opt_out_search import OptOutSearch, find_opt_outs
from senders.services.opt_outs import add_opt_outs, remove_opt_outs
from tests.factories import (
    MembershipFactory,
    OptOutFactory,
    OptOutLineFactory,
    ProjectFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
ANN, BEN, COT = (82, "01011112222"), (82, "01033334444"), (1, "4155552671")
DAN = (82, "01055556666")


def in_force(project: Project) -> set[tuple[int, str]]:
    rows = OptOut.objects.filter(project=project, removed_at=None)
    return set(rows.values_list("country_code", "number"))


def dates_of(number: tuple[int, str]) -> list[tuple[datetime.datetime, datetime.datetime]]:
    """(first, last refusal) of the number's opt-outs in force."""
    rows = OptOut.objects.filter(number=number[1], country_code=number[0], removed_at=None)
    return list(rows.values_list("created_at", "last_refused_at"))


# --- entering ------------------------------------------------------------------------------------


def test_each_number_is_entered_once_with_where_it_came_from() -> None:
    line, user = OptOutLineFactory(opened=True), UserFactory()
    fields: dict[str, Any] = {"source": OptOutSource.HAND, "user": user, "line": line, "at": NOON}
    with_line = {"project": line.project, **fields}
    assert add_opt_outs(numbers=[ANN, COT, ANN], **with_line) == 2
    assert add_opt_outs(numbers=[BEN, ANN], **with_line | {"at": NOON + HOUR}) == 1
    rows = list(OptOut.objects.order_by("number").values_list("number", "created_at", "line", "created_by"))
    assert rows == [
        (ANN[1], NOON, line.pk, user.pk),
        (BEN[1], NOON + HOUR, line.pk, user.pk),
        (COT[1], NOON, line.pk, user.pk),
    ]
    assert add_opt_outs(numbers=iter(()), **with_line) == 0


def test_who_refuses_once_more_is_not_new_but_refused_last_then() -> None:
    row = OptOutFactory(number=ANN[1], created_at=NOON)
    fields: dict[str, Any] = {"project": row.project, "source": OptOutSource.API}
    for hours, last in ((2, 2), (1, 2), (2, 2), (3, 3)):
        assert add_opt_outs(numbers=[ANN], at=NOON + hours * HOUR, **fields) == 0
        assert dates_of(ANN) == [(NOON, NOON + last * HOUR)]
    assert add_opt_outs(numbers=[ANN, BEN], at=NOON + 4 * HOUR, **fields) == 1
    assert (dates_of(ANN), dates_of(BEN)) == ([(NOON, NOON + 4 * HOUR)], [(NOON + 4 * HOUR,) * 2])
    row.refresh_from_db()
    assert row.source == OptOutSource.HAND


def test_a_refusal_is_of_one_project() -> None:
    first, second = ProjectFactory(), ProjectFactory()
    add_opt_outs(project=first, numbers=[ANN], source=OptOutSource.FILE)
    assert (in_force(first), in_force(second)) == ({ANN}, set())
    asked = [ANN, BEN, (1, ANN[1]), ANN]
    assert opt_outs.opted_out_among(project=first, numbers=asked) == {ANN}
    assert opt_outs.count_opted_out(project=first, numbers=asked) == 1
    assert opt_outs.count_opted_out(project=second, numbers=asked) == 0
    assert opt_outs.count_opted_out(project=first, numbers=[]) == 0


def test_another_projects_line_is_refused() -> None:
    line = OptOutLineFactory(opened=True)
    with pytest.raises(Refused):
        add_opt_outs(project=ProjectFactory(), numbers=[ANN], source=OptOutSource.HAND, line=line)
    assert not OptOut.objects.exists()


def test_asking_takes_one_statement_a_block(
    django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = ProjectFactory()
    add_opt_outs(project=project, numbers=[ANN, BEN], source=OptOutSource.HAND)
    monkeypatch.setattr(opt_outs, "ASKED_AT_ONCE", 2)
    with django_assert_num_queries(2):
        assert opt_outs.opted_out_among(project=project, numbers=[ANN, COT, BEN]) == {ANN, BEN}


# --- removing ------------------------------------------------------------------------------------


def test_a_removal_keeps_its_evidence_and_a_new_refusal_is_a_new_row() -> None:
    project, user = ProjectFactory(), UserFactory()
    rows = [OptOutFactory(project=project, number=number) for _code, number in (ANN, BEN)]
    ids = [row.pk for row in rows]
    assert remove_opt_outs(project=project, ids=ids[:1], user=user, reason="  Agreed   by mail ") == 1
    assert remove_opt_outs(project=project, ids=ids[:1], user=user, reason="Again") == 0
    rows[0].refresh_from_db()
    assert (rows[0].removed_by, rows[0].removal_reason) == (user, "Agreed by mail")
    assert in_force(project) == {BEN}
    assert add_opt_outs(project=project, numbers=[ANN], source=OptOutSource.HAND) == 1
    assert OptOut.objects.filter(number=ANN[1]).count() == 2
    assert in_force(project) == {ANN, BEN}


def test_who_refused_after_what_was_seen_stays() -> None:
    project, user = ProjectFactory(), UserFactory()
    ann, ben, cot = (
        OptOutFactory(project=project, country_code=code, number=number, created_at=NOON)
        for code, number in (ANN, BEN, COT)
    )
    add_opt_outs(project=project, numbers=[ANN, BEN], source=OptOutSource.API, at=NOON + HOUR)
    wanted: dict[str, Any] = {"project": project, "ids": [ann.pk, ben.pk, cot.pk], "user": user}
    seen = {ann.pk: NOON, ben.pk: NOON + HOUR}
    assert remove_opt_outs(**wanted, reason="Agreed", seen_at={}) == 0
    assert remove_opt_outs(**wanted, reason="Agreed", seen_at=seen) == 1
    assert in_force(project) == {ANN, COT}
    assert remove_opt_outs(**wanted, reason="Agreed") == 2


@pytest.mark.parametrize("reason", ["", " \n", "x" * 201])
def test_without_a_reason_nothing_is_removed(reason: str) -> None:
    row = OptOutFactory()
    with pytest.raises(Refused) as caught:
        remove_opt_outs(project=row.project, ids=[row.pk], user=UserFactory(), reason=reason)
    assert list(caught.value.problems) == ["reason"]
    assert in_force(row.project) == {(82, row.number)}


def test_another_projects_opt_out_is_not_removed() -> None:
    row = OptOutFactory()
    removed = remove_opt_outs(project=ProjectFactory(), ids=[row.pk], user=UserFactory(), reason="Mine")
    assert removed == 0
    assert in_force(row.project) == {(82, row.number)}


# --- calls ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", ["01011112222", "010-1111-2222", "+82 10-1111-2222", "+821011112222"])
def test_a_call_refuses_the_advertising_of_the_lines_project(caller: str) -> None:
    line = OptOutLineFactory(opened=True, opened_at=NOON)
    assert record_call(line_number=line.number, caller=caller, at=NOON + HOUR) is True
    row = OptOut.objects.get()
    assert (row.project, row.line, row.number) == (line.project, line, "01011112222")
    assert (row.source, row.created_at, row.created_by) == (OptOutSource.CALL, NOON + HOUR, None)


def test_a_call_told_again_changes_nothing_not_even_after_a_removal() -> None:
    line = OptOutLineFactory(opened=True, opened_at=NOON)
    call = {"line_number": line.number, "caller": ANN[1]}
    assert record_call(**call, at=NOON + HOUR)
    assert not record_call(**call, at=NOON + HOUR)
    assert not record_call(**call, at=NOON + 2 * HOUR)
    ids = list(OptOut.objects.values_list("pk", flat=True))
    remove_opt_outs(project=line.project, ids=ids, user=UserFactory(), reason="Agreed")
    assert not record_call(**call, at=NOON + HOUR)
    assert not record_call(**call, at=NOON + 2 * HOUR)
    assert in_force(line.project) == set()
    assert record_call(**call, at=NOON + 3 * HOUR)
    assert in_force(line.project) == {ANN}
    assert OptOutCall.objects.count() == 3


def test_a_call_belongs_to_whose_number_it_was_then() -> None:
    old = OptOutLineFactory(stopped=True, opened_at=NOON, stopped_at=NOON + 2 * HOUR)
    new = OptOutLineFactory(opened=True, opened_at=NOON + 4 * HOUR, number=old.number)
    calls = [
        Call(old.number, number[1], number, NOON + hours * HOUR)
        for number, hours in ((ANN, 1), (BEN, 3), (COT, 5))
    ]
    assert record_calls(calls) == 3
    assert (in_force(old.project), in_force(new.project)) == ({ANN, BEN}, {COT})
    early = Call(old.number, DAN[1], DAN, NOON - HOUR)
    assert record_calls([early]) == 0
    staff = UserFactory(reviewer=True)
    assert [call.caller for call in opt_out_calls.stray_calls(staff)] == [DAN[1]]


def test_callers_of_one_block_refused_first_and_last_when_they_did() -> None:
    line = OptOutLineFactory(opened=True, opened_at=NOON)
    calls = [Call(line.number, ANN[1], ANN, NOON + hours * HOUR) for hours in (2, 1, 3)]
    assert record_calls(calls) == 1
    assert dates_of(ANN) == [(NOON + HOUR, NOON + 3 * HOUR)]
    assert record_calls([Call(line.number, ANN[1], ANN, NOON + 4 * HOUR), *calls]) == 0
    assert dates_of(ANN) == [(NOON + HOUR, NOON + 4 * HOUR)]


def test_calls_that_refuse_nothing_are_kept_until_staff_settle_them(caplog: Any) -> None:
    line, staff = OptOutLineFactory(opened=True, opened_at=NOON), UserFactory(reviewer=True)
    calls = [
        Call("0809999999", ANN[1], ANN, NOON + HOUR),
        Call(line.number, "anonymous", None, NOON + HOUR),
        Call(line.number, "anonymous", None, NOON + HOUR),
    ]
    assert record_calls(calls) == 0
    assert record_calls(calls) == 0
    assert not OptOut.objects.exists()
    assert "2 calls to 080 numbers refuse nobody's advertising" in caplog.text
    kept = list(opt_out_calls.stray_calls(staff).order_by("line_number"))
    assert {(call.line_number, call.is_readable) for call in kept} == {
        ("0809999999", True),
        (line.number, False),
    }
    assert opt_out_calls.settle_calls(ids=[kept[0].pk], user=staff) == 1
    assert opt_out_calls.settle_calls(ids=[kept[0].pk], user=staff) == 0
    assert list(opt_out_calls.stray_calls(staff)) == [kept[1]]
    assert OptOutCall.objects.filter(settled_by=staff).count() == 1


def test_nobody_sees_or_settles_the_calls_of_their_own_organization() -> None:
    line = OptOutLineFactory(opened=True, opened_at=NOON)
    own, other = UserFactory(reviewer=True), UserFactory(reviewer=True)
    sister = ProjectFactory(organization=line.project.organization)
    MembershipFactory(project=sister, user=own)
    record_calls(
        [
            Call(line.number, "anonymous", None, NOON + HOUR),
            Call(line.number, ANN[1], ANN, NOON - HOUR),  # before the line was opened
            Call("0809999999", ANN[1], ANN, NOON + HOUR),
        ]
    )
    ids = list(OptOutCall.objects.values_list("pk", flat=True))
    assert [call.line_number for call in opt_out_calls.stray_calls(own)] == ["0809999999"]
    assert opt_out_calls.settle_calls(ids=ids, user=own) == 1
    assert OptOutCall.objects.filter(line_number=line.number, settled_at=None).count() == 2
    assert opt_out_calls.settle_calls(ids=ids, user=other) == 2


def test_a_call_to_a_scheduled_line_without_a_number_is_nobodys() -> None:
    OptOutLineFactory()
    assert record_calls([Call("", ANN[1], ANN, NOON)]) == 0
    assert opt_out_calls.stray_calls(UserFactory(reviewer=True)).count() == 1


# --- looking up ----------------------------------------------------------------------------------


def test_a_search_finds_what_it_says() -> None:
    line = OptOutLineFactory(opened=True)
    project = line.project
    called = OptOutFactory(
        project=project, number=ANN[1], source=OptOutSource.CALL, line=line, created_at=NOON
    )
    typed = OptOutFactory(project=project, number=BEN[1], created_at=NOON + HOUR)
    gone = OptOutFactory(project=project, number="01055554444", removed_at=NOON, created_at=NOON)
    OptOutFactory(number=ANN[1])

    def found(**wanted: Any) -> set[OptOut]:
        return set(find_opt_outs(project=project, search=OptOutSearch(**wanted)))

    assert found() == {called, typed}
    assert found(is_removed=True) == {gone}
    assert found(line_id=line.pk) == found(source="CALL") == found(number=ANN) == {called}
    assert found(number=(1, ANN[1])) == set()
    assert found(since=NOON + HOUR) == {typed}
    assert found(until=NOON + HOUR) == {called}
    assert found(ending="4444") == {typed}
    assert found(ending="4444", is_removed=True) == {gone}
    assert found(ending="0103") == set()


# --- two at once ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_entering_and_removing_at_once_never_blocks_for_good() -> None:
    project, user = ProjectFactory(), UserFactory()
    numbers = [(82, f"010{n:08d}") for n in range(300)]
    failed: list[Exception] = []

    def enter(ordered: list[tuple[int, str]]) -> None:
        for _ in range(10):
            add_opt_outs(project=project, numbers=ordered, source=OptOutSource.FILE)

    def remove() -> None:
        for _ in range(10):
            ids = list(OptOut.objects.filter(removed_at=None).values_list("pk", flat=True))
            remove_opt_outs(project=project, ids=ids[::-1], user=user, reason="Agreed")

    def guarded(action: Any, *arguments: Any) -> None:
        try:
            action(*arguments)
        except DatabaseError as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=guarded, args=(enter, numbers)),
        threading.Thread(target=guarded, args=(enter, numbers[::-1])),
        threading.Thread(target=guarded, args=(remove,)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    add_opt_outs(project=project, numbers=numbers, source=OptOutSource.FILE)
    assert in_force(project) == set(numbers)
    assert OptOut.objects.filter(removed_at=None).count() == 300


# --- random histories ----------------------------------------------------------------------------

NUMBERS = [ANN, BEN, COT]
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "call", "again"]), st.sampled_from(NUMBERS)), max_size=12
)


class RandomHistories(TestCase):
    """Whatever happens in whatever order: in force is who refused last, and no row is ever lost."""

    @settings(max_examples=40, deadline=None)
    @given(STEPS)
    def test_in_force_is_what_was_said_last(self, steps: list[tuple[str, tuple[int, str]]]) -> None:
        line = OptOutLineFactory(opened=True, opened_at=NOON)
        project, user = line.project, UserFactory()
        expected: set[tuple[int, str]] = set()
        rows, told = 0, []
        for moment, (step, number) in enumerate(steps, 1):
            was_in = number in expected
            if step == "add":
                new = add_opt_outs(project=project, numbers=[number], source=OptOutSource.API)
            elif step == "call":
                told.append(Call(line.number, number[1], number, NOON + moment * HOUR))
                new = record_calls(told[-1:])
            elif step == "again":
                assert record_calls(told) == 0
                continue
            else:
                ids = OptOut.objects.filter(project=project, number=number[1]).values_list("pk", flat=True)
                removed = remove_opt_outs(project=project, ids=list(ids), user=user, reason="Agreed")
                assert removed == was_in
                expected.discard(number)
                continue
            assert new == (not was_in)
            rows += new
            expected.add(number)
        assert in_force(project) == expected
        assert OptOut.objects.filter(project=project).count() == rows
