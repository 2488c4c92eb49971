"""What a person has typed on a send page: kept on every change, given back on a visit, closed by sending."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.models import Draft

KEPT = timedelta(days=30)
NOT_KEPT = frozenset(
    {"csrfmiddlewaretoken", "step", "nonce", "_project", "panel", "picture", "values_face", "template_search"}
)
MAX_CHARACTERS = 200_000

Fields = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class DraftKey:
    """Whose draft of which page."""

    user: User
    project: Project
    page: str

    def _rows(self) -> Any:
        return Draft.objects.filter(user=self.user, project=self.project, page=self.page)

    def load(self) -> QueryDict | None:
        """The fields as they were last sent by the page, or None where there is no draft."""
        fields = self._rows().values_list("fields", flat=True).first()
        return as_query(fields) if fields else None

    def keep(self, data: QueryDict) -> None:
        """Keep what the page holds now. Nothing is kept of a page view that was sent already."""
        fields = {name: storable(data.getlist(name)) for name in data if name not in NOT_KEPT}
        if sum(len(value) for values in fields.values() for value in values) > MAX_CHARACTERS:
            return
        nonce = storable([data.get("nonce", "")])[0][:32]
        now = timezone.now()
        is_sent = Q(sent_nonce=nonce) & ~Q(sent_nonce="")
        if self._rows().exclude(is_sent).update(fields=fields, updated_at=now):
            return
        Draft.objects.get_or_create(
            user=self.user,
            project=self.project,
            page=self.page,
            defaults={"fields": fields, "updated_at": now},
        )

    def close(self, nonce: str) -> None:
        """Empty the draft: it was sent, or thrown away."""
        self._rows().update(fields={}, sent_nonce=nonce[:32], updated_at=timezone.now())


def storable(values: Iterable[str]) -> list[str]:
    """The values without NUL, which PostgreSQL cannot store."""
    return [value.replace("\0", "") for value in values]


def as_query(fields: Mapping[str, list[str]]) -> QueryDict:
    """Kept fields in the form in which a form reads them."""
    query = QueryDict(mutable=True)
    for name, values in fields.items():
        query.setlist(name, values)
    return query


def prune_drafts() -> int:
    """Delete drafts that nobody has touched for a month; return how many went."""
    return Draft.objects.filter(updated_at__lt=timezone.now() - KEPT).delete()[0]
