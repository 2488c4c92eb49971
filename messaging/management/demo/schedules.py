"""The demo's recurring schedule: a tag send twice a week, with runs of its first days."""

from datetime import time, timedelta

from django.utils import timezone

from messaging.audience.conditions import Condition
from messaging.management.demo.audience import NEWSLETTER
from messaging.management.demo.history import Shop
from messaging.models import RecurringSchedule, ScheduleRun
from messaging.schedules.messages import map_message
from messaging.schedules.rules import bits_of, occurrences, rule_of
from messaging.schedules.services import ScheduleWish, create_schedule
from messaging.sending.commands import SendCommand
from messaging.states import DeliveryKind, MessageType, Purpose, RunState

CODE = "WEEKLY-NEWS"
MAPPED_TOKEN = "demo-weekly"  # noqa: S105 - no secret: it makes seeding repeatable
BEGAN_AGO, LASTS = timedelta(days=9), timedelta(days=120)


def make_schedule(shop: Shop) -> None:
    """A schedule of Mondays and Thursdays whose first runs had nothing to send yet."""
    if RecurringSchedule.objects.filter(project=shop.project, code=CODE).exists():
        return
    if NEWSLETTER not in shop.tags:
        return
    first = timezone.localdate() - BEGAN_AGO
    schedule = create_schedule(
        project=shop.project,
        user=shop.actor,
        wish=ScheduleWish(
            code=CODE,
            weekdays=bits_of((0, 3)),
            sends_at=time(10, 0),
            time_zone="Asia/Seoul",
            starts_on=first,
            ends_on=first + LASTS,
            description="주간 소식",
        ),
    )
    make_skipped_runs(schedule)
    map_message(schedule, weekly_news(shop))


def make_skipped_runs(schedule: RecurringSchedule) -> None:
    """Its runs before a message was mapped to it."""
    rule, now = rule_of(schedule), timezone.now()
    fallen = list(occurrences(rule, now - BEGAN_AGO - timedelta(days=1), now))
    ScheduleRun.objects.bulk_create(
        ScheduleRun(schedule=schedule, day=day, due_at=due_at, state=RunState.SKIP, ran_at=due_at)
        for day, due_at in fallen
    )


def weekly_news(shop: Shop) -> SendCommand:
    return SendCommand(
        project=shop.project,
        actor=shop.actor,
        kind=DeliveryKind.TAG,
        message_type=MessageType.SMS,
        purpose=Purpose.GENERAL,
        sender=shop.sender,
        body="[Acme] 이번 주 소식이 도착했습니다. 앱에서 확인해 주세요.",
        tag_condition=Condition(all_of=(shop.tags[NEWSLETTER].pk,)),
        name="주간 소식",
        submission_token=MAPPED_TOKEN,
    )
