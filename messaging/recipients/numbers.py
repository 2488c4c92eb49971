"""Recipient numbers as people write them, made one: rules without a database.

A number is `(country_code, number, repaired)`: for Korea 82 and the digits as they are dialled at home
("01012345678"); for another country its code (`messaging.content.countries`) and the digits after it, so that
`f"+{code}{number}"` is E.164.
What cannot be one is `WrongNumber`, with one of the three codes below.

Accepted: `+`, `-`, spaces, dots and brackets anywhere; `010…`, `8210…`, `+8210…`, `+82 (0)10…`; fixed lines
with their area code; 0N0 and 050N service numbers; 15YY, 16YY and 18YY. A number whose leading zero a
spreadsheet dropped is repaired. Sources: the console guide (sending, template files) and the national
numbering plan.
"""

import re
import unicodedata
from typing import NamedTuple

from messaging.content.countries import destination

KOREA = 82

MISSING = "missing_number"
WRONG_FORMAT = "wrong_number"
LOST_DIGITS = "lost_digits"


class Number(NamedTuple):
    """One recipient. `repaired`: a leading zero was put back."""

    country_code: int
    number: str
    repaired: bool = False


class WrongNumber(ValueError):
    """Not a number. `code` is MISSING, WRONG_FORMAT or LOST_DIGITS; `reason` refines it."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


# Digits of a whole domestic number by how it begins; the longest beginning that is listed decides.
LENGTHS: dict[str, range] = {
    "010": range(11, 12),
    **{prefix: range(10, 12) for prefix in ("011", "016", "017", "018", "019")},
    "02": range(9, 11),
    **{
        f"0{area}": range(10, 12) for area in (31, 32, 33, 41, 42, 43, 44, 51, 52, 53, 54, 55, 61, 62, 63, 64)
    },
    "070": range(11, 12),
    **{f"0{n}0": range(10, 13) for n in (3, 5, 6, 8)},
    **{f"050{n}": range(11, 13) for n in range(2, 9)},
    **{prefix: range(8, 9) for prefix in ("15", "16", "18")},
}
LONGEST_PREFIX = max(map(len, LENGTHS))

IGNORED = re.compile(r"[\s\-().\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})", re.ASCII)
STORED_AS_NUMBER = re.compile(r"(\d+)\.0+", re.ASCII)
MAX_WRITTEN = 40


def read_number(written: str) -> Number:
    """The recipient that a cell or a line means. Raises WrongNumber."""
    text = written
    if not (text.isascii() and text.isdigit()):
        text = plain(written)
    if text.startswith("+"):
        return with_country_code(text[1:])
    if not text:
        raise WrongNumber(MISSING)
    if not (text.isascii() and text.isdigit()):
        raise WrongNumber(WRONG_FORMAT, "characters")
    return without_plus(text)


def plain(written: str) -> str:
    """Only what counts of a number: digits, and a plus in front. Anything else stays, to be refused."""
    if len(written) > MAX_WRITTEN:
        raise WrongNumber(WRONG_FORMAT, "too_long")
    text = unicodedata.normalize("NFKC", written).strip().removeprefix("'").strip()
    if stored := STORED_AS_NUMBER.fullmatch(text):
        text = stored[1]
    elif scientific := SCIENTIFIC.fullmatch(text):
        text = from_scientific(*scientific.groups(default=""))
    return IGNORED.sub("", text)


def from_scientific(first: str, rest: str, exponent: str) -> str:
    """The digits of `1.012345678E+09`; refused where the text no longer holds all of them."""
    if len(rest) != int(exponent):
        raise WrongNumber(LOST_DIGITS)
    return first + rest


def without_plus(digits: str) -> Number:
    """Digits only: a domestic number, with 82 in front, without its zero, or of another country."""
    if is_domestic(digits):
        return Number(KOREA, digits)
    if digits.startswith("0"):
        raise WrongNumber(WRONG_FORMAT, wrong_length(digits))
    if digits.startswith("82") and (home := domestic_after_code(digits[2:])):
        return Number(KOREA, home)
    restored = "0" + digits
    repairable = is_domestic(restored)
    if repairable and digits.startswith("1"):  # mobile: no country's number looks like it
        return Number(KOREA, restored, repaired=True)
    if foreign := international(digits, strict=True):
        return foreign
    if repairable:
        return Number(KOREA, restored, repaired=True)
    raise WrongNumber(WRONG_FORMAT, wrong_length(digits))


def with_country_code(digits: str) -> Number:
    """The digits after a plus."""
    if not (digits.isascii() and digits.isdigit()):
        raise WrongNumber(WRONG_FORMAT, "characters")
    if digits.startswith("82"):
        if home := domestic_after_code(digits[2:]):
            return Number(KOREA, home)
    elif foreign := international(digits, strict=False):
        return foreign
    raise WrongNumber(WRONG_FORMAT, wrong_length(digits))


def domestic_after_code(rest: str) -> str:
    """The number as dialled at home for what follows 82, or an empty text."""
    if is_domestic(rest):  # +82 (0)10… and +82 1588…
        return rest
    return "0" + rest if is_domestic("0" + rest) else ""


def is_domestic(digits: str) -> bool:
    """Whether digits are a whole number as dialled in Korea."""
    for size in range(LONGEST_PREFIX, 1, -1):
        if lengths := LENGTHS.get(digits[:size]):
            return len(digits) in lengths
    return False


def wrong_length(digits: str) -> str:
    """Why digits are no number, as far as their count tells."""
    if len(digits) < 8:
        return "too_short"
    for size in range(LONGEST_PREFIX, 1, -1):
        if lengths := LENGTHS.get(digits[:size]):
            return "too_short" if len(digits) < lengths.start else "too_long"
    return "too_long" if len(digits) > 15 else "unknown"


def international(digits: str, *, strict: bool) -> Number | None:
    """A number of another country, from its digits with the country code.

    `strict` asks that the number is of a range in use: for digits that were written without a plus.
    """
    import phonenumbers  # 10 MB and a tenth of a second: only where a file needs it

    try:
        parsed = phonenumbers.parse("+" + digits, None)
    except phonenumbers.NumberParseException:
        return None
    holds = phonenumbers.is_valid_number if strict else phonenumbers.is_possible_number
    if parsed.country_code in (None, KOREA) or not holds(parsed):
        return None
    return Number(*destination(parsed.country_code, phonenumbers.national_significant_number(parsed)))
