"""What the panel says of processes, in one sentence and one colour."""

from datetime import UTC, datetime

import pytest

from console.accounts.models import Project
from console.accounts.scoping import scope_for
from messaging.admin.home.health import WORK, Health, health_panel
from messaging.health.readings import CarrierReading, ProcessReading, Wellness
from messaging.models import GatewayAccount, Pulse
from tests.factories import MembershipFactory, UserFactory

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
WELL, LATE, GONE = Wellness.WELL, Wellness.LATE, Wellness.GONE


def health_of(beat: Wellness | None, *workers: Wellness) -> Health:
    found = [ProcessReading(Pulse(name=f"w{n}", kind="WORKER"), each) for n, each in enumerate(workers)]
    found += [ProcessReading(Pulse(name="beat", kind="BEAT"), beat)] if beat else []
    return Health(found, [], [], is_detailed=False)


@pytest.mark.parametrize(
    ("beat", "workers", "sentence", "wellness"),
    [
        (None, (), "No worker has been seen: nothing is sent.", GONE),
        (None, (WELL,), "Beat is not seen: nothing that is due starts by itself.", LATE),
        (LATE, (WELL,), "Beat is not seen: nothing that is due starts by itself.", LATE),
        (WELL, (WELL, WELL), "All 3 processes answer.", WELL),
        (WELL, (WELL, LATE), "1 of 3 processes does not answer.", LATE),
        (WELL, (GONE, LATE), "2 of 3 processes do not answer.", GONE),
        (GONE, (WELL,), "Beat is not seen: nothing that is due starts by itself.", GONE),
    ],
)
def test_the_worst_is_said(
    beat: Wellness | None, workers: tuple[Wellness, ...], sentence: str, wellness: Wellness
) -> None:
    health = health_of(beat, *workers)
    assert (health.sentence, health.wellness) == (sentence, wellness)


def test_what_waits_for_a_report_stands_beside_its_account() -> None:
    known, other = (
        CarrierReading(GatewayAccount(pk=number), WELL, None, None, None, "") for number in (7, 8)
    )
    health = Health([], [], [known, other], is_detailed=True, waiting={7: 12})
    assert health.accounts == [(known, 12), (other, None)]


@pytest.mark.django_db
def test_machines_are_for_administrators(project: Project) -> None:
    for user, is_detailed in (
        (MembershipFactory(project=project).user, False),
        (UserFactory(reviewer=True), False),
        (UserFactory(administrator=True), True),
    ):
        health = health_panel(scope_for(user, None), [], NOW).context["health"]
        assert health.is_detailed is is_detailed
        assert [label for label, _row in health.rows] == list(WORK.values())
