"""The guard of every state machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.transitions import Transitions
from senders.models import SenderNumber
from senders.states import IDENTITY, NUMBER, NumberState
from tests.factories import SenderNumberFactory

STATES = list(NumberState)


def test_a_target_must_be_a_state():
    with pytest.raises(ValueError, match="GONE"):
        Transitions({"HERE": {"GONE"}})


def test_sources_and_final_states():
    machine = Transitions({"A": {"B", "C"}, "B": {"C"}, "C": ()})
    assert machine.sources("C") == {"A", "B"}
    assert machine.sources("A") == frozenset()
    assert machine.final == {"C"}
    assert list(machine) == [("A", "B"), ("A", "C"), ("B", "C")]
    assert machine.allows("A", "B")
    assert not machine.allows("B", "A")


@given(st.dictionaries(st.sampled_from("ABCDE"), st.sets(st.sampled_from("ABCDE"))))
def test_allows_exactly_what_the_table_says(table):
    table = {state: table.get(state, set()) for state in "ABCDE"}
    machine = Transitions(table)
    for source in "ABCDE":
        for to in "ABCDE":
            assert machine.allows(source, to) == (to in table[source]) == (source in machine.sources(to))


@pytest.mark.django_db
@pytest.mark.parametrize("to", [state for state in STATES if NUMBER.sources(state)])
@pytest.mark.parametrize("source", STATES)
def test_only_rows_that_may_go_do(source, to):
    row = SenderNumberFactory(state=source)
    moved = NUMBER.advance(SenderNumber.objects.filter(pk=row.pk), to, round=7)
    row.refresh_from_db()
    if NUMBER.allows(source, to):
        assert (moved, row.state, row.round) == (1, to, 7)
    else:
        assert (moved, row.state, row.round) == (0, source, 1)


@pytest.mark.django_db
def test_a_state_that_nothing_leads_to_is_a_mistake_of_the_caller():
    row = SenderNumberFactory()
    with pytest.raises(ValueError, match="DRAFT"):
        NUMBER.advance(SenderNumber.objects.all(), NumberState.DRAFT)
    row.refresh_from_db()
    assert row.state == NumberState.REVIEWING


def test_the_machines_of_senders_are_these():
    assert set(IDENTITY) == {
        ("DRAFT", "REVIEWING"),
        ("REVIEWING", "APPROVED"),
        ("REVIEWING", "REJECTED"),
        ("REJECTED", "REVIEWING"),
    }
    assert set(NUMBER) == set(IDENTITY) | {
        ("REVIEWING", "WITHDRAWN"),
        ("REJECTED", "WITHDRAWN"),
        ("APPROVED", "WITHDRAWN"),
        ("APPROVED", "SUSPENDED"),
        ("SUSPENDED", "APPROVED"),
        ("SUSPENDED", "WITHDRAWN"),
    }
