"""Finding a resident registration number that was left unmasked in a text. Pure.

The number is `YYMMDD-GNNNNNN`: a birth date, a digit for century, sex and nationality, six more digits. Since
October 2020 new ones carry no check digit, so none is asked for: a plausible date and digit are enough.
"""

import re
import unicodedata
from datetime import date

# Older than anybody lives: what seems to be such a birth date is a corporation's number or something else.
MAX_AGE_YEARS = 110
_CENTURY = {"1": 1900, "2": 1900, "5": 1900, "6": 1900, "3": 2000, "4": 2000, "7": 2000, "8": 2000}
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffe\uffff]")
_HYPHEN = r"[-‐‑‒–—―−－ー~_./·]"
_NUMBERS = (
    # 900101-1234567, also with spaces or a line break anywhere between two digits
    re.compile(rf"(?<!\d)(\d\s?\d\s?\d\s?\d\s?\d\s?\d)\s*{_HYPHEN}\s*([1-8](?:\s?\d){{6}})(?!\d)"),
    # 900101 1234567 and 9001011234567
    re.compile(r"(?<!\d)(\d{6})\s*([1-8]\d{6})(?!\d)"),
    # 9 0 0 1 0 1 1 2 3 4 5 6 7, as letter-spaced text or boxes of a form are read
    re.compile(r"(?<!\d)(\d(?:\s\d){5})\s+([1-8](?:\s\d){6})(?!\d)"),
)
# A corporation's registration number has the same shape; its label stands right before it.
_CORPORATION = re.compile(r"법\s*인\s*등\s*록\s*번\s*호[^\d]{0,12}$")
_RESIDENT = re.compile(r"주\s*민")
_LABEL_REACH = 40


def contains_resident_number(text: str, *, today: date) -> bool:
    """Whether the text shows a resident registration number whose last six digits are not masked."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return any(
        _is_plausible(re.sub(r"\s", "", match[1]), match[2][0], today)
        and not _is_labelled_corporation(plain[max(0, match.start() - _LABEL_REACH) : match.start()])
        for pattern in _NUMBERS
        for match in pattern.finditer(plain)
    )


def _is_plausible(birth: str, digit: str, today: date) -> bool:
    try:
        born = date(_CENTURY[digit] + int(birth[:2]), int(birth[2:4]), int(birth[4:6]))
    except ValueError:
        return False
    return born <= today and today.year - born.year <= MAX_AGE_YEARS


def _is_labelled_corporation(before: str) -> bool:
    return bool(_CORPORATION.search(before)) and not _RESIDENT.search(before)
