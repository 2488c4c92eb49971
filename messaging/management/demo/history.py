"""Two weeks of finished requests: what a console looks like that has been in use.

Written in bulk with the ids of their days; the numbers of the statistics are counted from the messages.
"""

import random
from collections import Counter as Counts
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Project, User
from messaging import result_codes
from messaging.audience.conditions import Condition
from messaging.content.limits import KOREA
from messaging.ids import message_id
from messaging.library.templates import newest_versions
from messaging.management.demo import events
from messaging.management.demo.audience import JAPAN, NEWSLETTER, PEOPLE, phone_of
from messaging.management.demo.past import completed_request
from messaging.models import (
    CountDelta,
    Message,
    SendRequest,
    StatisticsKey,
    Tag,
    TemplateVersion,
)
from messaging.partitions import ensure_partitions
from messaging.states import Counter, DeliveryKind, MessageState, Purpose
from messaging.statistics.counting import fold
from senders.models import OptOutLine

DAYS = 14
FAMILY = "김이박최정강조윤장임한오서신권황안송"
GIVEN = ("민준", "서연", "지후", "서준", "하윤", "도윤", "지우", "수아", "예준", "지안", "시우", "채원")
FAILURES = ("2003", "3001", "2000", "3006", "2005")


@dataclass(frozen=True)
class Theme:
    """What a past request was. `size` is the smallest and the largest number of its messages, `event` the
    name of its event key.
    """

    template: str
    kind: DeliveryKind
    size: tuple[int, int]
    event: str = ""
    country_code: int = KOREA


THEMES = (
    Theme("배송 출발 안내", DeliveryKind.MASS, (120, 420)),
    Theme("인증번호", DeliveryKind.GENERAL, (1, 1)),
    Theme("약관 변경 안내", DeliveryKind.MASS, (80, 260)),
    Theme("예약 확인", DeliveryKind.GENERAL, (1, 4)),
    Theme("주말 행사", DeliveryKind.TAG, (90, 130), events.NOW),
    Theme("새 상품", DeliveryKind.MASS, (60, 180), events.NOW),
    Theme("Order shipped", DeliveryKind.GENERAL, (2, 8), country_code=JAPAN),
)

# What stands for the placeholders of the demo's templates where it is not the person's name or order.
SHARED = {"date": "12월 1일", "time": "오후 3시", "store": "종로점", "code": "482913", "item": "겨울 차 모음"}


@dataclass(frozen=True)
class Shop:
    """What the requests of the demo name."""

    project: Project
    actor: User
    sender: str
    line: OptOutLine
    keys: Mapping[str, StatisticsKey]
    tags: Mapping[str, Tag]


@transaction.atomic
def make_history(shop: Shop) -> int:
    """Requests of the last two weeks, if the project has none. Returns how many messages were written."""
    if SendRequest.objects.filter(project=shop.project).exists():
        return 0
    now = timezone.now()
    ensure_partitions(since=now - timedelta(days=DAYS))
    chance = random.Random(shop.project.pk)  # noqa: S311 - a demo's dice
    written = sum(
        write_past(shop, theme, version, moment, chance)
        for theme, version, moment in _planned(shop, now, chance)
    )
    while fold():
        pass
    return written


def _planned(
    shop: Shop, now: datetime, chance: random.Random
) -> Iterator[tuple[Theme, TemplateVersion, datetime]]:
    """What was sent when, oldest day first, today too; nothing whose template or tag is gone."""
    versions = {version.template.name: version for version in newest_versions(shop.project)}
    themes = [
        theme
        for theme in THEMES
        if theme.template in versions and (theme.kind != DeliveryKind.TAG or NEWSLETTER in shop.tags)
    ]
    for day in range(DAYS, -1, -1):
        for theme in chance.sample(themes, min(chance.choice((2, 3, 4)), len(themes))):
            moment = now - timedelta(days=day, minutes=chance.randrange(10, 600))
            yield theme, versions[theme.template], moment


def write_past(
    shop: Shop, theme: Theme, version: TemplateVersion, moment: datetime, chance: random.Random
) -> int:
    """Write a finished request of that moment; returns how many messages it has."""
    total = chance.randint(*theme.size)
    request = _request(shop, theme, version, moment, total)
    people = chance.sample(range(1, PEOPLE + 1), min(total, PEOPLE))
    people += [chance.randrange(PEOPLE, 4 * PEOPLE) for _ in range(total - len(people))]
    messages = [_message(request, theme, at, person, chance) for at, person in enumerate(people, 1)]
    Message.objects.bulk_create(messages)
    CountDelta.objects.bulk_create(_deltas(request, messages))
    return total


def _request(shop: Shop, theme: Theme, version: TemplateVersion, moment: datetime, total: int) -> SendRequest:
    return completed_request(
        project=shop.project,
        actor=shop.actor,
        moment=moment,
        total=total,
        name=theme.template,
        kind=theme.kind,
        message_type=version.message_type,
        purpose=version.purpose,
        sender=shop.sender,
        subject=version.subject,
        body=version.body,
        placeholders=version.placeholders,
        template_version=version,
        statistics_key=shop.keys.get(theme.event),
        opt_out_line=shop.line if version.purpose == Purpose.ADVERTISING else None,
        tag_condition=_condition(shop) if theme.kind == DeliveryKind.TAG else None,
        goes_abroad=theme.country_code != KOREA,
    )


def _condition(shop: Shop) -> dict[str, object]:
    return Condition(any_of=(shop.tags[NEWSLETTER].pk,)).to_json()


def _message(request: SendRequest, theme: Theme, ordinal: int, person: int, chance: random.Random) -> Message:
    """A message of the past, and what became of it: one in 25 failed; advertising may have been refused."""
    is_refused = request.purpose == Purpose.ADVERTISING and chance.random() < 0.03
    failed = is_refused or chance.random() < 0.04
    submitted_at = request.created_at + timedelta(seconds=1)
    finished_at = submitted_at + timedelta(seconds=chance.randint(1, 90))
    code = result_codes.OPTED_OUT if is_refused else chance.choice(FAILURES)
    values = SHARED | {
        "name": chance.choice(FAMILY) + chance.choice(GIVEN),
        "order": f"ORD-{chance.randint(1000, 9999)}",
    }
    is_home = theme.country_code == KOREA
    return Message(
        id=message_id(request.id, ordinal),
        request=request,
        project_id=request.project_id,
        row_number=ordinal + 1 if request.kind == DeliveryKind.MASS else None,
        country_code=theme.country_code,
        recipient=phone_of(person) if is_home else f"90{person:08}",
        values=[values[key] for key in request.placeholders] or None,
        state=MessageState.FAILED if failed else MessageState.DELIVERED,
        result_code=code if failed else result_codes.DELIVERED,
        telco=chance.choice(("SKT", "KTF", "LGT")) if is_home and not is_refused else None,
        submitted_at=None if is_refused else submitted_at,
        finished_at=submitted_at if is_refused else finished_at,
        reported_at=None if is_refused else finished_at,
        uid=f"acme-{person:04}" if request.kind == DeliveryKind.TAG else None,
    )


def _deltas(request: SendRequest, messages: list[Message]) -> list[CountDelta]:
    """What the steps of the path would have counted: accepted, handed over or refused, reported."""
    counts: Counts[tuple[datetime, str, str, int]] = Counts()
    for message in messages:
        country_code = message.country_code
        for moment, counter, code in _moves(request, message):
            counts[moment.replace(second=0, microsecond=0), counter, code, country_code] += 1
        if message.state == MessageState.DELIVERED and message.submitted_at and message.finished_at:
            minute = message.finished_at.replace(second=0, microsecond=0)
            seconds = int((message.finished_at - message.submitted_at).total_seconds())
            counts[minute, Counter.HANDSET_SECONDS, "", country_code] += seconds
    return [
        CountDelta(
            request=request,
            batch_number=1,
            minute=minute,
            counter=counter,
            code=code,
            country_code=land,
            n=n,
        )
        for (minute, counter, code, land), n in counts.items()
    ]


def _moves(request: SendRequest, message: Message) -> Iterator[tuple[datetime, str, str]]:
    """(when, counter, code) of every step of one message. Abroad, each of these texts is one part."""
    code = message.result_code or ""
    yield request.created_at, Counter.REQUESTED, ""
    if message.submitted_at is None or message.finished_at is None:
        yield message.finished_at or request.created_at, Counter.SEND_FAILED, code
        return
    yield message.submitted_at, Counter.SENT, ""
    if message.country_code != KOREA:
        yield message.submitted_at, Counter.PARTS, ""
    is_there = message.state == MessageState.DELIVERED
    yield message.finished_at, Counter.DELIVERED if is_there else Counter.DELIVERY_FAILED, code
