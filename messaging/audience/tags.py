"""Tags: registering, renaming, deleting, and putting them on UIDs and taking them off, many at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.audience.conditions import WrongCondition, parse_condition, tags_in
from messaging.audience.errors import AudienceRefused
from messaging.models import RecurringSchedule, ScheduledMessage, SendRequest, Tag, TaggedUid
from messaging.models.schedule import coming_messages
from messaging.states import DeliveryKind, RequestState

MAX_NAME = 50
# Whom a tag send goes to is decided when its messages are made.
NOT_LOADED = (RequestState.WAITING, RequestState.HELD, RequestState.LOADING)
GONE = _("The tag was deleted in the meantime.")
TAKEN = _("There is a tag of this name already.")


@dataclass(slots=True)
class Tagging:
    """What became of UIDs written one a line.

    `changed` got or lost the tag; `unchanged` had it, or did not have it, before. `missing` are those that
    are not registered, as (line, UID); `repeated` stood on a line before.
    """

    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    missing: list[tuple[int, str]] = field(default_factory=list)


def valid_name(written: str) -> str:
    """The name of a tag as it is kept. Raises AudienceRefused."""
    name = " ".join(written.split())
    if not name:
        raise AudienceRefused({"name": _("Enter a name.")})
    if len(name) > MAX_NAME:
        raise AudienceRefused(
            {"name": str(_("A name has at most %(limit)s characters.")) % {"limit": MAX_NAME}}
        )
    if "," in name:
        raise AudienceRefused({"name": _("A name has no comma: commas separate the names of several tags.")})
    if not name.isprintable():
        raise AudienceRefused({"name": _("The name holds characters that cannot be seen. Enter it again.")})
    return name


def add_tag(*, project: Project, name: str) -> Tag:
    """Register a tag. Raises AudienceRefused where its name is taken."""
    name = valid_name(name)
    try:
        with transaction.atomic():
            return Tag.objects.create(project=project, name=name)
    except IntegrityError as error:
        raise AudienceRefused({"name": TAKEN}) from error


def rename_tag(*, tag: Tag, name: str) -> bool:
    """Give a tag another name; whether it was changed. Raises AudienceRefused where that is taken."""
    name = valid_name(name)
    try:
        with transaction.atomic():
            current = Tag.objects.select_for_update(no_key=True).filter(pk=tag.pk).first()
            if current is None:
                raise AudienceRefused(GONE)
            if current.name == name:
                return False
            current.name = name
            current.save(update_fields=["name"])  # not an update alone: the audit log keeps the change
    except IntegrityError as error:
        raise AudienceRefused({"name": TAKEN}) from error
    return True


def delete_tag(*, tag: Tag) -> int:
    """Delete a tag; returns how many UIDs lost it. The UIDs stay. One that is gone already is no error."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not Tag.objects.select_for_update().filter(pk=tag.pk).exists():
            return 0
        cursor.execute("DELETE FROM messaging_taggeduid WHERE tag_id = %s", [tag.pk])
        lost = cursor.rowcount
        cursor.execute("DELETE FROM messaging_tag WHERE id = %s", [tag.pk])
    return lost


def counts_of(tags: Iterable[Tag]) -> dict[int, int]:
    """How many UIDs have each tag: one grouped query over an index that begins with the tag.

    300,000 rows are counted in some 30 ms, so no count is kept beside them.
    """
    ids = [tag.pk for tag in tags]
    grouped = TaggedUid.objects.filter(tag__in=ids).order_by().values("tag_id").annotate(n=Count("*"))
    return {**dict.fromkeys(ids, 0), **dict(grouped.values_list("tag_id", "n"))}


def sends_naming(tag: Tag) -> list[SendRequest]:
    """The tag sends still to come whose condition names the tag, the next one first."""
    waiting = SendRequest.objects.filter(
        project=tag.project_id, kind=DeliveryKind.TAG, state__in=NOT_LOADED, loaded_at=None
    )
    return [request for request in waiting.order_by("due_at") if names(request, tag.pk)]


def schedules_naming(tag: Tag) -> list[RecurringSchedule]:
    """The recurring schedules that send to a condition which names the tag, the next one first."""
    rows = coming_messages().filter(schedule__project=tag.project_id, tag_condition__isnull=False)
    return list(dict.fromkeys(row.schedule for row in rows if names(row, tag.pk)))


def names(send: SendRequest | ScheduledMessage, tag_id: int) -> bool:
    """Whether the condition of a request, or of what a schedule sends, names a tag."""
    try:
        return tag_id in tags_in(parse_condition(send.tag_condition))
    except WrongCondition:
        return False


def put_on(*, tag: Tag, ids: Collection[int]) -> int:
    """Put a tag on UIDs of its project; returns how many did not have it.

    Raises AudienceRefused where the tag is gone.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        hold(tag)
        cursor.execute(PUT_ON, [tag.pk, tag.project_id, list(ids)])
        return int(cursor.rowcount)


def take_off(*, tag: Tag, ids: Collection[int]) -> int:
    """Take a tag off UIDs; returns how many had it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM messaging_taggeduid WHERE tag_id = %s AND uid_id = ANY(%s)", [tag.pk, list(ids)]
        )
        return int(cursor.rowcount)


def hold(tag: Tag) -> None:
    """Keep the tag from being deleted until the transaction ends. Raises AudienceRefused where it is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM messaging_tag WHERE id = %s FOR KEY SHARE", [tag.pk])
        if cursor.fetchone() is None:
            raise AudienceRefused(GONE)


TAKE_OFF = "DELETE FROM messaging_taggeduid WHERE tag_id = %s AND uid_id = ANY(%s)"
PUT_ON = """
INSERT INTO messaging_taggeduid (tag_id, uid_id, created_at)
SELECT %s, mine.id, clock_timestamp()
  FROM (SELECT id FROM messaging_uid WHERE project_id = %s AND id = ANY(%s) ORDER BY id FOR KEY SHARE) mine
ON CONFLICT (tag_id, uid_id) DO NOTHING
"""


def put_on_written(*, tag: Tag, lines: Sequence[tuple[int, str]]) -> Tagging:
    """Put a tag on the UIDs of (line, UID) pairs. What is not registered is left out and listed."""
    found, tagging = resolve(project_id=tag.project_id, lines=lines)
    tagging.changed = put_on(tag=tag, ids=found)
    tagging.unchanged = len(found) - tagging.changed
    return tagging


def take_off_written(*, tag: Tag, lines: Sequence[tuple[int, str]]) -> Tagging:
    """Take a tag off the UIDs of (line, UID) pairs. What is not registered is listed."""
    found, tagging = resolve(project_id=tag.project_id, lines=lines)
    tagging.changed = take_off(tag=tag, ids=found)
    tagging.unchanged = len(found) - tagging.changed
    return tagging


def resolve(*, project_id: int, lines: Sequence[tuple[int, str]]) -> tuple[list[int], Tagging]:
    """The ids of written UIDs, each once, and those that are missing or stood before. One query."""
    first: dict[str, int] = {}
    for line, uid in lines:
        first.setdefault(uid, line)
    with connection.cursor() as cursor:
        cursor.execute(RESOLVED, [list(first), project_id])
        ids = dict(cursor.fetchall())
    missing = [(line, uid) for uid, line in first.items() if uid not in ids]
    return list(ids.values()), Tagging(repeated=len(lines) - len(first), missing=missing)


RESOLVED = """
SELECT known.uid, known.id
  FROM unnest(%s::text[]) AS written (uid)
  JOIN messaging_uid known ON known.uid = written.uid AND known.project_id = %s
"""
