"""The catalogue against the tables of the specification, written out here by hand."""

import pytest

from messaging import result_codes
from messaging.result_codes import CATALOGUE, Group, Outcome, lookup

FAILURES = [str(code) for code in range(2000, 2008)]
INVALID = [str(code) for code in (*range(3000, 3020), 3022, 3023)]
RESPONSES = [str(code) for code in range(1001, 1021)]
RESPONSES += [f"S{number:03}" for number in (*range(13), 998, 999)]
EMMA = [f"E{number}" for number in (*range(900, 923), 999)]
BY_GROUP = {
    Group.REPORT: ["0", *FAILURES, *INVALID],
    Group.RESPONSE: RESPONSES,
    Group.EMMA: EMMA,
    Group.BONGSU: [f"B{number:03}" for number in range(1, 22)],
}


@pytest.mark.parametrize("group", BY_GROUP)
def test_every_code_of_a_group_is_there_and_no_other(group: Group) -> None:
    assert sorted(code for code, each in CATALOGUE.items() if each.group == group) == sorted(BY_GROUP[group])


def test_the_catalogue_has_every_code_once() -> None:
    tables = (result_codes._REPORT, result_codes._RESPONSE, result_codes._EMMA, result_codes._BONGSU)
    assert sum(map(len, tables)) == len(CATALOGUE) == 31 + 35 + 24 + 21


def test_report_codes_have_the_class_of_the_specification() -> None:
    expected = {"0": Outcome.SUCCESS}
    expected |= dict.fromkeys(FAILURES, Outcome.FAILURE) | dict.fromkeys(INVALID, Outcome.INVALID)
    assert {code: lookup(code).outcome for code in BY_GROUP[Group.REPORT]} == expected


def test_only_zero_is_a_success() -> None:
    assert [code for code, each in CATALOGUE.items() if each.outcome is Outcome.SUCCESS] == ["0"]


def test_only_our_own_codes_are_policy() -> None:
    assert {each.group for each in CATALOGUE.values() if each.outcome is Outcome.POLICY} == {Group.BONGSU}


def test_what_may_be_on_the_bill() -> None:
    charged = {code for code, each in CATALOGUE.items() if each.charged}
    assert charged == {"0", result_codes.NO_REPORT, result_codes.OUTCOME_UNKNOWN}


def test_what_may_be_sent_again_unchanged() -> None:
    retryable = {code for code, each in CATALOGUE.items() if each.retryable}
    assert retryable == {
        *FAILURES,
        *("3004", "3005", "3008", "3011"),
        *("1001", "1005", "1008", "1019"),
        *("S000", "S001", "S004", "S010", "S011", "S998"),
        *("E919", "B002", "B010", "B014", "B016", "B017"),
    }


def test_a_message_that_may_have_arrived_is_never_called_retryable() -> None:
    assert not lookup(result_codes.OUTCOME_UNKNOWN).retryable
    assert not lookup(result_codes.NO_REPORT).retryable


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_says_what_happened_why_and_what_to_do(code: str) -> None:
    entry = lookup(code)
    assert entry.code == code
    for text in (entry.meaning, entry.cause, entry.what_to_do):
        assert len(str(text)) > 3
    assert not str(entry.meaning).endswith(".")
    assert str(entry.cause).endswith(".")
    assert str(entry.what_to_do).endswith(".")


@pytest.mark.parametrize("code", ["", "9999", "b001", "0 ", "<script>", "S9" * 500])
def test_an_unknown_code_gets_an_entry_of_its_own(code: str) -> None:
    entry = lookup(code)
    assert (entry.code, entry.group, entry.outcome) == (code, Group.UNKNOWN, Outcome.FAILURE)
    assert (entry.retryable, entry.charged, str(entry.meaning)) == (False, False, "Unknown code")
    assert code not in CATALOGUE
