"""GET messages page by page: each message once, and no page dearer than another."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.api.sens import paging
from messaging.models import Message
from messaging.states import MessageState
from tests.messaging.api.sens.asking import (
    NOW,
    finish,
    get,
    ids,
    ids_of,
    numbers,
    posted,
    refused,
    today,
    written,
)
from tests.messaging.api.sens.client import SensClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


class TestPages:
    def test_twenty_unless_it_is_said_otherwise(self, sens, sending) -> None:
        posted(sens, sending(messages=numbers(21)))
        found = get(sens, **today())
        assert (found["pageSize"], found["itemCount"], found["hasMore"]) == (20, 20, True)
        assert get(sens, **today(pageSize=100))["itemCount"] == 21

    def test_walking_shows_each_once(self, sens, sending) -> None:
        request = posted(sens, sending(messages=numbers(7)))
        pages = [get(sens, **today(pageSize=3, pageIndex=index)) for index in range(4)]
        assert [ids(page) for page in pages] == [
            ids_of(request, 1, 2, 3),
            ids_of(request, 4, 5, 6),
            ids_of(request, 7),
            [],
        ]
        assert [page["hasMore"] for page in pages] == [True, True, False, False]
        assert [page["pageIndex"] for page in pages] == [0, 1, 2, 3]

    def test_a_page_nobody_walked_to_is_counted_off(self, sens, sending) -> None:
        request = posted(sens, sending(messages=numbers(7)))
        page = get(sens, **today(pageSize=3, pageIndex=1))
        assert (ids(page), page["hasMore"]) == (ids_of(request, 4, 5, 6), True)

    def test_what_moves_on_between_pages_skips_nothing(self, sens, sending) -> None:
        request = posted(sens, sending(messages=numbers(4)))
        asked = today(status="READY", pageSize=2)
        assert ids(get(sens, **asked)) == ids_of(request, 1, 2)
        finish(request, 1, MessageState.DELIVERED, timezone.now())
        finish(request, 2, MessageState.DELIVERED, timezone.now())
        assert ids(get(sens, **asked, pageIndex=1)) == ids_of(request, 3, 4)

    def test_one_search_does_not_move_the_pages_of_another(self, sens, stranger, sending) -> None:
        request = posted(sens, sending(messages=numbers(4)))
        asked = today(pageSize=2)
        get(sens, **asked, type="SMS")
        Message.objects.filter(pk=ids_of(request, 1)[0]).delete()
        assert ids(get(sens, **asked, pageIndex=1)) == ids_of(request, 4)
        assert ids(get(sens, **asked, type="SMS", pageIndex=1)) == ids_of(request, 3, 4)
        assert ids(get(stranger, **asked, type="SMS", pageIndex=1)) == []

    def test_where_a_page_begins_is_what_its_predecessor_last_said(self, sens, sending) -> None:
        request = posted(sens, sending(messages=numbers(5)))
        asked = today(status="READY", pageSize=2)
        get(sens, **asked)
        finish(request, 1, MessageState.DELIVERED, timezone.now())
        assert ids(get(sens, **asked)) == ids_of(request, 2, 3)
        assert ids(get(sens, **asked, pageIndex=1)) == ids_of(request, 4, 5)

    def test_no_further_than_can_be_counted_off(self, sens, sending, monkeypatch) -> None:
        monkeypatch.setattr(paging, "MOST_COUNTED_OFF", 4)
        request = posted(sens, sending(messages=numbers(7)))
        asked = today(pageSize=2)
        said = "pageIndex is that far only page by page: begin at 0, or ask for less."
        assert refused(sens, **asked, pageIndex=3) == [said]
        assert refused(sens, **asked, pageIndex=2**31 - 1) == [said]
        too_large = "pageIndex: Input should be less than or equal to 2147483647"
        assert refused(sens, **asked, pageIndex=10**30) == [too_large]
        for index in range(4):
            assert (
                ids(get(sens, **asked, pageIndex=index))
                == ids_of(request, 1, 2, 3, 4, 5, 6, 7)[2 * index :][:2]
            )

    def test_pages_that_were_not_walked_to_count_both_parts_off(self, sens, sending) -> None:
        with time_machine.travel(NOW - timedelta(days=3), tick=False):
            old = posted(sens, sending(messages=numbers(3)))
        with time_machine.travel(NOW, tick=False):
            new = posted(sens, sending(messages=numbers(3)))
            for request in (old, new):
                for ordinal in (1, 2, 3):
                    finish(request, ordinal, MessageState.DELIVERED, NOW)
            every = ids_of(old, 1, 2, 3) + ids_of(new, 1, 2, 3)
            asked = {"completeStartTime": written(NOW), "completeEndTime": written(NOW), "pageSize": 2}
            for index in (2, 1, 0, 3):
                cache.clear()
                found = get(sens, **asked, pageIndex=index)
                assert (ids(found), found["hasMore"]) == (every[2 * index :][:2], index < 2)


class TestWhatItCosts:
    def queries(self, sens: SensClient, **filters: Any) -> list[str]:
        get(sens, **filters)  # whatever is noted once a minute of the key is noted
        with CaptureQueriesContext(connection) as captured:
            get(sens, **filters)
        return [each["sql"] for each in captured if "messaging_message" in each["sql"]]

    def test_a_page_is_one_query_however_many_messages(self, sens, sending) -> None:
        posted(sens, sending())
        before = len(self.queries(sens, **today(pageSize=100)))
        for _n in range(5):
            posted(sens, sending(messages=numbers(3)))
        found = self.queries(sens, **today(pageSize=100))
        assert len(found) == before == 1
        assert "COUNT" not in found[0]
        assert "LIMIT 101" in found[0]

    def test_the_next_page_is_by_key(self, sens, sending) -> None:
        posted(sens, sending(messages=numbers(5)))
        asked = today(pageSize=2)
        get(sens, **asked)
        assert "OFFSET" not in self.queries(sens, **asked, pageIndex=1)[0]

    def test_complete_times_are_two_queries_at_most(self, sens, sending) -> None:
        request = posted(sens, sending(messages=numbers(3)))
        at = timezone.now()
        for ordinal in (1, 2, 3):
            finish(request, ordinal, MessageState.DELIVERED, at)
        asked = {"completeStartTime": written(at - timedelta(hours=1)), "completeEndTime": written(at)}
        found = self.queries(sens, **asked)
        assert len(found) == 2
        assert "COUNT" not in "".join(found)
