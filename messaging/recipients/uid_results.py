"""What is asked of the reading of a file of UIDs, and what comes back: plain data that crosses as JSON."""

from dataclasses import asdict, dataclass, field
from typing import Any

from messaging.recipients.results import MALFORMED, Fault, Note


@dataclass(frozen=True, slots=True)
class UidJob:
    """One file of `uid,phoneNumber` rows to read.

    `staging_path` and `problems_path` are written whole or not at all. `memory_mb` None: as the kind of file
    needs. `cpu_seconds` and `output_mb` bound the child process.
    """

    path: str
    staging_path: str
    problems_path: str
    max_rows: int = 1_000_000
    memory_mb: int | None = None
    cpu_seconds: int = 300
    output_mb: int = 2048


@dataclass(frozen=True, slots=True)
class UidSample:
    """One row that can be saved, for a look at the file."""

    row: int
    uid: str
    country_code: int
    number: str


@dataclass(slots=True)
class UidResult:
    """What a file of UIDs holds. `total_rows == usable + sum(problems.values())`.

    `usable` rows can be saved; the same UID with the same number may stand more than once among them.
    `problems` counts rows by their first fault. `encoding` is as in `CheckResult`.
    """

    encoding: str
    columns: list[str]
    has_header: bool = True
    total_rows: int = 0
    usable: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    first_problems: list[Fault] = field(default_factory=list)
    repaired: int = 0
    first_repaired: list[Fault] = field(default_factory=list)
    international: int = 0
    notes: list[Note] = field(default_factory=list)
    sample: list[UidSample] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON values, as a JSONField keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "UidResult":
        """The result that `to_json` wrote. Raises ValueError for anything else."""
        try:
            faults = {
                name: [Fault(**row) for row in written[name]] for name in ("first_problems", "first_repaired")
            }
            notes = [Note(**row) for row in written["notes"]]
            sample = [UidSample(**row) for row in written["sample"]]
            return cls(**{**written, **faults, "notes": notes, "sample": sample})
        except MALFORMED as error:
            raise ValueError("not the result of reading a file of UIDs") from error
