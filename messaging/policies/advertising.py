"""The statements that the law wants in advertising: `(광고)` first, and last how to refuse it for free.

The body is looked at as it was written, of every type of message: a subject is no place for them, and
values of placeholders never stand inside them. Nothing may stand before `(광고)`, neither white space nor
what nobody sees; after the number white space may. The last statement is `무료수신거부` or `무료거부`,
also in square brackets and with spaces in it, then the number of the line, whose digits may be separated by
one hyphen or space each.
"""

import re
import unicodedata
from itertools import islice

from django.utils.translation import gettext_lazy as _

from messaging.content.rendering import PLACEHOLDER
from messaging.result_codes import Text
from senders.phone_numbers import format_number

OPENING = "(광고)"
CLOSING = "무료거부"  # the shorter of the two: an SMS has 90 bytes

NO_OPENING = "opening"
ENGLISH_OPENING = "english_opening"
LATE_OPENING = "late_opening"
NO_CLOSING = "closing"
OTHER_NUMBER = "other_number"
NO_NUMBER = "no_number"

# Letters that draw nothing, beside what Unicode calls a format or control character: fillers of Hangul, the
# joiner of graphemes, the blank of Braille, selectors of variants.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(0xFE00 + n) for n in range(16)
}
_GAP = "[ \t\u00a0\u3000]*"
_PHRASE = "무G료G(?:수G신G)?거G부".replace("G", _GAP)
_STATEMENT = rf"(?:\[{_GAP}{_PHRASE}{_GAP}\]|{_PHRASE})"
_CLOSED = re.compile(rf"{_STATEMENT}\s*(?P<number>080(?:[ -]?[0-9]){{7,8}})\s*\Z")
_UNNUMBERED = re.compile(rf"{_STATEMENT}\s*\Z")
_BETWEEN = r"[-\u2010-\u2015.\s()]{0,3}"  # (080) 123 - 4567
_ENGLISH = re.compile(r"\s*[(\[]\s*ads?\s*[)\]]", re.IGNORECASE)

_SENTENCES = {
    NO_OPENING: _("Advertising must begin with %(opening)s."),
    ENGLISH_OPENING: _("The law asks for %(opening)s in Korean at the beginning; “(Ad)” does not do."),
    LATE_OPENING: _("%(opening)s must be the very first: remove what stands before it, seen or not."),
    NO_CLOSING: _("Advertising must end with %(closing)s %(number)s, so that it can be refused for free."),
    OTHER_NUMBER: _("The last statement names another number than the chosen 080 line, %(number)s."),
    NO_NUMBER: _("The number of the 080 line, %(number)s, is missing after the last statement."),
}


def statement_problems(body: str, line_number: str) -> list[str]:
    """Codes of what the statements of a body lack, in the order of the text; empty where nothing.

    `line_number`: digits of the 080 line. `problem_sentence` says each in words.
    """
    return [code for code in (_opening_problem(body), _closing_problem(body, line_number)) if code]


def says_advertising(body: str) -> bool:
    """Whether a body begins with `(광고)` as people read it: then it calls itself advertising.

    White space and placeholders before it, whose values may be empty, change nothing, nor does what nobody
    sees, there or inside it.
    """
    shown = (letter for letter in PLACEHOLDER.sub("", body) if _is_seen(letter))
    return "".join(islice(shown, len(OPENING))) == OPENING


def names_number(text: str, number: str) -> bool:
    """Whether a text names a number (digits): its digits together, or with hyphens, dots, brackets and white
    space between them, and not as a part of a longer number.
    """
    return re.search(rf"(?<!\d)(?<!\d[-.]){_BETWEEN.join(number)}(?![-.]?\d)", text) is not None


def problem_sentence(code: str, line_number: str) -> Text:
    """What is wrong and what to do, for a code of `statement_problems`."""
    number = format_number(line_number)
    return _SENTENCES[code] % {"opening": OPENING, "closing": CLOSING, "number": number}


def apply_statements(body: str, line_number: str) -> str:
    """The body with the statements that it lacks, and nothing else changed.

    The number of another line is replaced, and what nobody sees before `(광고)` removed. Doing it twice is
    doing it once.
    """
    if not body.strip():
        return f"{OPENING}\n\n{CLOSING} {line_number}"
    return _with_closing(_with_opening(body), line_number)


def _opening_problem(body: str) -> str:
    if body.startswith(OPENING):
        return ""
    if _without_unseen_beginning(body).startswith(OPENING):
        return LATE_OPENING
    return ENGLISH_OPENING if _ENGLISH.match(body) else NO_OPENING


def _is_seen(letter: str) -> bool:
    is_blank = letter.isspace() or letter in _BLANK_LETTERS
    return not is_blank and unicodedata.category(letter) not in ("Cf", "Cc")


def _without_unseen_beginning(body: str) -> str:
    """The body from its first letter that can be seen."""
    first = next((at for at, letter in enumerate(body) if _is_seen(letter)), 0)
    return body[first:]


def _closing_problem(body: str, line_number: str) -> str:
    if closed := _CLOSED.search(body):
        return "" if _digits(closed["number"]) == line_number else OTHER_NUMBER
    return NO_NUMBER if _UNNUMBERED.search(body) else NO_CLOSING


def _digits(written: str) -> str:
    return written.replace("-", "").replace(" ", "")


def _with_opening(body: str) -> str:
    problem = _opening_problem(body)
    if problem == LATE_OPENING:
        return _without_unseen_beginning(body)
    return f"{OPENING} {body}" if problem else body


def _with_closing(body: str, line_number: str) -> str:
    problem = _closing_problem(body, line_number)
    if problem == OTHER_NUMBER and (closed := _CLOSED.search(body)):
        start, end = closed.span("number")
        return f"{body[:start]}{line_number}{body[end:]}"
    if problem == NO_NUMBER:
        return f"{body.rstrip()} {line_number}"
    if problem == NO_CLOSING:
        between = "" if body.endswith("\n") else "\n"
        return f"{body}{between}{CLOSING} {line_number}"
    return body
