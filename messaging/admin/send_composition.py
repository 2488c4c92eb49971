"""A text while it is written: how long it is, what cannot be sent, which placeholders it has. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from messaging.content.countries import country_of
from messaging.content.length import (
    REPLACEMENT,
    byte_length,
    international_parts,
    is_unsendable,
    normalize_newlines,
    replace_unsendable,
    unsendable,
)
from messaging.content.limits import TYPES_ABROAD, UCS2, TextLimits, TextType, text_limits
from messaging.content.rendering import PLACEHOLDER, near_misses, placeholders
from messaging.content.sender_policy import SenderPolicy, SenderRule, policy_of, with_signature
from messaging.states import MessageType

SHOWN = 5
QUOTED = 160  # characters, in the last question before sending


@dataclass(frozen=True, slots=True)
class Odd:
    """A character that cannot be sent, and where it stands first. `place` counts characters from 1."""

    character: str
    name: str
    place: int
    line: int
    times: int


class Reach(NamedTuple):
    """Where a text goes: while nobody knows, home. At home EUC-KR bytes count, abroad parts.

    `countries`: those abroad, as far as they are known.
    """

    home: bool = True
    abroad: bool = False
    countries: frozenset[int] = frozenset()


HOME = Reach()


@dataclass(frozen=True)
class Composition:
    """A subject and a body of one type. `has_keys`: `##key##` is a placeholder here, not plain text.

    `replaces`: at home, what cannot be sent becomes `?`.
    """

    message_type: MessageType
    subject: str
    body: str
    has_keys: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    reach: Reach = HOME
    replaces: bool = False

    @property
    def limits(self) -> TextLimits:
        return text_limits(self.message_type)

    @property
    def has_subject(self) -> bool:
        return self.limits.subject_bytes > 0

    @cached_property
    def shown_subject(self) -> str:
        """The subject with the chosen row's values; empty where the type has none."""
        return self._fill(self.subject) if self.has_subject else ""

    @cached_property
    def shown_body(self) -> str:
        return self._fill(self.body)

    def _fill(self, text: str) -> str:
        text = normalize_newlines(text)
        if not self.has_keys:
            return text
        return PLACEHOLDER.sub(lambda match: self.values.get(match[1], match[0]), text)

    @property
    def is_estimate(self) -> bool:
        """Whether values are still missing, so that the sizes are the least that a message will have."""
        return bool(set(self.keys) - set(self.values))

    @cached_property
    def body_bytes(self) -> int:
        return byte_length(self._without_missing(self.shown_body))

    @cached_property
    def subject_bytes(self) -> int:
        return byte_length(self._without_missing(self.shown_subject))

    def _without_missing(self, text: str) -> str:
        return PLACEHOLDER.sub("", text) if self.is_estimate else text

    @property
    def bytes_over(self) -> int:
        return max(0, self.body_bytes - self.limits.body_bytes) if self.reach.home else 0

    @property
    def subject_is_too_long(self) -> bool:
        return self.has_subject and self.subject_bytes > self.limits.subject_bytes

    @property
    def fits_as_lms(self) -> bool:
        """Whether the text is too long for an SMS, but not for an LMS, and an LMS reaches all recipients."""
        is_too_long = self.message_type == MessageType.SMS and self.bytes_over > 0
        return (
            is_too_long and not self.reach.abroad and self.body_bytes <= text_limits(TextType.LMS).body_bytes
        )

    @property
    def only_sms_reaches(self) -> bool:
        """Whether some recipients are where this type cannot be sent."""
        return self.reach.abroad and self.message_type not in TYPES_ABROAD

    @cached_property
    def parts_abroad(self) -> int:
        """How many parts each recipient abroad gets, and is billed; 0 where there is none."""
        if not self.reach.abroad or self.only_sms_reaches:
            return 0
        text = self._without_missing(self.shown_body)
        signed = (with_signature(text, country) for country in self.reach.countries)
        return max(map(international_parts, {text, *signed}))

    @property
    def most_parts(self) -> int:
        return UCS2.max_parts

    @property
    def has_too_many_parts(self) -> bool:
        return self.parts_abroad > self.most_parts

    @cached_property
    def odd(self) -> list[Odd]:
        """What cannot be sent of subject and body, each character once, in order."""
        if not self.reach.home:
            return []
        return odd_characters(self.shown_subject) + odd_characters(self.shown_body)

    @property
    def is_refused(self) -> bool:
        """Whether it holds what cannot be sent and is not replaced."""
        return bool(self.odd) and not self.replaces

    @property
    def sent_body(self) -> str:
        """The body as the phone shows it, without marks."""
        if self.only_country is not None:
            return with_signature(self.shown_body, self.only_country)
        return replace_unsendable(self.shown_body) if self.replaces and self.reach.home else self.shown_body

    @property
    def only_country(self) -> int | None:
        """The one country that it goes to, where that is abroad."""
        is_one = not self.reach.home and len(self.reach.countries) == 1
        return next(iter(self.reach.countries)) if is_one else None

    @property
    def keys(self) -> list[str]:
        if not self.has_keys:
            return []
        return placeholders(self.subject, self.body) if self.has_subject else placeholders(self.body)

    @property
    def near_misses(self) -> list[str]:
        return near_misses(self.body)[:SHOWN] if self.has_keys else []

    @property
    def marked_body(self) -> SafeString:
        """The body as it will be shown, with what cannot be sent marked."""
        return self._marked(self.sent_body if self.only_country is not None else self.shown_body)

    @property
    def marked_subject(self) -> SafeString:
        return marked(self.shown_subject, replaces=self.replaces)

    @property
    def quoted_body(self) -> SafeString:
        """The beginning of the same."""
        text = self.shown_body
        return self._marked(text if len(text) <= QUOTED else text[: QUOTED - 1] + "…")

    def _marked(self, text: str) -> SafeString:
        return marked(text, replaces=self.replaces) if self.reach.home else format_html("{}", text)


def sender_notes(countries: Iterable[int]) -> list[str]:
    """What the phones of these countries show in place of what was entered, by the country."""
    found = ((code, policy_of(code)) for code in sorted(countries))
    return [_sender_note(code, policy) for code, policy in found if policy != SenderPolicy()]


def _sender_note(code: int, policy: SenderPolicy) -> str:
    country = country_of(code)
    words = {"country": country.name if country else f"+{code}", "signature": policy.signature}
    if policy.signature:
        said = _("%(country)s: phones show another number as the sender, and %(signature)s before the text.")
    elif policy.rule == SenderRule.FIXED:
        said = _("%(country)s: phones show the carrier’s own number as the sender.")
    elif policy.fixed_on_request:
        said = _(
            "%(country)s: phones show another number as the sender, or one that the carrier fixed for you."
        )
    else:
        said = _("%(country)s: phones show another number as the sender.")
    return said % words


def odd_characters(text: str) -> list[Odd]:
    """The characters of a text that cannot be sent, each once."""
    found: dict[str, list[int]] = {}
    for place, character in unsendable(text):
        found.setdefault(character, []).append(place)
    return [
        Odd(character, name_of(character), places[0] + 1, text.count("\n", 0, places[0]) + 1, len(places))
        for character, places in found.items()
    ]


def name_of(character: str) -> str:
    """What to call a character that may not be visible."""
    return unicodedata.name(character, f"U+{ord(character):04X}").capitalize()


def marked(text: str, *, replaces: bool = False) -> SafeString:
    """A text as HTML, every run of characters that cannot be sent in a mark, or as marked `?`."""
    return format_html_join("", "{}", ((piece,) for piece in pieces(text, replaces=replaces)))


def pieces(text: str, *, replaces: bool = False) -> Sequence[SafeString | str]:
    """The text in runs, those that cannot be sent as marks."""
    if not unsendable(text):
        return [text]
    runs: list[tuple[bool, str]] = []
    for character in text:
        odd = is_unsendable(character)
        if runs and runs[-1][0] == odd:
            runs[-1] = (odd, runs[-1][1] + character)
        else:
            runs.append((odd, character))
    return [(mark_replaced(run) if replaces else mark(run)) if odd else run for odd, run in runs]


def mark(run: str) -> SafeString:
    """Characters that cannot be sent."""
    return format_html('<mark class="b-unsendable">{}</mark>', run)


def mark_replaced(run: str) -> SafeString:
    """What is sent in their place; the characters themselves are its title."""
    return format_html('<mark class="b-replaced" title="{}">{}</mark>', run, REPLACEMENT * len(run))
