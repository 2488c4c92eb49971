"""The tree of categories: reading it, and changing it without ever making a circle.

Whatever changes the library of a project first takes one lock on the project's row (`lock_library`), so that
two moves that are each fine alone, or a template saved into a category that is being deleted, cannot pass
each other. The lock lets everything else of the project go on.
"""

import unicodedata
from collections import Counter as Tally
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.library import tree
from messaging.library.errors import Gone, LibraryRefused
from messaging.models import Category, Template

MAX_NAME = 50
MAX_CATEGORIES = 500
SEPARATOR = " / "

_IS_GONE = _("This category was deleted meanwhile. Reload the page and choose another one.")


@dataclass(frozen=True)
class CategoryNode:
    """A category in its place. `depth` 1 is the top; `path` is its name and those above, as people read it.

    `template_count` are the templates in it, `total` those in it and below; deleted ones do not count.
    `within` are the ids of it and of what lies below.
    """

    category: Category
    depth: int
    path: str
    template_count: int
    total: int
    within: frozenset[int]

    @property
    def is_empty(self) -> bool:
        """Whether it may be deleted: no category and no template in it."""
        return not self.template_count and len(self.within) == 1


@dataclass(frozen=True)
class Shelf:
    """The categories of one project as they are in the database now."""

    rows: dict[int, Category]

    @cached_property
    def parents(self) -> dict[int, int | None]:
        return {pk: row.parent_id for pk, row in self.rows.items()}

    @cached_property
    def places(self) -> list[tree.Place]:
        return tree.in_order(self.parents, {pk: row.name for pk, row in self.rows.items()})

    def own(self, category: Category) -> Category:
        """The category as it is now. Raises Gone where it was deleted, or is another project's."""
        if category.pk not in self.rows:
            raise Gone(_IS_GONE)
        return self.rows[category.pk]


def category_tree(project: Project) -> list[CategoryNode]:
    """Every category once, in the order in which the tree is read. One query."""
    alive = Count("templates", filter=Q(templates__deleted_at=None))
    shelf = Shelf({row.pk: row for row in Category.objects.filter(project=project).annotate(alive=alive)})
    counts = {pk: row.alive for pk, row in shelf.rows.items()}  # type: ignore[attr-defined]
    totals: Tally[int] = Tally()
    inside: dict[int, set[int]] = {}
    for pk, n in counts.items():
        for above in (pk, *tree.ancestors(shelf.parents, pk)):
            totals[above] += n
            inside.setdefault(above, set()).add(pk)
    return [
        CategoryNode(
            category=shelf.rows[place.node],
            depth=place.depth,
            path=SEPARATOR.join(place.path),
            template_count=counts[place.node],
            total=totals[place.node],
            within=frozenset(inside[place.node]),
        )
        for place in shelf.places
    ]


def ids_in_order(project: Project) -> list[int]:
    """The ids of the project's categories in the order in which the tree is read. One query."""
    return [place.node for place in _shelf(project).places]


def _shelf(project: Project) -> Shelf:
    return Shelf({row.pk: row for row in Category.objects.filter(project=project)})


def lock_library(project_id: int) -> None:
    """Make whoever else changes this project's library wait for the end of this transaction."""
    Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=project_id)


def add_category(*, project: Project, parent: Category | None, name: str) -> Category:
    """Add one below the parent, or at the top. Raises LibraryRefused."""
    with transaction.atomic():
        lock_library(project.pk)
        shelf = _shelf(project)
        above = shelf.own(parent) if parent is not None else None
        name = _read_name(name)
        _refuse_taken(shelf.rows.values(), above.pk if above else None, name)
        if len(shelf.rows) >= MAX_CATEGORIES:
            raise LibraryRefused(_("A project has at most %(n)s categories.") % {"n": MAX_CATEGORIES})
        if above is not None and tree.depth_of(shelf.parents, above.pk) >= tree.MAX_DEPTH:
            raise LibraryRefused({"parent": _too_deep()})
        return Category.objects.create(project=project, parent=above, name=name)


def rename_category(*, category: Category, name: str) -> Category:
    """Give it another name. Raises LibraryRefused."""
    with transaction.atomic():
        lock_library(category.project_id)
        shelf = _shelf(category.project)
        own = shelf.own(category)
        above = shelf.rows[own.parent_id] if own.parent_id is not None else None
        return _put(shelf, own, above, _read_name(name), "name")


def move_category(*, category: Category, parent: Category | None) -> Category:
    """Put it, with all that is in it, below another one or at the top. Raises LibraryRefused."""
    with transaction.atomic():
        lock_library(category.project_id)
        shelf = _shelf(category.project)
        own = shelf.own(category)
        return _put(shelf, own, shelf.own(parent) if parent is not None else None, own.name, "parent")


def change_category(*, category: Category, name: str, parent: Category | None) -> Category:
    """Rename and move it at once, so that only what it becomes must fit. Raises LibraryRefused."""
    with transaction.atomic():
        lock_library(category.project_id)
        shelf = _shelf(category.project)
        target = shelf.own(parent) if parent is not None else None
        return _put(shelf, shelf.own(category), target, _read_name(name), "name")


def _put(shelf: Shelf, own: Category, target: Category | None, name: str, field: str) -> Category:
    """Save a category's name and place. `field` is where a name that is taken is said."""
    _refuse_place(shelf, own, target)
    others = [row for row in shelf.rows.values() if row.pk != own.pk]
    _refuse_taken(others, target.pk if target else None, name, field=field)
    own.name, own.parent = name, target
    own.save(update_fields=["name", "parent"])
    return own


def _refuse_place(shelf: Shelf, moved: Category, target: Category | None) -> None:
    target_id = target.pk if target is not None else None
    if tree.would_circle(shelf.parents, moved.pk, target_id):
        raise LibraryRefused({"parent": _("A category cannot lie in itself, or in one that is in it.")})
    if tree.would_be_too_deep(shelf.parents, moved.pk, target_id):
        raise LibraryRefused({"parent": _too_deep()})


def delete_category(*, category: Category) -> None:
    """Delete it where nothing is in it; templates that were deleted do not count, and lose their category.

    Raises LibraryRefused.
    """
    with transaction.atomic():
        lock_library(category.project_id)
        own = _shelf(category.project).own(category)
        if own.children.exists():
            raise LibraryRefused(_("This category has others in it. Delete or move them first."))
        if own.templates.filter(deleted_at=None).exists():
            raise LibraryRefused(_("This category has templates in it. Delete or move them first."))
        Template.objects.filter(category=own).update(category=None)
        own.delete()


def read_words(written: str) -> str:
    """A name as it is kept: composed, on one line, without spaces around it or twice in a row."""
    visible = "".join(" " if unicodedata.category(each) == "Cc" else each for each in written)
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _read_name(written: str) -> str:
    name = read_words(written)
    if not name:
        raise LibraryRefused({"name": _("Give the category a name.")})
    if len(name) > MAX_NAME:
        raise LibraryRefused({"name": _("A name has at most %(n)s characters.") % {"n": MAX_NAME}})
    return name


def _refuse_taken(
    others: Iterable[Category], parent_id: int | None, name: str, *, field: str = "name"
) -> None:
    if any(row.parent_id == parent_id and row.name == name for row in others):
        sentence = _("There is a category “%(name)s” in the same place already.") % {"name": name}
        raise LibraryRefused({field: sentence})


def _too_deep() -> str:
    return _("Categories lie at most %(n)s levels deep.") % {"n": tree.MAX_DEPTH}
