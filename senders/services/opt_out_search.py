"""Finding opt-outs: those in force newest first, or those removed with the last removed first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Collate, Reverse

from console.accounts.models import Project
from senders.models import OptOut


@dataclass(frozen=True)
class OptOutSearch:
    """What a person looks for. `since` is inclusive, `until` exclusive, both of the refusal.

    `number` is (country, digits) of one number, `ending` the last digits of any.
    """

    since: datetime | None = None
    until: datetime | None = None
    line_id: int | None = None
    source: str = ""
    number: tuple[int, str] | None = None
    ending: str = ""
    is_removed: bool = False

    @property
    def order(self) -> str:
        """The time by which the found ones are ordered, latest first, then by id."""
        return "removed_at" if self.is_removed else "created_at"


def find_opt_outs(*, project: Project, search: OptOutSearch) -> QuerySet[OptOut]:
    """The project's opt-outs that fit, in no order yet: page them by `search.order`."""
    found = OptOut.objects.filter(project=project, removed_at__isnull=not search.is_removed)
    if search.since is not None:
        found = found.filter(created_at__gte=search.since)
    if search.until is not None:
        found = found.filter(created_at__lt=search.until)
    if search.line_id is not None:
        found = found.filter(line=search.line_id)
    if search.source:
        found = found.filter(source=search.source)
    if search.number is not None:
        country, digits = search.number
        return _ending_with(found, digits).filter(number=digits, country_code=country)
    return _ending_with(found, search.ending) if search.ending else found


def _ending_with(found: QuerySet[OptOut], digits: str) -> QuerySet[OptOut]:
    """By the index over reversed numbers, which serves whole numbers of removed ones too."""
    backwards = found.alias(backwards=Collate(Reverse("number"), "C"))
    return backwards.filter(backwards__startswith=digits[::-1])
