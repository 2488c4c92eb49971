"""A condition over tags as the tag page shows it, and finding a tag among many.

Beside the steps of every send page, its form is posted with
add:<path>         adds the tag typed in `tag-<path>` to that list; where several fit, they are shown
pick:<path>:<id>   adds that tag
group:<path>       adds an empty group
drop:<path>:<n>    removes term n, from 0
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.admin.forms.condition import LISTS, Group, depth_of
from messaging.audience.conditions import MAX_DEPTH, MAX_TERMS
from messaging.models import Tag

SHOWN = 20
SUGGESTED = 12
LABELS: dict[str, Any] = {"all": _("All of"), "any": _("At least one of"), "none": _("None of")}


@dataclass(frozen=True, slots=True)
class TermView:
    """A tag (`name` None: it is gone), or a group."""

    index: int
    name: str | None = None
    group: "GroupView | None" = None


@dataclass(slots=True)
class Row:
    """A list of a group. `typed` is what was written to find a tag, `matches` what that found."""

    path: str
    label: Any
    terms: list[TermView]
    typed: str = ""
    matches: list[Tag] = field(default_factory=list)
    has_more: bool = False


@dataclass(slots=True)
class GroupView:
    depth: int
    rows: list[Row]
    may_nest: bool
    is_full: bool

    def all_rows(self) -> list[Row]:
        """Its rows and those of the groups in it."""
        inner = [term.group.all_rows() for row in self.rows for term in row.terms if term.group]
        return [*self.rows, *(row for rows in inner for row in rows)]


def view_of(form: Any) -> GroupView:
    """The form's condition as it is shown, with the tags that what is typed finds."""
    root = _view(form.group, "", form)
    rows = {row.path: row for row in root.all_rows()}
    for path, typed in form.pending.items():
        if path in rows:
            _search(form, rows[path], typed)
    if form.group.size == 0 and not form.pending:
        root.rows[0].matches = list(tags_of(form.project)[:SUGGESTED])
    return root


def _view(group: Group, above: str, form: Any) -> GroupView:
    rows = []
    for name in LISTS:
        path = f"{above}{name}"
        terms = [
            TermView(index, group=_view(term, f"{path}-{index}-", form))
            if isinstance(term, Group)
            else TermView(index, form.names.get(term))
            for index, term in enumerate(group.lists[name])
        ]
        rows.append(Row(path, LABELS[name], terms))
    depth = depth_of(rows[0].path)
    return GroupView(depth, rows, depth < MAX_DEPTH, form.group.size >= MAX_TERMS)


def _search(form: Any, row: Row, typed: str) -> None:
    taken = [term for term in form.group.list_at(row.path) or [] if isinstance(term, int)]
    found = list(find_tags(form.project, typed).exclude(pk__in=taken)[: SHOWN + 1])
    row.typed, row.matches, row.has_more = typed, found[:SHOWN], len(found) > SHOWN


def tags_of(project: Project) -> QuerySet[Tag]:
    return Tag.objects.filter(project=project).order_by("name", "pk")


def find_tags(project: Project, written: str) -> QuerySet[Tag]:
    """The project's tags whose name holds every word that was written."""
    tags = tags_of(project)
    for word in written.split():
        tags = tags.filter(name__icontains=word)
    return tags


def only_tag(project: Project, written: str) -> Tag | None:
    """The tag that was meant: the one of exactly this name, or the only one that fits."""
    name = " ".join(written.split())
    if not name:
        return None
    exact = tags_of(project).filter(name__iexact=name)
    found = list(exact[:2]) or list(find_tags(project, name)[:2])
    same = [tag for tag in found if tag.name == name]
    return same[0] if same else (found[0] if len(found) == 1 else None)
