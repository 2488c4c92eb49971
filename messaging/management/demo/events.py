"""The demo's event keys: one that collects now, and one that has ended."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.models import StatisticsKey
from messaging.statistics.keys import Period, create_key, end_now

NOW, BEFORE = "가을 감사제", "여름 마감 행사"
BEGAN_DAYS, ENDED_DAYS = 20, 6


@transaction.atomic
def make_keys(project: Project, user: User) -> dict[str, StatisticsKey]:
    """The project's event keys by name, made where it never had any."""
    if not StatisticsKey.objects.filter(project=project).exists():
        now, day = timezone.now(), timedelta(days=1)
        make(
            project, user, NOW, "가을 행사로 나간 모든 메시지", Period(now - BEGAN_DAYS * day, now + 30 * day)
        )
        ended = make(
            project, user, BEFORE, "지난 행사. 수집이 끝났습니다.", Period(now - 60 * day, now + day)
        )
        end_now(key=ended)
        StatisticsKey.objects.filter(pk=ended.pk).update(ends_at=now - ENDED_DAYS * day)
    return {key.name: key for key in StatisticsKey.objects.filter(project=project)}


def make(project: Project, user: User, name: str, description: str, period: Period) -> StatisticsKey:
    return create_key(project=project, user=user, name=name, description=description, period=period)
