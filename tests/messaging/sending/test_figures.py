"""What one request's page counts: by part, by cause, by minute, and how fast it goes."""

from datetime import datetime, timedelta

import pytest

from console.accounts.models import Project
from messaging.sending.figures import MOST_MINUTES, Counted, Figures, figures_of
from messaging.states import Counter
from messaging.statistics.counting import fold
from tests.factories import RouteFactory
from tests.messaging.admin.conftest import sending_project
from tests.messaging.admin.delivering import OFF, deliver, half_hours, send_file
from tests.messaging.sending.files import numbers

NOON = datetime.fromisoformat("2026-11-22T12:00:00+00:00")


def counted(minute: int, counter: Counter, n: int, *, code: str = "", part: int = 1) -> Counted:
    return Counted(part, NOON + timedelta(minutes=minute), counter, code, n)


@pytest.mark.django_db
@pytest.mark.parametrize("is_folded", [False, True])
def test_the_figures_of_a_request_that_went_out(is_folded: bool) -> None:
    RouteFactory()
    project: Project = sending_project()
    request = deliver(send_file(project, [numbers(1)[0], OFF, *numbers(2, 5)], split=half_hours(2)))
    if is_folded:
        fold()
    figures = figures_of(request.pk)
    assert figures.progress().counts == {"REQUESTED": 4, "SENT": 2, "DELIVERED": 1, "DELIVERY_FAILED": 1}
    assert figures.progress(1).sent == 2
    assert figures.progress(2).counts == {"REQUESTED": 2}
    assert figures.causes() == [("2003", 1)]


def test_causes_are_ordered_by_how_many_and_leave_out_what_was_taken_back() -> None:
    figures = Figures(
        (
            counted(0, Counter.DELIVERY_FAILED, 2, code="3001"),
            counted(1, Counter.DELIVERY_FAILED, 5, code="2003"),
            counted(1, Counter.SEND_FAILED, 4, code="3001", part=2),
            counted(1, Counter.UNKNOWN, 3, code="B007"),
            counted(2, Counter.UNKNOWN, -3, code="B007"),
            counted(2, Counter.DELIVERED, 9, code="0"),
        )
    )
    assert figures.causes() == [("3001", 6), ("2003", 5)]


def test_minutes_have_no_gaps_and_are_the_newest() -> None:
    figures = Figures((counted(0, Counter.SENT, 4), counted(2, Counter.DELIVERED, 3, code="0")))
    assert figures.per_minute() == [
        (NOON, 4, 0),
        (NOON + timedelta(minutes=1), 0, 0),
        (NOON + timedelta(minutes=2), 0, 3),
    ]
    long = Figures((counted(0, Counter.SENT, 4), counted(1000, Counter.SENT, 1)))
    assert len(long.per_minute()) == MOST_MINUTES
    assert long.per_minute()[-1] == (NOON + timedelta(minutes=1000), 1, 0)
    assert Figures(()).per_minute() == []


def test_the_speed_is_of_the_last_minutes_or_since_it_began() -> None:
    figures = Figures((counted(0, Counter.SENT, 9000), counted(5, Counter.SENT, 600)))
    now = NOON + timedelta(minutes=6)
    assert figures.per_minute_now(NOON, now) == 300
    just_begun = NOON + timedelta(minutes=5, seconds=30)
    assert figures.per_minute_now(just_begun, now) == 1200
    assert figures.per_minute_now(None, now) == 0
    assert figures.per_minute_now(now + timedelta(seconds=1), now) == 0
