"""What is asked of a check of a recipient file, and what comes back: plain data that crosses as JSON.

Everything said to a person is a code with parameters; `problems.py` makes the sentences.
"""

from collections import Counter as Tally
from dataclasses import asdict, dataclass, field
from typing import Any

MALFORMED = (KeyError, TypeError, ValueError, AttributeError)


class FileRefused(Exception):
    """The file as a whole cannot be used. `code` and `params` are those of `FileProblem`."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class CheckJob:
    """One file to check against one text.

    `staging_path` and `problems_path` are written whole or not at all. Sizes are EUC-KR bytes.
    `memory_mb` None: as the kind of file needs. `cpu_seconds` and `output_mb` bound the child process.
    """

    path: str
    staging_path: str
    problems_path: str
    body: str
    subject: str = ""
    message_type: str = "SMS"
    body_bytes: int = 90
    subject_bytes: int = 40
    allow_international: bool = True
    replaces_characters: bool = False
    max_rows: int = 1_000_000
    memory_mb: int | None = None
    cpu_seconds: int = 300
    output_mb: int = 2048


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Why a file was refused: exactly one code."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the file that its owner should know, though it was read."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell. `row` is the row as a spreadsheet program numbers it, from 1."""

    row: int
    column: str
    code: str
    value: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One row that can be sent, for previews. `values` are in the order of the template's keys."""

    row: int
    country_code: int
    number: str
    values: list[str]


@dataclass(slots=True)
class CheckResult:
    """What a file holds. `total_rows == sendable + duplicates + sum(problems.values())`.

    `problems` counts rows by their first fault; `too_long` rows, domestic ones, are also in it. `missing`
    counts those without a value by the column that lacks it. `unsendable` counts rows to send in whose values
    a character becomes `?`, `unsendable_repeated` duplicates too. `countries` counts rows to send by calling
    code, `countries_repeated` duplicates. `max_*_bytes` are the longest of domestic rows,
    too long ones included. `encoding` is "utf-8", "utf-8-sig", "cp949", "utf-16-le", "utf-16-be", "xlsx" or
    "xls". `opted_out` rows that can be sent go to people who refuse advertising, `opted_out_repeated`
    duplicates too; counted (`opted_out.py`) when the project's opt-outs were `opt_outs_seen` (entered,
    removed; empty: not counted yet).
    """

    encoding: str
    columns: list[str]
    keys: list[str]
    total_rows: int = 0
    sendable: int = 0
    duplicates: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    first_problems: list[Fault] = field(default_factory=list)
    first_duplicates: list[Fault] = field(default_factory=list)
    repaired: int = 0
    first_repaired: list[Fault] = field(default_factory=list)
    too_long: int = 0
    first_too_long: list[Fault] = field(default_factory=list)
    unsendable: int = 0
    unsendable_repeated: int = 0
    first_unsendable: list[Fault] = field(default_factory=list)
    max_body_bytes: int = 0
    max_subject_bytes: int = 0
    international: int = 0
    countries: dict[int, int] = field(default_factory=dict)
    countries_repeated: dict[int, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    sample: list[SampleRow] = field(default_factory=list)
    opted_out: int = 0
    opted_out_repeated: int = 0
    opt_outs_seen: list[int] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON values, as a JSONField keeps it."""
        return asdict(self)

    def sent_to(self, *, include_duplicates: bool) -> dict[int, int]:
        """How many messages go to each country."""
        repeated = self.countries_repeated if include_duplicates else {}
        return dict(Tally(self.countries) + Tally(repeated))

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "CheckResult":
        """The result that `to_json` wrote. Raises ValueError for anything else."""
        try:
            faults = {name: [Fault(**row) for row in written[name]] for name in FAULT_LISTS}
            notes = [Note(**row) for row in written["notes"]]
            sample = [SampleRow(**row) for row in written["sample"]]
            counts = {name: by_country(written.get(name, {})) for name in COUNTRY_COUNTS}
            return cls(**{**written, **faults, **counts, "notes": notes, "sample": sample})
        except MALFORMED as error:
            raise ValueError("not the result of a check") from error


def by_country(written: dict[str, int]) -> dict[int, int]:
    """Counts by calling code, whose keys JSON wrote as text."""
    return {int(country_code): int(count) for country_code, count in written.items()}


COUNTRY_COUNTS = ("countries", "countries_repeated")
FAULT_LISTS = ("first_problems", "first_duplicates", "first_repaired", "first_too_long", "first_unsendable")
