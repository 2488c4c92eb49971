"""One number at a time: a country, a number, and what is wrong with them, said at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from console.accounts.models import Project
from console.formatting import group_number, group_phone_number
from messaging.content.countries import COUNTRIES, HOME, country_of, in_order, label_of, name_of
from messaging.recipients.numbers import KOREA, MISSING, Number, WrongNumber
from messaging.recipients.one_number import as_written, read_number_in
from messaging.recipients.problems import fault_sentence
from messaging.recipients.typed import MAX_TYPED, SEPARATOR, TypedRecipients
from messaging.sending.international import countries_of, settings_of
from messaging.sending.international_rules import country_refusal

CODE = re.compile(r"\+?\s*(\d{1,4})\s*\)?\s*")
DIALLED = re.compile(r"\(\+(\d{1,4})\)\s*")
HOME_NAMES = (HOME.english, HOME.korean, "한국", "Korea")


@dataclass(frozen=True, slots=True)
class CountryChoice:
    """A country as a person chooses it. `is_open`: whether the project may send there now."""

    label: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a number: the line that joins the list, or why none does."""

    line: str = ""
    shown: str = ""
    problem: str = ""
    is_full: bool = False


def country_choices(project: Project) -> list[CountryChoice]:
    """Every country: Korea, those that the project may send to, then the others, each by name."""
    rules = countries_of(settings_of(project.pk))
    is_open = {each.code: not rules.refusal(each.code) for each in COUNTRIES}
    order = in_order(code for code, may in is_open.items() if may)
    others = [CountryChoice(name_of(each.code), is_open[each.code]) for each in order]
    return [CountryChoice(label_of(KOREA), is_open=True), *others]


def country_named(typed: str) -> int | None:
    """The code of the country that is meant: by its code, by its name, or by enough of it; None of none."""
    typed = typed.strip()
    if not typed:
        return KOREA
    if found := DIALLED.search(typed) or CODE.fullmatch(typed):
        code = int(found[1])
        return code if code == KOREA or country_of(code) else None
    words = typed.casefold()
    if words in map(str.casefold, HOME_NAMES):
        return KOREA
    codes = set(_codes_named(words))
    return codes.pop() if len(codes) == 1 else None


def _codes_named(words: str) -> Iterator[int]:
    """Those whose name it is; else those whose names begin so."""
    names = [(name.casefold(), each.code) for each in COUNTRIES for name in (each.english, each.korean)]
    whole = [code for name, code in names if name == words]
    yield from whole or [code for name, code in names if name.startswith(words)]


def add_number(project: Project, form: Any) -> Added:
    """Read the number of the form for its country, and say whether it joins the list."""
    typed: TypedRecipients = form.typed
    country = country_named(form.raw("one_country"))
    if country is None:
        return Added(problem=_("No country has this name or code. Choose one of the list."))
    if typed.total >= MAX_TYPED:
        limit = group_number(MAX_TYPED)
        return Added(problem=_("The list is full: %(limit)s numbers.") % {"limit": limit}, is_full=True)
    try:
        number = _read(country, form.raw("one_number"))
    except WrongNumber as wrong:
        return Added(problem=_why(wrong))
    problem = _refusal(project, typed, number)
    return Added(problem=problem) if problem else Added(_line(number), shown_number(number))


def _read(country: int, written: str) -> Number:
    if SEPARATOR.search(written.strip()):
        raise WrongNumber("several")
    return read_number_in(country, written)


def _why(wrong: WrongNumber) -> str:
    if wrong.code == MISSING:
        return _("Type a number first.")
    if wrong.code == "several":
        return _("One number at a time here. Paste several of them into the list below.")
    return fault_sentence(wrong.code, {"reason": wrong.reason} if wrong.reason else {})


def _refusal(project: Project, typed: TypedRecipients, number: Number) -> str:
    same = [each for each in typed.numbers if each[:2] == number[:2]]
    if same:
        return _("%(number)s stands in the list already.") % {"number": shown_number(number)}
    return str(country_refusal(project, number.country_code))


def _line(number: Number) -> str:
    return group_phone_number(number.number) if number.country_code == KOREA else as_written(number)


def shown_number(number: Number) -> str:
    """A number as people read it."""
    return _line(number) if number.country_code == KOREA else f"+{number.country_code} {number.number}"
