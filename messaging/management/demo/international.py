"""The demo abroad: codes to other countries, one country blocked, a limit refused and asked for again."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.content.countries import MAJOR
from messaging.ids import message_id
from messaging.management.demo.past import completed_request
from messaging.models import (
    CountryBlock,
    InternationalSettings,
    InternationalUsage,
    LimitRequest,
    Message,
    SendRequest,
)
from messaging.policies.international import month_of
from messaging.states import (
    Counter,
    DeliveryKind,
    LimitRequestState,
    MessageState,
    MessageType,
    Purpose,
    Source,
)
from messaging.statistics.counting import Delta, add_deltas

NAME = "Sign-up codes"
BODY = "Your verification code is 482913"
# Country, how many went there, how many were entered; and how their numbers begin.
SENT: tuple[tuple[int, int, int, str], ...] = (
    (1, 64, 58, "4155550"),
    (81, 118, 96, "9012345"),
    (84, 71, 6, "9123456"),
    (886, 39, 31, "9123456"),
)
BLOCKED = 84
HOURS_AGO = 5
HANDSET_SECONDS = 4


@transaction.atomic
def make_abroad(project: Project, manager: User, sender: str) -> None:
    """The settings of a project, codes that it sent abroad, and a country that is blocked."""
    if InternationalSettings.objects.filter(project=project).exists():
        return
    now = timezone.now()
    _make_settings(project, manager)
    sent = _make_codes(project, manager, sender, now - timedelta(hours=HOURS_AGO))
    InternationalUsage.objects.create(project=project, month=month_of(now), sent=sent + 431)
    _make_block(project, now - timedelta(hours=HOURS_AGO - 1))


@transaction.atomic
def make_limit_requests(project: Project, manager: User, reviewer: User) -> None:
    """A limit that staff refused with a reason, and the same asked for again as the reason said."""
    if LimitRequest.objects.filter(project=project).exists():
        return
    now = timezone.now()
    LimitRequest.objects.create(
        project=project,
        wanted=100_000,
        reason="해외 발송 한도를 늘려 주세요.",
        asked_by=manager,
        asked_at=now - timedelta(days=9, hours=2),
        state=LimitRequestState.REJECTED,
        decided_by=reviewer,
        decided_at=now - timedelta(days=9),
        answer="어느 나라로 무엇을 한 달에 몇 건 보내는지 적어 다시 신청해 주세요.",
    )
    LimitRequest.objects.create(
        project=project,
        wanted=30_000,
        reason="일본과 대만 고객에게 주문과 배송을 알립니다. 월 2만 건 안팎, 성수기에는 3만 건입니다.",
        asked_by=manager,
        asked_at=now - timedelta(hours=7),
    )


def _make_settings(project: Project, manager: User) -> None:
    InternationalSettings.objects.create(
        project=project,
        countries=sorted(MAJOR),
        monthly_limit=1_000,
        blocks_by_conversion=True,
        conversion_countries=sorted(MAJOR),
        conversion_rate=40,
        updated_by=manager,
    )


def _make_codes(project: Project, manager: User, sender: str, at: datetime) -> int:
    """One request of codes to several countries, delivered; return how many messages it has."""
    request = completed_request(
        project=project,
        actor=manager,
        moment=at,
        total=sum(count for _code, count, _converted, _begin in SENT),
        name=NAME,
        kind=DeliveryKind.GENERAL,
        source=Source.CONSOLE,
        message_type=MessageType.SMS,
        purpose=Purpose.AUTHENTICATION,
        sender=sender,
        body=BODY,
        collects_conversion=True,
        goes_abroad=True,
    )
    Message.objects.bulk_create(_messages(request, at))
    add_deltas(_counts(request.pk), at=at)
    return request.total


def _messages(request: SendRequest, at: datetime) -> list[Message]:
    rows: list[Message] = []
    for code, count, converted, begin in SENT:
        for number in range(count):
            rows.append(
                Message(
                    id=message_id(request.pk, len(rows) + 1),
                    request=request,
                    project=request.project,
                    country_code=code,
                    recipient=f"{begin}{number:03d}",
                    state=MessageState.DELIVERED,
                    result_code="0",
                    submitted_at=at,
                    finished_at=at + timedelta(seconds=HANDSET_SECONDS),
                    reported_at=at + timedelta(seconds=5),
                    converted_at=at + timedelta(minutes=1) if number < converted else None,
                )
            )
    return rows


def _counts(request_id: UUID) -> list[Delta]:
    counted = (Counter.REQUESTED, Counter.SENT, Counter.PARTS, Counter.CONVERSION_WAITING)
    deltas: list[Delta] = []
    for code, count, converted, _begin in SENT:
        deltas += [Delta(request_id, 1, counter, "", code, count) for counter in counted]
        deltas.append(Delta(request_id, 1, Counter.DELIVERED, "0", code, count))
        deltas.append(Delta(request_id, 1, Counter.CONVERTED, "", code, converted))
        deltas.append(Delta(request_id, 1, Counter.HANDSET_SECONDS, "", code, count * HANDSET_SECONDS))
    return deltas


def _make_block(project: Project, at: datetime) -> None:
    [(sent, converted)] = [(each[1], each[2]) for each in SENT if each[0] == BLOCKED]
    CountryBlock.objects.create(
        project=project, country_code=BLOCKED, sent=sent, converted=converted, blocked_at=at
    )
