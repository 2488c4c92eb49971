"""The settings of unsendable characters and of repeated messages."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import CharacterSettings, DuplicateSettings
from tests.factories import UserFactory
from tests.messaging.admin.conftest import ClientAs

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC).isoformat()


@pytest.fixture
def manager(project: Project, client_as: ClientAs) -> Any:
    return client_as(project, ProjectRole.MANAGER)


def characters() -> str:
    return reverse("admin:settings_characters")


def duplicates() -> str:
    return reverse("admin:settings_duplicates")


def said_now(response: Any, name: str) -> str:
    page = response.content.decode()
    return " ".join(page.partition(f'id="{name}-now">')[2].partition("</div>")[0].split())


# --- characters ----------------------------------------------------------------------------------


def test_characters_are_refused_until_somebody_chooses_otherwise(manager: Any) -> None:
    response = manager.get(characters())
    assert response.context["form"].initial == {"action": "refuse", "seen": ""}
    assert said_now(response, "characters") == "A text with characters that phones cannot show is not sent."
    assert not CharacterSettings.objects.exists()


def test_the_example_shows_both(manager: Any) -> None:
    page = manager.get(characters()).content.decode()
    assert '<mark class="b-unsendable">😀</mark>' in page
    assert '<mark class="b-replaced" title="😀">?</mark>' in page
    assert '<mark class="b-replaced" title="똠">?</mark>방각하' in page


def test_replacing_is_saved_and_noted(manager: Any, project: Project) -> None:
    response = manager.post(characters(), {"action": "replace", "seen": ""})
    assert (response.status_code, response.url) == (302, characters())
    kept = CharacterSettings.objects.get()
    assert (kept.project, kept.replaces, kept.updated_by) == (project, True, project.members.get())
    page = manager.get(characters())
    assert said_now(page, "characters") == "Characters that phones cannot show are sent as ?."
    assert f"Last changed by {kept.updated_by}" in page.content.decode()
    back = {"action": "refuse", "seen": page.context["form"].initial["seen"]}
    assert manager.post(characters(), back).status_code == 302
    assert not CharacterSettings.objects.get().replaces


def test_an_unknown_wish_changes_nothing(manager: Any) -> None:
    response = manager.post(characters(), {"action": "delete", "seen": ""})
    assert "action" in response.context["form"].errors
    assert not CharacterSettings.objects.exists()


# --- duplicates ----------------------------------------------------------------------------------


def test_repeated_messages_are_sent_until_somebody_blocks_them(manager: Any) -> None:
    response = manager.get(duplicates())
    assert response.context["form"].initial == {"is_on": False, "minutes": 10, "seen": ""}
    assert said_now(response, "duplicates") == "Repeated messages are sent: nothing is blocked."
    assert not DuplicateSettings.objects.exists()


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (1, "Nobody gets the same message twice within a minute."),
        (60, "Nobody gets the same message twice within 60 minutes."),
    ],
)
def test_blocking_is_saved(manager: Any, project: Project, minutes: int, said: str) -> None:
    response = manager.post(duplicates(), {"is_on": "on", "minutes": minutes, "seen": ""})
    assert (response.status_code, response.url) == (302, duplicates())
    kept = DuplicateSettings.objects.get()
    assert (kept.project, kept.is_on, kept.minutes) == (project, True, minutes)
    assert kept.updated_by == project.members.get()
    assert said_now(manager.get(duplicates()), "duplicates") == said


@pytest.mark.parametrize("minutes", ["0", "61", "-1", "ten", "", "1.5"])
def test_other_minutes_are_refused_and_stay_as_typed(manager: Any, minutes: str) -> None:
    response = manager.post(duplicates(), {"is_on": "on", "minutes": minutes, "seen": ""})
    form = response.context["form"]
    assert {name: list(errors) for name, errors in form.errors.items()} == {
        "minutes": ["Choose 1 to 60 minutes."]
    }
    assert form["minutes"].value() == minutes
    assert not DuplicateSettings.objects.exists()


# --- both ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seen", ["", LONG_AGO, "nonsense"])
@pytest.mark.parametrize(
    ("address", "model", "wish"),
    [
        (characters, CharacterSettings, {"action": "replace"}),
        (duplicates, DuplicateSettings, {"is_on": "on", "minutes": 5}),
    ],
)
def test_of_two_browsers_the_second_is_told(
    manager: Any, project: Project, address: Any, model: Any, wish: dict[str, Any], seen: str
) -> None:
    first = model.objects.create(project=project, updated_by=UserFactory())
    response = manager.post(address(), {**wish, "seen": seen})
    assert "Meanwhile somebody else changed this." in response.content.decode()
    assert model.objects.get().updated_at == first.updated_at


@pytest.mark.parametrize("address", [characters, duplicates])
def test_only_managers_may(project: Project, client_as: ClientAs, address: Any) -> None:
    assert client_as(project, ProjectRole.SENDER).get(address()).status_code == 403
    assert client_as(project, ProjectRole.VIEWER).post(address(), {}).status_code == 403
