"""UIDs as a list shows them: with their contacts and tags, found for a whole page at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from messaging.audience.uids import UidPage, contacts_of, tags_of
from messaging.models import Contact, Tag, Uid

MOST_CONTACTS = 3
MOST_TAGS = 4


@dataclass(frozen=True, slots=True)
class UidRow:
    """One line of a list: the first contacts and tags, and how many more there are."""

    uid: Uid
    contacts: Sequence[Contact]
    more_contacts: int
    tags: Sequence[Tag]
    more_tags: int


def uid_rows(uids: Sequence[Uid]) -> list[UidRow]:
    """The lines for some UIDs, in three queries whatever their number."""
    contacts, tagged = contacts_of(uids, most=MOST_CONTACTS), tags_of(uids)
    rows = []
    for uid in uids:
        tags = [each.tag for each in tagged[uid.pk]]
        rows.append(
            UidRow(
                uid,
                contacts[uid.pk].shown,
                contacts[uid.pk].total - len(contacts[uid.pk].shown),
                tags[:MOST_TAGS],
                max(len(tags) - MOST_TAGS, 0),
            )
        )
    return rows


def page_links(page: UidPage, query: QueryDict) -> dict[str, str]:
    """The addresses of the page before and after ("" where there is none), with every filter kept."""
    return {"previous": _address(query, page.previous), "next": _address(query, page.next)}


def _address(query: QueryDict, cursor: str | None) -> str:
    if cursor is None:
        return ""
    query = query.copy()
    query["cursor"] = cursor
    return f"?{query.urlencode()}"


def conditions_of(data: Any) -> str:
    """The conditions of a search as they stand in the address of the list; "" for none."""
    given = [(name, data.get(name, "")) for name in ("uid", "number", "tag")]
    used = [(name, value) for name, value in given if value]
    return f"?{urlencode(used)}" if used else ""
