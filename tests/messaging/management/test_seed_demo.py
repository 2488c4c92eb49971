"""The demo: what it holds, that seeding again adds nothing, and that its counts are those of its messages."""

import json
from collections import Counter as Tally
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum
from django.test import override_settings
from django.utils import timezone

from console.accounts.models import Project
from messaging.management.commands.seed_demo import seed
from messaging.management.demo import international, opt_outs
from messaging.models import (
    Category,
    Contact,
    CountDelta,
    LimitRequest,
    Message,
    RecurringSchedule,
    SendRequest,
    StatisticsCount,
    StatisticsKey,
    Tag,
    Template,
    Uid,
)
from messaging.policies.advertising import statement_problems
from messaging.states import Counter, DeliveryKind, MessageState, Purpose, RequestState, RunState
from messaging.statistics.keys import active_keys
from senders.models import OptOut, OptOutLine, OptOutSource
from senders.services.opt_out_lines import open_lines
from senders.states import LineState

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Seeded once: each test works on it in a savepoint of its own."""
    home = override_settings(BONGSU_HOME=tmp_path_factory.mktemp("home"))
    with home, django_db_blocker.unblock(), transaction.atomic():
        yield seed()
        transaction.set_rollback(True)


@pytest.fixture
def shop(demo: dict[str, Any]) -> Project:
    return Project.objects.get(service_id=demo["project"]["service_id"])


def rows() -> dict[str, int]:
    """How many rows each of our tables has."""
    ours = [
        model
        for app in ("accounts", "senders", "messaging")
        for model in apps.get_app_config(app).get_models()
    ]
    return {model._meta.label: model._default_manager.count() for model in ours}


def test_seeding_again_adds_nothing(demo: dict[str, Any]) -> None:
    before = rows()
    again = StringIO()
    call_command("seed_demo", json=True, stdout=again)
    assert json.loads(again.getvalue()) == demo
    assert rows() == before


def test_a_library_with_advertising_that_may_be_sent(shop: Project) -> None:
    assert Category.objects.filter(project=shop).count() == 4
    templates = {row.name: row for row in Template.objects.filter(project=shop)}
    assert len(templates) == 8
    assert templates["배송 출발 안내"].version == 2
    (line,) = open_lines(shop)
    advertising = [
        version for row in templates.values() for version in row.versions.filter(purpose=Purpose.ADVERTISING)
    ]
    assert len(advertising) == 2
    for version in advertising:
        assert statement_problems(version.body, line.number) == []


def test_a_recurring_schedule_with_a_message(shop: Project) -> None:
    schedule = RecurringSchedule.objects.get(project=shop)
    assert (schedule.code, schedule.weekdays, schedule.sends_at.hour) == ("WEEKLY-NEWS", 0b0001001, 10)
    assert schedule.next_at is not None
    assert schedule.next_at > timezone.now()
    assert [message.kind for message in schedule.messages.all()] == [DeliveryKind.TAG]
    assert {run.state for run in schedule.runs.all()} == {RunState.SKIP}


def test_an_audience_with_tags(shop: Project) -> None:
    assert Uid.objects.filter(project=shop).count() == 200
    assert Contact.objects.filter(project=shop).count() == 200 + 50 + 66 + 8
    sizes = {tag.name: tag.tagged.count() for tag in Tag.objects.filter(project=shop)}
    assert sum(sizes[name] for name in ("서울", "부산", "대구", "제주")) == 200
    assert 90 < sizes["소식 받기"] < 150
    assert 0 < sizes["VIP"] < 60


def test_an_open_line_with_refusals_and_one_for_staff_to_open(demo: dict[str, Any], shop: Project) -> None:
    (line,) = open_lines(shop)
    assert demo["project"]["opt_out_number"] == line.number == opt_outs.OPT_OUT_NUMBER
    assert line.decided_by is not None
    assert line.decided_by.username == "administrator"
    waiting = OptOutLine.objects.get(state=LineState.SCHEDULED)
    assert waiting.project.organization.name == "Hanbit Books"
    refusals = OptOut.objects.filter(project=shop)
    assert Tally(refusals.values_list("source", flat=True)) == {OptOutSource.CALL: 6, OptOutSource.HAND: 2}
    removed = refusals.exclude(removed_at=None).get()
    assert removed.removal_reason != ""


def test_one_event_key_collects_and_one_has_ended(shop: Project) -> None:
    assert [key.name for key in active_keys(shop)] == ["가을 감사제"]
    assert StatisticsKey.objects.filter(project=shop).count() == 2


def test_the_statistics_are_those_of_the_messages(shop: Project) -> None:
    assert not CountDelta.objects.exists()
    counted = dict(
        StatisticsCount.objects.filter(project=shop).values_list("counter").annotate(n=Sum("n")).order_by()
    )
    messages = Message.objects.filter(project=shop)
    submitted = messages.exclude(submitted_at=None)
    delivered = messages.filter(state=MessageState.DELIVERED)
    asked = delivered.filter(request__collects_conversion=True).exclude(country_code=82)
    assert counted == {
        Counter.REQUESTED: messages.count(),
        Counter.SENT: submitted.count(),
        Counter.PARTS: submitted.exclude(country_code=82).count(),
        Counter.SEND_FAILED: messages.filter(submitted_at=None, state=MessageState.FAILED).count(),
        Counter.DELIVERED: delivered.count(),
        Counter.DELIVERY_FAILED: submitted.filter(state=MessageState.FAILED).count(),
        Counter.CONVERSION_WAITING: asked.count(),
        Counter.CONVERTED: messages.exclude(converted_at=None).count(),
        Counter.HANDSET_SECONDS: sum(
            int((each.finished_at - each.submitted_at).total_seconds()) for each in delivered
        ),
    }


def test_history_was_sent_from_templates_and_with_an_event_key(shop: Project) -> None:
    past = SendRequest.objects.filter(project=shop).exclude(name="감사 행사 초대")
    assert past.get(template_version=None).name == international.NAME
    assert past.filter(statistics_key__name="가을 감사제", kind=DeliveryKind.TAG).exists()
    assert not past.filter(purpose=Purpose.ADVERTISING, opt_out_line=None).exists()


def test_every_request_of_the_past_is_whole(shop: Project) -> None:
    """As the path leaves one: its part and its chunk are at their end, and hold all of its messages."""
    past = SendRequest.objects.filter(project=shop, state=RequestState.COMPLETED)
    assert past.count() > 30
    for request in past:
        (batch,), (chunk,) = request.batches.all(), request.chunks.all()
        messages = Message.objects.filter(request=request).order_by("pk")
        assert (batch.state, batch.first_ordinal, batch.last_ordinal) == ("COMPLETED", 1, request.total)
        assert (chunk.state, chunk.is_settled, chunk.lane) == ("DONE", True, request.lane)
        assert [chunk.first_id, chunk.last_id] == [messages[0].pk, messages[request.total - 1].pk]
        assert (request.loaded, messages.count()) == (request.total, request.total)
        is_abroad = messages.exclude(country_code=82).exists()
        assert (request.goes_abroad, chunk.abroad_counted_at is not None) == (is_abroad, is_abroad)
        assert request.due_at == request.released_at == batch.released_at == chunk.screened_at
        assert (
            request.completed_at
            == batch.completed_at
            == chunk.done_at
            == request.due_at + timedelta(seconds=5)
        )
    lanes = set(past.values_list("purpose", "kind", "lane"))
    assert ("AUTH", "GENERAL", "AUTH") in lanes
    assert {lane for purpose, kind, lane in lanes if purpose != "AUTH"} == {"SINGLE", "MASS"}
    assert {kind for purpose, kind, lane in lanes if lane == "SINGLE"} == {"GENERAL"}


def test_staff_refused_a_limit_with_a_reason_and_are_asked_again(demo: dict[str, Any]) -> None:
    waiting, refused = LimitRequest.objects.order_by("-id")
    assert waiting.project == refused.project == Project.objects.get(organization__name="Hanbit Books")
    assert (waiting.state, waiting.wanted, waiting.decided_at) == ("WAITING", 30_000, None)
    assert (refused.state, refused.granted) == ("REJECTED", None)
    assert refused.decided_by is not None
    assert refused.decided_by.username == "reviewer"
    assert refused.answer != ""
    assert refused.asked_at < refused.decided_at < waiting.asked_at


def test_an_advertising_send_to_tags_waits_for_its_time(shop: Project) -> None:
    request = SendRequest.objects.get(project=shop, name="주말 행사 안내")
    assert (request.kind, request.state, request.loaded) == (DeliveryKind.TAG, RequestState.WAITING, 0)
    assert timezone.now() + timedelta(days=1) < request.due_at < timezone.now() + timedelta(days=3)
    tags = {tag.name: tag.pk for tag in Tag.objects.filter(project=shop)}
    assert request.tag_condition == {"all": [tags["소식 받기"]], "any": [], "none": [tags["신규"]]}
    assert request.opt_out_line in open_lines(shop)
    assert len(request.shared_values) == len(request.placeholders) == 2


def test_what_a_person_deleted_stays_deleted(shop: Project) -> None:
    Tag.objects.filter(project=shop, name="VIP").delete()
    OptOutLine.objects.filter(project=shop).update(state=LineState.CANCELED)
    seed()
    assert not Tag.objects.filter(project=shop, name="VIP").exists()
    assert not open_lines(shop).exists()
