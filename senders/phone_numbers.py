"""Which numbers may be sender numbers (`format_number` groups them as people read them). Pure.

Source: the console guide, "Pre-register Sender Numbers": a fixed line with its area code, 010, 15YY/16YY/18YY
and 0N0 without an area code before them, 8 to 11 digits, not from the ranges that no carrier assigns.
"""

import re
import unicodedata

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.formatting import group_phone_number as format_number

__all__ = ["WrongNumber", "format_number", "is_valid", "normalize", "validate"]

MIN_DIGITS = 8
MAX_DIGITS = 11
SEOUL = "02"
AREA_CODES = (
    SEOUL,
    *("031", "032", "033", "041", "042", "043", "044", "051", "052", "053", "054", "055"),
    *("061", "062", "063", "064"),
)
MOBILE = "010"
INTERNET_PHONE = "070"
COMMON_SERVICE = ("030", "050", "060", INTERNET_PHONE, "080")
OFFICIAL = ("15", "16", "18")

# What people put between digits. Anything else in a number is a mistake, not a separator.
_SEPARATORS = re.compile(r"[\s().\-‐‑‒–—―−·]+")


class WrongNumber(ValueError):
    """A number that may not be a sender number; `sentence` says why, for a person."""

    def __init__(self, sentence: Promise) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def normalize(text: str) -> str:
    """The digits of a number as dialled at home: separators, full-width digits and +82 are understood.

    WrongNumber where anything but digits is left.
    """
    bare = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if bare.startswith("+82"):
        bare = "0" + bare.removeprefix("+82").removeprefix("0")
    if not bare:
        raise WrongNumber(_("Enter a number."))
    if not (bare.isascii() and bare.isdigit()):
        raise WrongNumber(_("Use digits only; hyphens and spaces may stand between them."))
    return bare


def validate(text: str) -> str:
    """The digits of a number that may be a sender number. WrongNumber says in one sentence why not."""
    number = normalize(text)
    if _has_needless_area_code(number):
        raise WrongNumber(_("No area code may stand before 010, 0N0, 15YY, 16YY or 18YY. Leave it out."))
    if len(number) < MIN_DIGITS:
        raise WrongNumber(_("This number is too short: a sender number has 8 to 11 digits."))
    if len(number) > MAX_DIGITS:
        raise WrongNumber(_("This number is too long: a sender number has 8 to 11 digits."))
    problem = _problem_of(number)
    if problem is not None:
        raise WrongNumber(problem)
    return number


def is_valid(text: str) -> bool:
    """Whether the number may be a sender number."""
    try:
        validate(text)
    except WrongNumber:
        return False
    return True


def _area_code(number: str) -> str:
    return next((code for code in AREA_CODES if number.startswith(code)), "")


def _has_needless_area_code(number: str) -> bool:
    """Whether an area code stands before a number that is whole without it."""
    area = _area_code(number)
    rest = number.removeprefix(area)
    if not area or not MIN_DIGITS <= len(rest) <= MAX_DIGITS:
        return False
    return rest.startswith((MOBILE, *COMMON_SERVICE, *OFFICIAL)) and _problem_of(rest) is None


def _problem_of(number: str) -> Promise | None:
    if number.startswith(MOBILE):
        return _problem_of_mobile(number)
    if number.startswith(COMMON_SERVICE):
        return _problem_of_common_service(number)
    area = _area_code(number)
    if area:
        return _problem_of_fixed_line(number.removeprefix(area))
    if not number.startswith("0"):
        return _problem_of_official(number)
    return _(
        "No sender number begins like this. Use a number with its area code, 010, 15YY, 16YY, 18YY or 0N0."
    )


def _problem_of_mobile(number: str) -> Promise | None:
    if number[3] in "01":
        return _("Numbers that begin with 010-0 or 010-1 are assigned to nobody.")
    return None if len(number) == 11 else _("A mobile phone number has 11 digits: 010-0000-0000.")


def _problem_of_common_service(number: str) -> Promise | None:
    if number.startswith(INTERNET_PHONE):
        if number[3] in "01":
            return _("Numbers that begin with 070-0 or 070-1 are assigned to nobody.")
        return None if len(number) == 11 else _("A number that begins with 070 has 11 digits.")
    return None if len(number) >= 10 else _("A number that begins with 0N0 has 10 or 11 digits.")


def _problem_of_fixed_line(local: str) -> Promise | None:
    if local.startswith("0"):
        return _("No number begins with 0 after the area code.")
    return None if len(local) in (7, 8) else _("A number has 7 or 8 digits after its area code.")


def _problem_of_official(number: str) -> Promise | None:
    if not number.startswith(OFFICIAL):
        return _("Put the area code before a fixed number, for example 02-123-4567.")
    return None if len(number) == 8 else _("A number that begins with 15YY, 16YY or 18YY has 8 digits.")
