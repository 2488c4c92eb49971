"""The API's own words for our states, codes and times: the one table of each."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from django.utils import translation

from messaging import result_codes
from messaging.result_codes import CATALOGUE, Group
from messaging.states import MessageState, Purpose, RequestState
from senders.models import OptOutSource

HOME = ZoneInfo("Asia/Seoul")
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

SUCCESS, FAIL, RESERVED = "success", "fail", "reserved"
READY, PROCESSING, COMPLETED = "READY", "PROCESSING", "COMPLETED"
COMM, AD = "COMM", "AD"

# The document's three states of a message over our six. What nobody knows is over for a program: it asks no
# further, and where the result comes after all it reads that.
STATUS: Mapping[str, str] = {
    MessageState.READY: READY,
    MessageState.SENT: PROCESSING,
    MessageState.DELIVERED: COMPLETED,
    MessageState.FAILED: COMPLETED,
    MessageState.CANCELED: COMPLETED,
    MessageState.UNKNOWN: COMPLETED,
}
# The two kinds of result, of what is COMPLETED.
RESULT: Mapping[str, str] = {
    MessageState.DELIVERED: SUCCESS,
    MessageState.FAILED: FAIL,
    MessageState.CANCELED: FAIL,
    MessageState.UNKNOWN: FAIL,
}
# How a refusal came: by a call to the 080 number, or by anybody's hand, a program's too.
REGISTERED_BY: Mapping[str, str] = {each: "C" if each == OptOutSource.CALL else "M" for each in OptOutSource}
CONTENT_TYPE: Mapping[str, str] = {
    Purpose.GENERAL: COMM,
    Purpose.AUTHENTICATION: COMM,
    Purpose.ADVERTISING: AD,
}

CANCELED, FAILED, DONE, STALE = "CANCELED", "FAIL", "DONE", "STALE"

# The document's states of a reservation over ours of a request. One that is over is DONE where anything of it
# was handed over; else it is FAIL, or STALE where all of it was too late (`reservations`).
RESERVATION: Mapping[str, str] = {
    RequestState.WAITING: READY,
    RequestState.LOADING: READY,
    RequestState.HELD: READY,
    RequestState.SCHEDULED: READY,
    RequestState.SENDING: PROCESSING,
    RequestState.COMPLETED: DONE,
    RequestState.CANCELING: CANCELED,
    RequestState.CANCELED: CANCELED,
    RequestState.FAILED: FAILED,
}
# The codes of what was too late to send: ours, and the relay's.
TOO_LATE = frozenset({result_codes.EXPIRED, "1019"})

DELIVERED, TIMEOUT, OTHERS = "0", "2000", "3014"
# Our own codes as the nearest of the document's: a program knows its table and no other.
CODE: Mapping[str, str] = {
    result_codes.OPTED_OUT: "E917",  # blocked by the customer's own list
    result_codes.ADVERTISING_HOURS: "E919",  # prohibited by a limit of hours
    result_codes.DUPLICATE: "E915",
    result_codes.UNSENDABLE_CHARACTER: "3022",
    # No code is about the length of a text (3016 is about attachments, 1020 about characters), and a text
    # that is too long is one that the operator cannot take as it is.
    result_codes.TOO_LONG: "3009",
    result_codes.CANCELED: OTHERS,
    result_codes.NO_REPORT: TIMEOUT,
    result_codes.OUTCOME_UNKNOWN: TIMEOUT,
    result_codes.SENDER_NOT_APPROVED: "3023",
    result_codes.CARRIER_UNAVAILABLE: "S001",
    result_codes.WRONG_NUMBER: "1002",
    result_codes.MISSING_VALUE: "1010",
    result_codes.COUNTRY_NOT_ALLOWED: "3015",
    result_codes.LIMIT_REACHED: "S004",
    result_codes.ATTACHMENT_MISSING: "S006",
    result_codes.NO_ROUTE: "3015",
    result_codes.EXPIRED: "1019",
    result_codes.PROJECT_CLOSED: "1018",
    result_codes.LINE_CLOSED: "1018",
    result_codes.ABROAD_OFF: "3015",
    result_codes.COUNTRY_BLOCKED: "3015",
}


def request_time(moment: datetime) -> str:
    """`yyyy-MM-dd'T'HH:mm:ss.SSS`, in Korea."""
    return moment.astimezone(HOME).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}"


def time_of(moment: datetime) -> str:
    """`yyyy-MM-dd HH:mm:ss`, in Korea."""
    return moment.astimezone(HOME).strftime(TIME_FORMAT)


def code_of(state: str, code: str | None) -> str:
    """The document's code of a message that is COMPLETED, from our state and code; a code of no table of the
    document's is “others”.
    """
    if state == MessageState.DELIVERED:
        return DELIVERED
    if state == MessageState.UNKNOWN:
        return TIMEOUT
    code = CODE.get(code or "", code or "")
    known = CATALOGUE.get(code)
    is_documented = known is not None and known.group != Group.BONGSU and code != DELIVERED
    return code if is_documented else OTHERS


def meaning_of(state: str, code: str | None) -> str:
    """What the result means, in English whatever the language of the call: of our own code where it has one,
    which says more than the nearest of the document's.
    """
    if state == MessageState.DELIVERED:
        return _in_english(DELIVERED)
    return _in_english(code if code in CATALOGUE else code_of(state, code))


@cache
def _in_english(code: str) -> str:
    """The meaning of a code of the catalogue."""
    with translation.override("en"):
        return str(result_codes.lookup(code).meaning)


def local(moment: datetime) -> str:
    """A LocalDateTime, `yyyy-MM-dd'T'HH:mm:ss`, in Korea."""
    return moment.astimezone(HOME).strftime("%Y-%m-%dT%H:%M:%S")
