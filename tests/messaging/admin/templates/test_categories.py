"""The small pages of categories: added under the selected one, renamed, moved, deleted when empty."""

import pytest

from messaging.models import Category
from tests.factories import CategoryFactory, TemplateFactory
from tests.messaging.admin.sending_people import Desk
from tests.messaging.admin.templates.conftest import words

pytestmark = pytest.mark.django_db

ADD = "/templates/categories/add/"


def url(category: Category, rest: str) -> str:
    return f"/templates/categories/{category.pk}/{rest}/"


def test_added_under_the_selected_one(writer: Desk, category: Category) -> None:
    page = writer.client.get(f"{ADD}?under={category.pk}")
    assert page.context["form"].initial["parent"] == str(category.pk)
    response = writer.client.post(ADD, {"name": "Shipped", "parent": category.pk})
    made = Category.objects.get(name="Shipped")
    assert (made.parent, made.project) == (category, writer.project)
    assert response.url == f"/templates/?category={made.pk}"
    writer.client.post(ADD, {"name": "Alerts", "parent": ""})
    assert Category.objects.get(name="Alerts").parent is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "Give the category a name."),
        ({"name": "Orders"}, "There is a category “Orders” in the same place already."),
        ({"name": "a", "parent": "987654"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_and_kept(
    writer: Desk, category: Category, given: dict[str, str], said: str
) -> None:
    page = writer.client.post(ADD, given)
    assert page.status_code == 422
    assert said in words(page)
    assert f'value="{given["name"]}"' in page.content.decode() or not given["name"]
    assert list(Category.objects.all()) == [category]


def test_renamed_and_moved_at_once_but_not_into_itself(writer: Desk, category: Category) -> None:
    other = CategoryFactory(project=writer.project, name="Alerts")
    below = CategoryFactory(project=writer.project, name="Shipped", parent=category)
    page = writer.client.get(url(category, "change"))
    assert [value for value, _name in page.context["form"].fields["parent"].choices] == ["", str(other.pk)]
    response = writer.client.post(url(category, "change"), {"name": "Mail orders", "parent": other.pk})
    assert response.url == f"/templates/?category={category.pk}"
    category.refresh_from_db()
    assert (category.name, category.parent) == ("Mail orders", other)
    page = writer.client.post(url(category, "change"), {"name": "x", "parent": below.pk})
    assert page.status_code == 422
    category.refresh_from_db()
    assert (category.name, category.parent) == ("Mail orders", other)


def test_deleted_when_empty(writer: Desk, category: Category) -> None:
    below = CategoryFactory(project=writer.project, name="Shipped", parent=category)
    template = TemplateFactory(project=writer.project, category=below)
    page = writer.client.get(url(category, "delete"))
    assert "“Orders” is not empty: 1 templates lie in it and below." in words(page)
    assert "<form" not in page.content.decode().partition('id="content"')[2].partition("</main>")[0]
    response = writer.client.post(url(below, "delete"), follow=True)
    assert "This category has templates in it." in words(response)
    template.delete()
    assert writer.client.post(url(below, "delete")).url == f"/templates/?category={category.pk}"
    assert list(Category.objects.all()) == [category]


def test_not_for_viewers_and_not_of_others(writer: Desk, viewer: Desk, category: Category) -> None:
    foreign = CategoryFactory()
    for address in (ADD, url(category, "change"), url(category, "delete")):
        assert viewer.client.get(address).status_code == 403
        assert viewer.client.post(address, {"name": "x"}).status_code == 403
    for rest in ("change", "delete"):
        assert writer.client.get(url(foreign, rest)).status_code == 404
        assert writer.client.post(url(foreign, rest), {"name": "x"}).status_code == 404
    assert set(Category.objects.values_list("name", flat=True)) == {"Orders", foreign.name}
