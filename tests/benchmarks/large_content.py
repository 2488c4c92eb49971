"""Sender numbers, templates in their categories with their versions, and event keys of the large project."""

import random
from datetime import timedelta

from django.utils import timezone

from console.accounts.models import Project, User
from messaging.models import Category, StatisticsKey, Template, TemplateVersion
from messaging.states import MessageType, Purpose
from senders.models import SenderNumber
from senders.states import NumberState
from tests.sends import SENDER

TOP = ("주문", "배송", "회원", "행사", "예약", "결제", "고객센터", "매장")
BELOW = ("안내", "확인", "취소", "변경", "지연")
TYPES = (MessageType.SMS, MessageType.SMS, MessageType.LMS, MessageType.MMS)
BODY = "[Acme] ##name##님, 주문 ##order## 안내입니다. ##amount## 결제가 확인되었습니다."
ADVERTISING_BODY = "(광고)[Acme] ##name##님을 위한 이번 주 행사 소식입니다.\n무료 수신거부 080-500-0001"
MOST_VERSIONS = 6


def make_senders(project: Project, user: User, *, numbers: int) -> list[str]:
    """Numbers that may send, SENDER first, and a few in every other state."""
    now = timezone.now()
    states = [NumberState.APPROVED] * numbers
    states += [NumberState.REVIEWING, NumberState.REJECTED, NumberState.WITHDRAWN]
    made = SenderNumber.objects.bulk_create(
        SenderNumber(
            project=project,
            registered_by=user,
            number=f"02{3000000 + at}",
            state=state,
            round=1,
            consent_version="number-1",
            consented_at=now,
            submitted_at=now,
            decided_at=None if state == NumberState.REVIEWING else now,
        )
        for at, state in enumerate(states)
    )
    return [SENDER, *(row.number for row in made[:numbers])]


def make_templates(project: Project, user: User, *, templates: int) -> list[TemplateVersion]:
    """So many templates in a tree of categories, one to six versions each; every version."""
    chance = random.Random(1)
    categories, now = make_categories(project), timezone.now()
    made = Template.objects.bulk_create(
        Template(
            project=project,
            category=chance.choice(categories),
            name=f"{chance.choice(TOP)} {chance.choice(BELOW)} {at}",
            version=chance.randint(1, MOST_VERSIONS),
            updated_at=now - timedelta(minutes=37 * at),
        )
        for at in range(templates)
    )
    return TemplateVersion.objects.bulk_create(
        version_of(template, number, user) for template in made for number in range(1, template.version + 1)
    )


def make_categories(project: Project) -> list[Category]:
    """A tree, three levels deep; all of its categories."""
    tops = Category.objects.bulk_create(Category(project=project, name=name) for name in TOP)
    middle = Category.objects.bulk_create(
        Category(project=project, parent=top, name=f"{top.name} {name}") for top in tops for name in BELOW
    )
    low = Category.objects.bulk_create(
        Category(project=project, parent=parent, name=f"{parent.name} {year}")
        for parent in middle[::2]
        for year in (2025, 2026)
    )
    return [*tops, *middle, *low]


def version_of(template: Template, number: int, user: User) -> TemplateVersion:
    at = template.pk
    is_advertising = at % 5 == 0
    message_type = TYPES[at % len(TYPES)]
    return TemplateVersion(
        template=template,
        number=number,
        message_type=message_type,
        purpose=Purpose.ADVERTISING if is_advertising else Purpose.GENERAL,
        sender=SENDER if at % 3 else "",
        subject="" if message_type == MessageType.SMS else f"알립니다 {number}",
        body=ADVERTISING_BODY if is_advertising else BODY,
        placeholders=["name"] if is_advertising else ["name", "order", "amount"],
        created_by=user,
        created_at=template.updated_at - timedelta(days=template.version - number),
    )


def make_keys(project: Project, user: User, *, keys: int) -> list[StatisticsKey]:
    """Event keys: a third ended, one begins next week, the others are active."""
    now, day = timezone.now(), timedelta(days=1)
    return StatisticsKey.objects.bulk_create(
        StatisticsKey(
            project=project,
            name=f"행사 {at}",
            description="석 달 동안의 행사",
            starts_at=now + 7 * day if at == 1 else now - 95 * day,
            ends_at=now - 3 * day if at % 3 == 2 else now + 60 * day,
            created_by=user,
        )
        for at in range(keys)
    )
