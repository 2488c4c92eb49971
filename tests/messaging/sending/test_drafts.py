"""Drafts: kept on every change, one a person, project and page, closed by sending."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.http import QueryDict

from messaging.models import Draft
from messaging.sending.drafts import KEPT, DraftKey, prune_drafts
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> DraftKey:
    return DraftKey(UserFactory(), ProjectFactory(), "send_general")


def body_of(key: DraftKey) -> str | None:
    data = key.load()
    return data.get("body") if data else None


def test_what_was_typed_comes_back_with_every_value(key: DraftKey) -> None:
    key.keep(QueryDict("body=가을&attachments=1&attachments=2&csrfmiddlewaretoken=x&step=look&nonce=n"))
    data = key.load()
    assert data is not None
    assert dict(data.lists()) == {"body": ["가을"], "attachments": ["1", "2"]}


def test_a_draft_is_one_persons_in_one_project_on_one_page(key: DraftKey) -> None:
    key.keep(QueryDict("body=가을"))
    key.keep(QueryDict("body=겨울"))
    assert body_of(key) == "겨울"
    assert Draft.objects.count() == 1
    assert DraftKey(UserFactory(), key.project, key.page).load() is None
    assert DraftKey(key.user, ProjectFactory(), key.page).load() is None
    assert DraftKey(key.user, key.project, "send_mass").load() is None


def test_what_arrives_late_from_a_page_that_was_sent_does_not_bring_the_draft_back(key: DraftKey) -> None:
    key.keep(QueryDict("body=가을&nonce=first"))
    key.close("first")
    key.keep(QueryDict("body=가을&nonce=first"))
    assert key.load() is None
    key.keep(QueryDict("body=새 글&nonce=second"))
    assert body_of(key) == "새 글"


def test_nul_characters_are_left_out(key: DraftKey) -> None:
    key.keep(QueryDict("body=가%00을"))
    assert body_of(key) == "가을"


def test_a_paste_without_end_is_not_kept(key: DraftKey) -> None:
    key.keep(QueryDict("body=가을"))
    key.keep(QueryDict(f"body={'1' * 200_001}"))
    assert body_of(key) == "가을"


def test_drafts_go_after_a_month(key: DraftKey) -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    with time_machine.travel(start, tick=False):
        key.keep(QueryDict("body=가을"))
    with time_machine.travel(start + KEPT, tick=False):
        assert prune_drafts() == 0
    with time_machine.travel(start + KEPT + timedelta(seconds=1), tick=False):
        assert prune_drafts() == 1
