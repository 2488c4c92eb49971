"""Our states and codes in the document's words, written out here by hand."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from messaging import result_codes
from messaging.result_codes import CATALOGUE, Group
from messaging.sens import words
from messaging.sens.words import code_of, meaning_of, time_of
from messaging.states import MessageState, Purpose
from tests.messaging.test_result_codes import BY_GROUP

DOCUMENTED = [code for group in (Group.REPORT, Group.RESPONSE, Group.EMMA) for code in BY_GROUP[group]]
FAILED = MessageState.FAILED
OURS = {
    "B001": "E917",
    "B002": "E919",
    "B003": "E915",
    "B004": "3022",
    "B005": "3009",
    "B006": "3014",
    "B007": "2000",
    "B008": "2000",
    "B009": "3023",
    "B010": "S001",
    "B011": "1002",
    "B012": "1010",
    "B013": "3015",
    "B014": "S004",
    "B015": "S006",
    "B016": "3015",
    "B017": "1019",
    "B018": "1018",
    "B019": "1018",
    "B020": "3015",
    "B021": "3015",
}


@pytest.mark.parametrize("code", DOCUMENTED)
def test_a_code_of_the_document_is_itself(code: str) -> None:
    if code == "0":
        assert code_of(MessageState.DELIVERED, code) == "0"
    else:
        assert code_of(FAILED, code) == code
        assert meaning_of(FAILED, code) == str(CATALOGUE[code].meaning)


@pytest.mark.parametrize("code", BY_GROUP[Group.BONGSU])
def test_each_of_our_codes_is_one_of_the_document(code: str) -> None:
    assert OURS[code] in DOCUMENTED
    assert code_of(FAILED, code) == OURS[code]
    assert meaning_of(FAILED, code) == str(CATALOGUE[code].meaning)


def test_no_code_of_ours_is_without_one() -> None:
    assert dict(words.CODE) == OURS
    assert sorted(OURS) == sorted(BY_GROUP[Group.BONGSU])


@pytest.mark.parametrize("code", ["", None, "9999", "SMPP:8", "0"])
def test_a_failure_without_a_code_of_the_document_is_others(code: str | None) -> None:
    """Never 0 either, which would be a success."""
    assert code_of(FAILED, code) == "3014"


def test_what_another_carrier_says_is_told_as_others() -> None:
    assert meaning_of(FAILED, "SMPP:8") == str(CATALOGUE["3014"].meaning) == "Failed for another reason"


@pytest.mark.parametrize("code", ["0", "", None, "000"])
def test_what_arrived_is_0_whatever_the_carrier_called_it(code: str | None) -> None:
    assert code_of(MessageState.DELIVERED, code) == "0"
    assert meaning_of(MessageState.DELIVERED, code) == "Delivered"


@pytest.mark.parametrize("code", ["B007", "B008", None])
def test_what_nobody_knows_timed_out(code: str | None) -> None:
    assert code_of(MessageState.UNKNOWN, code) == "2000"


def test_what_was_canceled() -> None:
    assert code_of(MessageState.CANCELED, result_codes.CANCELED) == "3014"
    assert meaning_of(MessageState.CANCELED, result_codes.CANCELED) == "Canceled"


def test_meanings_are_english_in_any_language() -> None:
    with translation.override("ko"):
        assert str(CATALOGUE["3001"].meaning) != "No such subscriber"
        assert meaning_of(FAILED, "3001") == "No such subscriber"
        assert meaning_of(FAILED, "B001") == "Opted out"


def test_every_state_has_its_word() -> None:
    assert dict(words.STATUS) == {
        "READY": "READY",
        "SENT": "PROCESSING",
        "DELIVERED": "COMPLETED",
        "FAILED": "COMPLETED",
        "CANCELED": "COMPLETED",
        "UNKNOWN": "COMPLETED",
    }
    assert set(words.STATUS) == set(MessageState.values)


def test_every_end_is_a_success_or_a_failure() -> None:
    assert dict(words.RESULT) == {
        "DELIVERED": "success",
        "FAILED": "fail",
        "CANCELED": "fail",
        "UNKNOWN": "fail",
    }
    assert set(words.RESULT) == {state for state, word in words.STATUS.items() if word == "COMPLETED"}


def test_every_purpose_is_one_of_two_content_types() -> None:
    assert dict(words.CONTENT_TYPE) == {"GENERAL": "COMM", "AUTH": "COMM", "AD": "AD"}
    assert set(words.CONTENT_TYPE) == set(Purpose.values)


def test_times_are_koreas() -> None:
    at = datetime(2026, 11, 22, 15, 4, 5, 678_999, tzinfo=UTC)
    assert time_of(at) == "2026-11-23 00:04:05"
    assert words.request_time(at) == "2026-11-23T00:04:05.678"
