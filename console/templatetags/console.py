"""Tags and filters of the console's templates: `{% load console %}`.

chip        {% chip request %}, {% chip request "state" %} or {% chip member %}
phone       {{ number|phone }} unmasked; {% phone_number number %} masked where the role may not see it
when        {% when moment %}: absolute, with the relative time beside it
day         {{ moment|day }}; {{ moment|minute }} with the time; {{ moment|clock }} and
            {{ moment|clock_second }} the time alone
number      {{ count|number }}
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import formatting
from console.accounts.roles import Permission
from console.choices import ColouredChoices, coloured
from console.paging import KeysetPage

register = template.Library()
COLOURS = frozenset({"grey", "blue", "green", "amber", "red"})


@register.simple_tag
def chip(thing: Any, field: str = "state") -> SafeString:
    """The chip of a state: of a member of coloured choices, or of that field of a model's instance."""
    state = thing if isinstance(thing, ColouredChoices) else coloured(thing, field)
    return _chip(state.label, state.colour)


@register.simple_tag
def word_chip(word: Any, colour: str) -> SafeString:
    """A chip of any word, in one of the palette's colours."""
    return _chip(word, colour)


def _chip(word: Any, colour: str) -> SafeString:
    if colour not in COLOURS:
        raise ValueError(f"{colour!r} is no colour of the palette.")
    return format_html('<span class="b-chip b-chip-{}"><span class="b-dot"></span>{}</span>', colour, word)


@register.filter
def phone(number: str | None) -> str:
    """The number as people read it."""
    return formatting.group_phone_number(number or "")


@register.simple_tag(takes_context=True)
def phone_number(context: Context, number: str | None) -> SafeString:
    """The number grouped, and masked unless this person may read personal data here."""
    scope = context["request"].scope
    open_to_person = scope.allows(Permission.READ_PERSONAL_DATA)
    write = formatting.group_phone_number if open_to_person else formatting.mask_phone_number
    return format_html('<span class="b-phone-number">{}</span>', write(number or ""))


@register.simple_tag
def when(moment: datetime | None) -> SafeString:
    """The moment in the project's zone, with the relative time beside it; a dash where there is none."""
    if moment is None:
        return SafeString("–")
    return format_html(
        '<time class="b-when" datetime="{}">{} <span class="b-subtle">{}</span></time>',
        moment.isoformat(),
        formatting.absolute_time(moment),
        formatting.relative_time(moment),
    )


def _filter(write: Callable[[Any], str]) -> None:
    """A filter by the name of the function; what is not there is written as nothing."""
    register.filter(write.__name__, lambda moment: write(moment) if moment else "")


for _write in (formatting.day, formatting.minute, formatting.clock, formatting.clock_second):
    _filter(_write)


@register.filter
def number(value: int | float | None) -> str:
    return formatting.group_number(value)


@register.simple_tag
def percent(part: int, whole: int) -> int:
    return formatting.percent(part, whole)


@register.inclusion_tag("console/components/pager.html", takes_context=True)
def pager(context: Context, page: KeysetPage[Any]) -> dict[str, str]:
    """Links to the newer and the older page of the list, with every filter kept."""
    return page.links(context["request"].GET)
