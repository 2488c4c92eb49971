from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from console.accounts.models import Organization
from console.pages import paginate
from console.paging import KeysetPage, batches_by_time, paginate_by_time
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids() -> list[int]:
    """The ids of seven rows, newest first."""
    return [OrganizationFactory().pk for _number in range(7)][::-1]


def test_pages_lead_through_all_rows_and_back(ids: list[int]) -> None:
    rows = Organization.objects.all()
    first = paginate(rows, size=3)
    second = paginate(rows, cursor=str(first.older), size=3)
    third = paginate(rows, cursor=str(second.older), size=3)
    assert [row.pk for page in (first, second, third) for row in page] == ids
    assert first.newer is None
    assert third.older is None
    assert [row.pk for row in paginate(rows, cursor=str(third.newer), size=3)] == ids[3:6]
    back = paginate(rows, cursor=str(second.newer), size=3)
    assert ([row.pk for row in back], back.newer) == (ids[:3], None)


def test_newer_rows_that_do_not_fill_a_page_give_the_first_page(ids: list[int]) -> None:
    page = paginate(Organization.objects.all(), cursor=f"+{ids[1]}", size=3)
    assert [row.pk for row in page] == ids[:3]
    assert page.newer is None


def test_exactly_one_page_has_no_links(ids: list[int]) -> None:
    page = paginate(Organization.objects.all(), size=7)
    assert page.links(QueryDict()) == {"newer": "", "older": ""}


@pytest.mark.parametrize("cursor", ["x", "-", "-x", "+1 OR 1=1", "5", "-99999999999999999999999999", "-\x00"])
def test_a_hostile_cursor_gives_the_first_page_or_none(ids: list[int], cursor: str) -> None:
    shown = [row.pk for row in paginate(Organization.objects.all(), cursor=cursor, size=3)]
    assert shown == ids[:3]


def test_links_keep_every_filter(ids: list[int]) -> None:
    page = paginate(Organization.objects.all(), size=3)
    query = QueryDict("state=DONE&number=010&cursor=-1")
    assert page.links(query)["older"] == f"?state=DONE&number=010&cursor=-{ids[2]}"


def test_a_page_is_one_query_without_offset_or_count(ids: list[int], django_assert_num_queries) -> None:
    with django_assert_num_queries(1) as captured:
        paginate(Organization.objects.all(), cursor=f"-{ids[2]}", size=3)
    assert "OFFSET" not in captured.captured_queries[0]["sql"]
    assert "COUNT" not in captured.captured_queries[0]["sql"]


MOMENT = datetime(2026, 11, 22, 3, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def by_time() -> list[int]:
    """The ids of eight rows in the order of their time, three of them of one moment, whatever their ids."""
    moments = [MOMENT + timedelta(microseconds=n) for n in (5, 2, 2, 9, 2, 0, 7, 1)]
    rows = [(moment, OrganizationFactory().pk) for moment in moments]
    for moment, pk in rows:
        Organization.objects.filter(pk=pk).update(created_at=moment)
    return [pk for _moment, pk in sorted(rows, reverse=True)]


def page_of(cursor: str = "", size: int = 3) -> KeysetPage[Organization]:
    return paginate_by_time(Organization.objects.all(), field="created_at", cursor=cursor, size=size)


def test_pages_by_time_lead_through_all_rows_and_back(by_time: list[int]) -> None:
    first = page_of()
    second = page_of(str(first.older))
    third = page_of(str(second.older))
    assert [row.pk for page in (first, second, third) for row in page] == by_time
    assert (first.newer, third.older) == (None, None)
    assert [row.pk for row in page_of(str(third.newer))] == by_time[3:6]
    back = page_of(str(second.newer))
    assert ([row.pk for row in back], back.newer) == (by_time[:3], None)


def test_every_row_comes_once_in_batches(by_time: list[int]) -> None:
    batches = batches_by_time(Organization.objects.all(), field="created_at", size=2)
    assert [[row.pk for row in batch] for batch in batches] == [by_time[n : n + 2] for n in (0, 2, 4, 6)]
    assert list(batches_by_time(Organization.objects.none(), field="created_at", size=2)) == []


@pytest.mark.parametrize(
    "cursor", ["", "x", "-", "-1", "-1.", "-.1", "+x.1", f"-{'9' * 30}.1", "-²2.1", "-1.1.1"]
)
def test_an_unknown_place_gives_the_first_page(by_time: list[int], cursor: str) -> None:
    assert [row.pk for row in page_of(cursor)] == by_time[:3]


def test_a_page_by_time_is_one_range_of_an_index() -> None:
    place = (Organization.objects.all(), "created_at")
    with CaptureQueriesContext(connection) as asked:
        paginate_by_time(place[0], field=place[1], cursor="-1763780400123456.7", size=3)
    where = asked[0]["sql"].partition("WHERE")[2]
    assert '("accounts_organization"."created_at", "accounts_organization"."id") < (' in where
    assert " OR " not in where
