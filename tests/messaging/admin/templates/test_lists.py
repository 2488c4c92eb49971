"""The list: the tree beside it, the search, pages by key, and no more queries for 500 templates."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.models import Category, Template, TemplateVersion
from tests.factories import CategoryFactory, TemplateFactory
from tests.messaging.admin.sending_people import Desk
from tests.messaging.admin.templates.conftest import words

pytestmark = pytest.mark.django_db

URL = "/templates/"


def names(response) -> list[str]:
    """The templates on the page, in their order."""
    return [row.version.template.name for row in response.context["rows"]]


def many(category: Category, n: int) -> None:
    """Templates that were changed a minute apart; number 1 last of all. Pairs at the same moment."""
    now = timezone.now()
    templates = Template.objects.bulk_create(
        Template(
            project=category.project,
            category=category,
            name=f"T{i}",
            version=1,
            updated_at=now - timedelta(minutes=i // 2),
        )
        for i in range(1, n + 1)
    )
    TemplateVersion.objects.bulk_create(
        TemplateVersion(
            template=each,
            number=1,
            message_type="SMS",
            purpose="GENERAL",
            body=f"text {each.name}",
            created_at=now,
        )
        for each in templates
    )


def test_nothing_yet_leads_to_the_first_category(writer: Desk, viewer: Desk) -> None:
    page = writer.client.get(URL)
    assert "Make the first category" in words(page)
    assert "/templates/categories/add/" in page.content.decode()
    assert "/templates/categories/add/" not in viewer.client.get(URL).content.decode()


def test_a_category_without_templates_leads_to_the_first(writer: Desk, category: Category) -> None:
    assert (
        f"/templates/add/?category={category.pk}"
        in writer.client.get(f"{URL}?category={category.pk}").content.decode()
    )
    assert "No template yet." in words(writer.client.get(URL))


def test_of_a_category_with_those_below_and_of_this_project_only(writer: Desk, category: Category) -> None:
    below = CategoryFactory(project=writer.project, name="Shipped", parent=category)
    other = CategoryFactory(project=writer.project, name="Alerts")
    for name, place in (("a", category), ("b", below), ("c", other)):
        TemplateFactory(project=writer.project, category=place, name=name)
    TemplateFactory(project=writer.project, category=other, name="gone", deleted_at=timezone.now())
    foreign = TemplateFactory(name="foreign")
    assert names(writer.client.get(URL)) == ["c", "b", "a"]
    assert names(writer.client.get(f"{URL}?category={category.pk}")) == ["b", "a"]
    page = writer.client.get(f"{URL}?category={below.pk}")
    assert names(page) == ["b"]
    assert "Orders / Shipped" in words(page)
    for unknown in (foreign.category_id, "x", ""):
        assert names(writer.client.get(f"{URL}?category={unknown}")) == ["c", "b", "a"]
    assert [(node.path, node.total) for node in page.context["tree"]] == [
        ("Alerts", 1),
        ("Orders", 2),
        ("Orders / Shipped", 1),
    ]


def test_the_search_reads_names_subjects_and_texts_of_the_newest_version(
    writer: Desk, category: Category
) -> None:
    given = {"project": writer.project, "category": category}
    TemplateFactory(**given, name="주문 확인")
    TemplateFactory(
        **given, name="b", text={"message_type": "LMS", "subject": "주문 발송", "body": "100% 할인"}
    )
    changed = TemplateFactory(**given, name="c", text={"body": "주문 취소"})
    changed.versions.create(
        number=2, message_type="SMS", purpose="GENERAL", body="환불", created_at=timezone.now()
    )
    Template.objects.filter(pk=changed.pk).update(version=2)
    assert names(writer.client.get(URL, {"q": "주문"})) == ["b", "주문 확인"]
    assert names(writer.client.get(URL, {"q": "주문 할인"})) == ["b"]
    assert names(writer.client.get(URL, {"q": "%"})) == ["b"]
    assert names(writer.client.get(URL, {"q": "환불\0"})) == ["c"]
    page = writer.client.get(URL, {"q": "none", "category": category.pk})
    assert "No template here holds these words." in words(page)
    assert 'value="none"' in page.content.decode()


def test_a_subject_stands_apart_from_the_text_and_is_never_html(writer: Desk, category: Category) -> None:
    said = {"message_type": "LMS", "subject": "<b>주문 ##name##", "body": "<i>할인"}
    TemplateFactory(project=category.project, category=category, text=said)
    page = writer.client.get(URL).content.decode()
    subject = '&lt;b&gt;주문 <span class="b-key">##name##</span>'
    assert f"<div><strong>{subject}</strong></div>&lt;i&gt;할인</td>" in page


def test_pages_by_key_there_and_back(writer: Desk, category: Category) -> None:
    many(category, 120)
    seen: list[str] = []
    address, pages = URL, []
    while address:
        page = writer.client.get(address)
        pages.append(names(page))
        seen += names(page)
        address = page.context["page"].links(page.wsgi_request.GET)["older"]
        address = URL + address if address else ""
    assert [len(each) for each in pages] == [50, 50, 20]
    assert len(set(seen)) == 120
    assert seen[:3] == ["T1", "T3", "T2"]
    back = page.context["page"].links(page.wsgi_request.GET)["newer"]
    assert names(writer.client.get(URL + back)) == pages[1]
    for cursor in ("-x", "+2026~5", "~", "-2026-11-22T00:00:00~1", "*2026-11-22T00:00:00+00:00~1"):
        assert names(writer.client.get(URL, {"cursor": cursor})) == pages[0]


def test_as_many_queries_for_500_as_for_one(writer: Desk, category: Category) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert writer.client.get(URL, {"q": "t"}).status_code == 200
        return len(queries)

    TemplateFactory(project=writer.project, category=category)
    writer.client.get(URL)
    few = count()
    many(category, 500)
    for n in range(60):
        CategoryFactory(project=writer.project, parent=category if n % 2 else None)
    assert count() == few
