"""Finding entries of the audit trail: newest first, every condition by an index."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from console.accounts.models import AuditEntry, Project, User

# Entries written at the same time by others may have their ids in another order than their times.
SLACK = 10_000
MOST_PEOPLE = 50
FEW = 1000
# The index audit_words is over this function (accounts 0005).
WORDS = """accounts_trail_words("accounts_auditentry".object_repr, "accounts_auditentry".changes,
    "accounts_auditentry".additional_data) @@ to_tsquery('simple'::regconfig, %s)"""


@dataclass(frozen=True)
class TrailSearch:
    """What is looked for. `project` None: of all projects and of none. `until` is the first moment after.

    `who`: a user name, a mail address, or the beginning of a name. `words`: how each word begins.
    """

    project: Project | None = None
    who: str = ""
    action: int | None = None
    content_type_id: int | None = None
    object_pk: str = ""
    since: datetime | None = None
    until: datetime | None = None
    address: str = ""
    words: str = ""


def find_entries(search: TrailSearch) -> QuerySet[AuditEntry]:
    """The entries that fit. The caller orders and pages them by id."""
    found = AuditEntry.objects.filter(_plain(search))
    if search.who:
        found = found.filter(actor__in=_people(search.who))
    if query := _query(search.words):
        found = found.filter(_with_words(query))
    return found.filter(_between(search.since, search.until))


def _with_words(query: str) -> Any:
    """What holds the words: the few ids that the index knows, or the condition itself where they are many.

    The planner cannot tell how rare the beginning of a word is. Left to itself it reads the whole table
    backwards for one that is hardly ever there; where there are many, that is soon over.
    """
    holds: Any = RawSQL(WORDS, [query], output_field=BooleanField())  # noqa: S611 - constant
    ids = AuditEntry.objects.filter(holds).order_by().values_list("pk", flat=True)[: FEW + 1]
    found = list(ids)
    return Q(pk__in=found) if len(found) <= FEW else holds


def _plain(search: TrailSearch) -> Q:
    wanted: dict[str, Any] = {
        "project": search.project,
        "action": search.action,
        "content_type": search.content_type_id,
        "object_pk": search.object_pk or None,
        "remote_addr": search.address or None,
    }
    return Q(**{name: value for name, value in wanted.items() if value is not None})


def _people(who: str) -> list[int]:
    """The ids of those whom the words name."""
    named = Q(username__iexact=who) | Q(email__iexact=who) | Q(name__istartswith=who)
    return list(User.objects.filter(named).values_list("pk", flat=True)[:MOST_PEOPLE])


def _between(since: datetime | None, until: datetime | None) -> Q:
    """By time, and by id too: the newest first are then one range of any index."""
    wanted = Q()
    if since is not None:
        wanted &= Q(timestamp__gte=since, id__gte=_first_id_at(since) - SLACK)
    if until is not None:
        wanted &= Q(timestamp__lt=until, id__lt=_first_id_at(until) + SLACK)
    return wanted


def _first_id_at(moment: datetime) -> int:
    """The id of the first entry from then on; where there is none, the next one."""
    later = AuditEntry.objects.filter(timestamp__gte=moment).order_by("timestamp")
    first = later.values_list("pk", flat=True).first()
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)
    return first if first is not None else (newest.first() or 0) + 1


def _query(words: str) -> str:
    """The words as a search by how each begins, with nothing in it that the search language reads."""
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words.replace("\x00", " ").split())
    return " & ".join(f"'{word}':*" for word in quoted)
