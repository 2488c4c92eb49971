"""UIDs: searching, adding, deleting. Every statement is one over a set of rows, whatever their number."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.audience.errors import AudienceRefused, Sentence
from messaging.models import Contact, TaggedUid, Uid
from messaging.recipients.uid_rows import MAX_UID, MISSING_UID, UID_TOO_LONG, WrongUid, read_uid
from messaging.states import ContactKind

Number = tuple[int, str]
PAGE_SIZE = 50
MOST_COUNTED = 100_000
CONTACTS_AT_ONCE = 5000

WRONG: dict[str, Sentence] = {
    MISSING_UID: _("Enter the UID."),
    UID_TOO_LONG: _("A UID has at most %(limit)s characters. Shorten it."),
}
TAKEN = _("This UID is registered already. Search for it in the list.")
UNSEEN: Sentence = _("The UID holds characters that cannot be seen. Enter it again.")


@dataclass(frozen=True, slots=True)
class UidSearch:
    """What a person looks for: how the UID begins, a whole number as (country, digits), a tag."""

    begins: str = ""
    number: Number | None = None
    tag_id: int | None = None

    def __bool__(self) -> bool:
        return bool(self.begins or self.number or self.tag_id)

    @property
    def is_tag_alone(self) -> bool:
        """Whether all UIDs of a tag fit."""
        return self.tag_id is not None and not self.begins and self.number is None


@dataclass(frozen=True, slots=True)
class UidPage:
    """UIDs that fit. `previous` and `next` are cursors, None at an end of the list.

    Newest first; in the order of the UIDs where the search says how they begin, since that is the order in
    which their index finds them.
    """

    rows: Sequence[Uid]
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion took away."""

    uids: int
    contacts: int


def find_uids(*, project: Project, search: UidSearch) -> QuerySet[Uid]:
    """The project's UIDs that fit, in no order yet."""
    found = Uid.objects.filter(project=project)
    if search.begins:
        found = found.filter(uid__startswith=search.begins)
    if search.number is not None:
        country_code, value = search.number
        contacts = Contact.objects.filter(project=project, value=value, country_code=country_code)
        found = found.filter(pk__in=contacts.filter(kind=ContactKind.PHONE).values("uid_id"))
    if search.tag_id is not None:
        found = found.filter(tagged__tag_id=search.tag_id, tagged__tag__project=project)
    return found


def uid_page(*, project: Project, search: UidSearch, cursor: str = "", size: int = PAGE_SIZE) -> UidPage:
    """The page of the UIDs that fit at a cursor: `>` or `<` and a key. An unknown one is the first page."""
    by_uid = bool(search.begins)
    field = "uid" if by_uid else "pk"
    before, after = ("lt", "gt") if by_uid else ("gt", "lt")
    direction, key = cursor[:1], cursor[1:].replace("\0", "")  # which PostgreSQL cannot compare with
    if direction not in ("<", ">") or not (by_uid or is_id(key)):
        direction = ""
    if direction == "<":
        rows = _rows(project, search, field, by_uid, {f"{field}__{before}": key}, size, backwards=True)
        if len(rows) > size:
            return _page(rows[:size][::-1], field, has_previous=True, has_next=True)
        direction = ""  # there is less than a page before it: the first page
    beyond = {f"{field}__{after}": key} if direction else {}
    rows = _rows(project, search, field, by_uid, beyond, size)
    return _page(rows[:size], field, has_previous=bool(direction), has_next=len(rows) > size)


def _rows(
    project: Project,
    search: UidSearch,
    field: str,
    ascending: bool,
    beyond: dict[str, str],
    size: int,
    *,
    backwards: bool = False,
) -> list[Uid]:
    """One UID more than a page, in the order of a list or from its end."""
    sign = "" if ascending != backwards else "-"
    if not search.is_tag_alone:
        found = find_uids(project=project, search=search).filter(**beyond)
        return list(found.order_by(f"{sign}{field}")[: size + 1])
    of_tag = tagged_uids(project, search).filter(
        **{name.replace("pk", "uid_id"): key for name, key in beyond.items()}
    )
    ids = of_tag.order_by(f"{sign}uid_id").values_list("uid_id", flat=True)[: size + 1]
    return list(Uid.objects.filter(project=project, pk__in=list(ids)).order_by(f"{sign}pk"))


def _page(rows: list[Uid], key: str, *, has_previous: bool, has_next: bool) -> UidPage:
    first, last = (getattr(rows[0], key), getattr(rows[-1], key)) if rows else ("", "")
    return UidPage(
        rows,
        previous=f"<{first}" if has_previous and rows else None,
        next=f">{last}" if has_next else None,
    )


def is_id(text: str) -> bool:
    """Whether a text can be an id of a row."""
    return text.isascii() and text.isdigit() and len(text) < 19


def count_uids(*, project: Project, search: UidSearch, most: int = MOST_COUNTED) -> int:
    """How many UIDs fit, but never more than `most` + 1: a count of a large table is not taken."""
    if search.is_tag_alone:
        return tagged_uids(project, search).values("pk")[: most + 1].count()
    return find_uids(project=project, search=search).order_by().values("pk")[: most + 1].count()


def tagged_uids(project: Project, search: UidSearch) -> QuerySet[TaggedUid]:
    """The rows of a tag. Its index holds them in the order of the UIDs' ids: no UID has to be looked at."""
    return TaggedUid.objects.filter(tag=search.tag_id, tag__project=project)


@dataclass(slots=True)
class FirstContacts:
    """The contacts of a UID that a list shows, oldest first, and how many it has."""

    shown: list[Contact] = field(default_factory=list)
    total: int = 0


def contacts_of(uids: Sequence[Uid], *, most: int) -> dict[int, FirstContacts]:
    """The first contacts of some UIDs, by the UID's id, in one query that returns `most` of each."""
    found = {uid.pk: FirstContacts() for uid in uids}
    place = Window(RowNumber(), partition_by=F("uid_id"), order_by=F("id").asc())
    total = Window(Count("*"), partition_by=F("uid_id"))
    contacts = Contact.objects.filter(uid__in=list(found)).annotate(place=place, total=total)
    for contact in contacts.filter(place__lte=most).order_by("pk"):
        first = found[contact.uid_id]
        first.shown.append(contact)
        first.total = contact.total
    return found


def each_contact(uids: Sequence[Uid], *, size: int | None = None) -> Iterator[Contact]:
    """All contacts of some UIDs in the order of the UIDs' ids, never more than some thousand in memory."""
    size = size or CONTACTS_AT_ONCE
    contacts = Contact.objects.filter(uid__in=[uid.pk for uid in uids]).order_by("uid_id", "pk")
    batch = list(contacts[:size])
    while batch:
        yield from batch
        if len(batch) < size:
            return
        last = batch[-1]
        beyond = Q(uid_id__gt=last.uid_id) | Q(uid_id=last.uid_id, pk__gt=last.pk)
        batch = list(contacts.filter(beyond)[:size])


def tags_of(uids: Sequence[Uid]) -> dict[int, list[TaggedUid]]:
    """What tags some UIDs have, by the UID's id and in the order of the names, in one query."""
    found: dict[int, list[TaggedUid]] = {uid.pk: [] for uid in uids}
    tagged = TaggedUid.objects.filter(uid__in=list(found)).select_related("tag")
    for each in tagged.order_by("tag__name"):
        found[each.uid_id].append(each)
    return found


def valid_uid(written: str) -> str:
    """The UID as it is kept. Raises AudienceRefused."""
    try:
        return read_uid(written)
    except WrongUid as wrong:
        sentence = str(WRONG.get(wrong.code, UNSEEN))
        raise AudienceRefused({"uid": sentence % {"limit": MAX_UID}}) from wrong


def add_uid(*, project: Project, uid: str, numbers: Sequence[Number], tag_ids: Collection[int] = ()) -> Uid:
    """Register a UID with its phone numbers and tags. Raises AudienceRefused where it is there already."""
    uid, now = valid_uid(uid), timezone.now()
    try:
        with transaction.atomic():
            row = Uid.objects.create(project=project, uid=uid, created_at=now)
            Contact.objects.bulk_create(_contact(row, number) for number in dict.fromkeys(numbers))
            tags = project.tags.filter(pk__in=tag_ids).select_for_update(no_key=True)
            TaggedUid.objects.bulk_create(TaggedUid(tag=tag, uid=row, created_at=now) for tag in tags)
            return row
    except IntegrityError as error:
        raise AudienceRefused({"uid": TAKEN}) from error


def _contact(uid: Uid, number: Number) -> Contact:
    country_code, value = number
    return Contact(
        project_id=uid.project_id,
        uid=uid,
        kind=ContactKind.PHONE,
        country_code=country_code,
        value=value,
        created_at=uid.created_at,
    )


def delete_uids(*, project: Project, ids: Collection[int]) -> Deleted:
    """Delete UIDs of the project with their contacts and tags, in one transaction. Others are left alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCKED, [project.pk, list(ids)])
        mine = [pk for (pk,) in cursor.fetchall()]
        if not mine:
            return Deleted(0, 0)
        cursor.execute("DELETE FROM messaging_taggeduid WHERE uid_id = ANY(%s)", [mine])
        cursor.execute("DELETE FROM messaging_contact WHERE uid_id = ANY(%s)", [mine])
        contacts = cursor.rowcount
        cursor.execute("DELETE FROM messaging_uid WHERE id = ANY(%s)", [mine])
    return Deleted(len(mine), contacts)


# In the order of ids, as everybody locks UIDs: two who lock the same ones never wait for each other.
LOCKED = "SELECT id FROM messaging_uid WHERE project_id = %s AND id = ANY(%s) ORDER BY id FOR UPDATE"
