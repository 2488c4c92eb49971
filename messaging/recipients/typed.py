"""Recipients as people type or paste them: one a line, or separated by commas, semicolons or tabs. Pure."""

import re
from dataclasses import dataclass, field

from messaging.recipients.numbers import Number, WrongNumber, read_number

SEPARATOR = re.compile(r"[\r\n,;\t，；、]")
MAX_TYPED = 1000


@dataclass(frozen=True, slots=True)
class WrongLine:
    """One entry that is no number. `place` counts entries from 1, blank ones left out."""

    place: int
    written: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """One entry whose number stood before, at `first`."""

    place: int
    written: str
    first: int


@dataclass(slots=True)
class TypedRecipients:
    """What a field of recipients holds. `numbers` are in their order, each once; `total` counts every entry.

    `repaired` are those that got their leading zero back, as (written, number).
    """

    numbers: list[Number] = field(default_factory=list)
    wrong: list[WrongLine] = field(default_factory=list)
    repeated: list[Repeated] = field(default_factory=list)
    repaired: list[tuple[str, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.numbers) + len(self.wrong) + len(self.repeated)

    @property
    def is_too_many(self) -> bool:
        return self.total > MAX_TYPED


def entries_of(text: str) -> list[str]:
    """Every entry as it is written, without what surrounds it."""
    return list(filter(None, (entry.strip() for entry in SEPARATOR.split(text))))


def without_wrong(text: str) -> str:
    """The entries that are numbers, one a line, as they are written."""
    wrong = {line.place for line in read_typed(text).wrong}
    return "\n".join(entry for place, entry in enumerate(entries_of(text), 1) if place not in wrong)


def read_typed(text: str) -> TypedRecipients:
    """Read every entry; what is wrong is kept with its place, so that it can be mended."""
    recipients = TypedRecipients()
    first_place: dict[tuple[int, str], int] = {}
    for place, written in enumerate(entries_of(text), 1):
        try:
            number = read_number(written)
        except WrongNumber as wrong:
            recipients.wrong.append(WrongLine(place, written, wrong.code, wrong.reason))
            continue
        first = first_place.setdefault((number.country_code, number.number), place)
        if first != place:
            recipients.repeated.append(Repeated(place, written, first))
            continue
        recipients.numbers.append(number)
        if number.repaired:
            recipients.repaired.append((written, number.number))
    return recipients
