"""Categories: the tree as it is read, every change and what it refuses, and two people at once."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.library.categories import (
    CategoryNode,
    add_category,
    category_tree,
    delete_category,
    move_category,
    rename_category,
)
from messaging.library.errors import Gone, LibraryRefused
from messaging.library.templates import create_template
from messaging.library.tree import MAX_DEPTH
from messaging.models import Category, Template
from tests.factories import CategoryFactory, ProjectFactory, TemplateFactory
from tests.messaging.library.conftest import text
from tests.messaging.sending.test_concurrency import at_once

pytestmark = pytest.mark.django_db


def chain(project: Project, length: int) -> list[Category]:
    rows: list[Category] = []
    for n in range(length):
        rows.append(CategoryFactory(project=project, name=f"Level {n}", parent=rows[-1] if rows else None))
    return rows


def refused(work: Callable[[], object]) -> dict[str, str]:
    """What a call is refused with; the categories are as before."""
    before = set(Category.objects.values_list("pk", "parent", "name"))
    with pytest.raises(LibraryRefused) as raised:
        work()
    assert set(Category.objects.values_list("pk", "parent", "name")) == before
    return {field: str(sentence) for field, sentence in raised.value.problems.items()}


def test_the_tree_counts_what_is_in_each_and_below(project: Project) -> None:
    shop, autumn, winter = chain(project, 3)
    other = CategoryFactory(project=project, name="Alerts")
    CategoryFactory(name="Of another project")
    for category in (shop, winter, winter):
        TemplateFactory(project=project, category=category)
    TemplateFactory(project=project, category=autumn, deleted_at=timezone.now())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        nodes = category_tree(project)
    assert len(queries) == 1
    assert nodes == [
        CategoryNode(other, 1, "Alerts", 0, 0, frozenset({other.pk})),
        CategoryNode(shop, 1, "Level 0", 1, 3, frozenset({shop.pk, autumn.pk, winter.pk})),
        CategoryNode(autumn, 2, "Level 0 / Level 1", 0, 2, frozenset({autumn.pk, winter.pk})),
        CategoryNode(winter, 3, "Level 0 / Level 1 / Level 2", 2, 2, frozenset({winter.pk})),
    ]
    assert [node.is_empty for node in nodes] == [True, False, False, False]


def test_added_at_the_top_and_below_with_a_name_that_is_one_line(project: Project) -> None:
    top = add_category(project=project, parent=None, name="  가을\n 세일 ")
    below = add_category(project=project, parent=top, name="가을 세일")
    assert (top.name, top.parent, below.name, below.parent) == ("가을 세일", None, "가을 세일", top)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (" \n", "Give the category a name."),
        ("x" * 51, "A name has at most 50 characters."),
        ("Orders", "There is a category “Orders” in the same place already."),
    ],
)
def test_a_name_that_cannot_be(project: Project, category: Category, name: str, said: str) -> None:
    other = CategoryFactory(project=project, name="Other")
    assert refused(lambda: add_category(project=project, parent=None, name=name)) == {"name": said}
    assert refused(lambda: rename_category(category=other, name=name)) == {"name": said}


def test_the_same_name_in_another_place_and_in_another_project(project: Project, category: Category) -> None:
    assert add_category(project=project, parent=category, name="Orders").parent == category
    assert add_category(project=ProjectFactory(), parent=None, name="Orders").parent is None


def test_renamed_and_kept_when_the_name_is_its_own(project: Project, category: Category) -> None:
    assert rename_category(category=category, name="Orders").name == "Orders"
    rename_category(category=category, name="주문")
    category.refresh_from_db()
    assert category.name == "주문"


def test_never_below_itself(project: Project) -> None:
    top, middle, low = chain(project, 3)
    said = {"parent": "A category cannot lie in itself, or in one that is in it."}
    for target in (top, middle, low):
        assert refused(lambda target=target: move_category(category=top, parent=target)) == said
    assert move_category(category=low, parent=None).parent is None
    assert move_category(category=top, parent=low).parent == low


def test_not_deeper_than_the_limit(project: Project) -> None:
    rows = chain(project, MAX_DEPTH)
    said = {"parent": "Categories lie at most 5 levels deep."}
    assert refused(lambda: add_category(project=project, parent=rows[-1], name="Too deep")) == said
    branch = CategoryFactory(project=project, name="Branch")
    CategoryFactory(project=project, name="Leaf", parent=branch)
    assert refused(lambda: move_category(category=branch, parent=rows[3])) == said
    assert move_category(category=branch, parent=rows[2]).parent == rows[2]


def test_not_beside_one_of_the_same_name(project: Project, category: Category) -> None:
    below = CategoryFactory(project=project, name="Orders", parent=category)
    said = {"parent": "There is a category “Orders” in the same place already."}
    assert refused(lambda: move_category(category=below, parent=None)) == said


def test_another_projects_category_is_not_there(project: Project, category: Category) -> None:
    foreign = CategoryFactory()
    for work in (
        lambda: add_category(project=project, parent=foreign, name="New"),
        lambda: move_category(category=category, parent=foreign),
    ):
        with pytest.raises(Gone):
            work()
    category.refresh_from_db()
    assert category.parent is None


def test_deleted_only_when_empty(project: Project, category: Category) -> None:
    below = CategoryFactory(project=project, parent=category)
    template = TemplateFactory(project=project, category=below)
    said = {"__all__": "This category has others in it. Delete or move them first."}
    assert refused(lambda: delete_category(category=category)) == said
    said = {"__all__": "This category has templates in it. Delete or move them first."}
    assert refused(lambda: delete_category(category=below)) == said
    Template.objects.filter(pk=template.pk).update(deleted_at=timezone.now())
    delete_category(category=below)
    delete_category(category=category)
    assert not Category.objects.exists()
    template.refresh_from_db()
    assert template.category is None
    with pytest.raises(Gone):
        delete_category(category=category)


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_make_no_circle(project: Project) -> None:
    for n in range(5):
        one, other = (CategoryFactory(project=project, name=f"{n}{side}") for side in "ab")

        def move(category: Category, parent: Category) -> None:
            try:
                move_category(category=category, parent=parent)
            except LibraryRefused:
                pass

        at_once(lambda one=one, other=other: move(one, other), lambda one=one, other=other: move(other, one))
        above = [Category.objects.get(pk=row.pk).parent_id for row in (one, other)]
        assert above.count(None) == 1


@pytest.mark.django_db(transaction=True)
def test_a_template_saved_while_its_category_is_deleted(project: Project, user: User) -> None:
    """One of the two wins, and what is left fits together."""
    for n in range(5):
        category = CategoryFactory(project=project)

        def attempt(work: Callable[[], object]) -> None:
            try:
                work()
            except LibraryRefused:
                pass

        at_once(
            lambda category=category: attempt(lambda: delete_category(category=category)),
            lambda category=category, n=n: attempt(
                lambda: create_template(
                    project=project, user=user, category=category, name=f"Template {n}", text=text()
                )
            ),
        )
        is_there = Category.objects.filter(pk=category.pk).exists()
        assert Template.objects.filter(name=f"Template {n}").exists() == is_there
