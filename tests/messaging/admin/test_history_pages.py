"""Backup, retention and closing as a manager meets them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from console.accounts.models import AuditEntry, Membership, Project
from console.accounts.scoping import scope_for
from messaging.admin.history.needs import needs_of
from messaging.history.backing_up import back_up
from messaging.ids import message_id
from messaging.models import BackupFile, BackupSettings, HistoryDrop
from messaging.sending.closing import why_not_close
from tests.factories import MembershipFactory, OptOutLineFactory
from tests.messaging.history.past import a_file, backing_up, sent

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
OLD = datetime(2026, 5, 26, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(settings: Any, tmp_path: Path) -> Any:
    settings.BONGSU_BACKUP_ROOT = str(tmp_path)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def membership() -> Membership:
    return MembershipFactory()


@pytest.fixture
def project(membership: Membership) -> Project:
    return membership.project


@pytest.fixture
def manager(client: Client, membership: Membership) -> Client:
    client.force_login(membership.user)
    return client


BACKUP = {"is_on": "on", "file_format": "JSONL", "place": "FOLDER", "folder": "sms"}


def seen() -> dict[str, str]:
    """What the page carries of how the settings are now."""
    return {"seen": BackupSettings.objects.get().updated_at.isoformat()}


def test_it_begins_off_and_is_switched_on(manager: Client, project: Project, membership: Membership) -> None:
    page = manager.get(reverse("admin:settings_backup")).content.decode()
    assert "No backup: history older than 180 days is dropped and cannot be had back." in page
    response = manager.post(reverse("admin:settings_backup"), BACKUP)
    assert response.status_code == 302
    chosen = BackupSettings.objects.get()
    assert (chosen.project, chosen.is_on, chosen.file_format, chosen.folder, chosen.updated_by) == (
        project,
        True,
        "JSONL",
        "sms",
        membership.user,
    )


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(manager: Client) -> None:
    given = {**BACKUP, "place": "S3", "endpoint": "https://10.0.0.1", "bucket": "X", "region": "?"}
    response = manager.post(reverse("admin:settings_backup"), given)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {
        "endpoint",
        "bucket",
        "region",
        "access_key",
        "secret_key",
    }
    assert BackupSettings.objects.count() == 0


def test_a_secret_is_kept_and_never_shown(manager: Client, project: Project) -> None:
    keys = {"access_key": "AKID", "secret_key": "very-secret"}
    given = {**BACKUP, "place": "S3", "region": "ap-northeast-2", "bucket": "history", **keys}
    assert manager.post(reverse("admin:settings_backup"), given).status_code == 302
    page = manager.get(reverse("admin:settings_backup")).content.decode()
    assert "very-secret" not in page
    again = {**given, **seen(), "secret_key": ""}
    assert manager.post(reverse("admin:settings_backup"), again).status_code == 302
    assert BackupSettings.objects.get().secret_key == "very-secret"
    noted = "".join(str(entry.changes) for entry in AuditEntry.objects.all())
    assert "very-secret" not in noted


def test_the_storage_is_tried_and_nothing_is_saved(manager: Client, tmp_path: Path) -> None:
    response = manager.post(reverse("admin:settings_backup"), {**BACKUP, "do": "test"})
    assert "The storage works: a small file was written" in response.content.decode()
    assert BackupSettings.objects.count() == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_switched_off_what_is_not_verified_is_forgotten(manager: Client, project: Project) -> None:
    backing_up(project)
    kept = a_file(project)
    a_file(project, date(2026, 1, 3), state="WAITING")
    manager.post(reverse("admin:settings_backup"), {**BACKUP, **seen(), "is_on": ""})
    assert list(BackupFile.objects.all()) == [kept]


def test_of_two_browsers_the_second_is_told_and_loses_nothing(manager: Client, project: Project) -> None:
    url = reverse("admin:settings_backup")
    page = manager.get(url).content.decode()
    assert '<input type="hidden" name="seen" id="id_seen">' in page
    assert manager.post(url, {**BACKUP, "seen": ""}).status_code == 302
    kept = BackupSettings.objects.get()
    assert f'name="seen" value="{kept.updated_at.isoformat()}"' in manager.get(url).content.decode()
    for stale in ("", "nonsense", (kept.updated_at - timedelta(seconds=1)).isoformat()):
        typed = {**BACKUP, "folder": "mine", "seen": stale}
        response = manager.post(url, typed)
        assert response.status_code == 422
        said = response.content.decode()
        assert "Meanwhile somebody else changed this. Look at it again, then save." in said
        assert 'value="mine"' in said
        assert "The storage works" in manager.post(url, {**typed, "do": "test"}).content.decode()
    again = BackupSettings.objects.get()
    assert (again.folder, again.updated_at) == ("sms", kept.updated_at)
    assert manager.post(url, {**BACKUP, **seen(), "folder": "mine"}).status_code == 302
    assert BackupSettings.objects.get().folder == "mine"


def test_a_file_is_taken_and_that_is_noted(manager: Client, project: Project) -> None:
    backing_up(project)
    sent(project, OLD, [None] * 2)
    back_up()
    file = BackupFile.objects.get()
    assert file.name in manager.get(reverse("admin:settings_backup")).content.decode()
    response = manager.get(reverse("admin:settings_backup_file", args=[file.pk]))
    content = b"".join(response.streaming_content)
    assert (len(content), response["Content-Length"], content[:2]) == (file.size, str(file.size), b"\x1f\x8b")
    entry = AuditEntry.objects.get(action=AuditEntry.Action.DOWNLOAD)
    assert entry.additional_data["said"]["values"]["n"] == 2
    BackupSettings.objects.update(folder="elsewhere")
    assert manager.get(reverse("admin:settings_backup_file", args=[file.pk])).status_code == 302


def test_a_failed_day_is_a_need_and_said_on_both_pages(manager: Client, project: Project) -> None:
    backing_up(project)
    a_file(
        project, state="WAITING", problem="denied", detail="AccessDenied", not_before=NOW, verified_at=None
    )
    page = manager.get(reverse("admin:settings_backup")).content.decode()
    assert "The storage refuses us." in page
    assert "2026-01-02" in manager.get(reverse("admin:settings_retention")).content.decode()
    [need] = needs_of(scope_for(project.members.get(), project.pk))
    assert need.sentence == "The backup of 1 day failed: its history stays until the storage takes it."
    viewer = MembershipFactory(project=project, role="VIEWER").user
    assert needs_of(scope_for(viewer, project.pk)) == []


def test_the_retention_says_what_goes_next_and_what_went(manager: Client, project: Project) -> None:
    sent(project, OLD, [None] * 3)
    held = sent(project, OLD + timedelta(hours=1), state="HELD", name="Forgotten")
    days = {"since": date(2026, 5, 1), "until": date(2026, 5, 9), "dropped_on": NOW.date()}
    HistoryDrop.objects.create(project=project, dropped_at=NOW, requests=12, messages=3456, **days)
    response = manager.get(reverse("admin:settings_retention"))
    kind = response.context["kinds"][0]
    assert (kind.since, kind.next_up, kind.goes_on) == (
        date(2026, 5, 26),
        "2 requests with 4 messages",
        date(2026, 11, 25),
    )
    assert response.context["open_ones"] == [held]
    page = response.content.decode()
    assert "3,456" in page
    assert "Forgotten" in page


def test_lists_of_settings_cost_the_same_however_long(
    manager: Client, project: Project, django_assert_max_num_queries: Any
) -> None:
    backing_up(project)
    for day in range(1, 29):
        a_file(project, date(2026, 1, day))
    manager.get(reverse("admin:settings_backup"))
    with django_assert_max_num_queries(12):
        manager.get(reverse("admin:settings_backup"))


def test_the_service_is_closed_by_its_name_and_opened_again(manager: Client, project: Project) -> None:
    address = reverse("admin:settings_service")
    assert manager.post(address, {"do": "close", "name": "something"}).status_code == 422
    project.refresh_from_db()
    assert project.is_active
    assert manager.post(address, {"do": "close", "name": f" {project.name} "}).status_code == 302
    project.refresh_from_db()
    assert not project.is_active
    assert "is closed: nothing is sent" in manager.get(address).content.decode()
    assert manager.post(address, {"do": "open"}).status_code == 302
    project.refresh_from_db()
    assert project.is_active


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("HELD", "1 request waits for a check. Let them end, or cancel them."),
        ("SCHEDULED", "1 request is scheduled or being sent. Let them end, or cancel them."),
        ("SENDING", "1 request is scheduled or being sent. Let them end, or cancel them."),
        ("COMPLETED", ""),
        ("CANCELED", ""),
    ],
)
def test_what_is_open_keeps_the_service_open(
    manager: Client, project: Project, state: str, sentence: str
) -> None:
    sent(project, NOW, state=state)
    assert why_not_close(project) == sentence
    response = manager.post(reverse("admin:settings_service"), {"do": "close", "name": project.name})
    assert response.status_code == (422 if sentence else 302)
    project.refresh_from_db()
    assert project.is_active is bool(sentence)


def test_so_does_an_080_line(manager: Client, project: Project) -> None:
    OptOutLineFactory(opened=True, project=project)
    page = manager.get(reverse("admin:settings_service"))
    assert len(page.context["reasons"]) == 1
    assert "Type the project" not in page.content.decode()


def test_what_has_left_the_retention_is_found_nowhere(manager: Client, project: Project) -> None:
    gone = sent(project, OLD)
    kept = sent(project, OLD + timedelta(hours=4))
    listed = reverse("admin:deliveries_requests") + "?since=2026-05-20&until=2026-05-28"
    found = [row.request for row in manager.get(listed).context["rows"]]
    assert found == [kept]
    assert manager.get(reverse("admin:delivery_request", args=[gone.pk])).status_code == 404
    assert manager.get(reverse("admin:delivery_request", args=[kept.pk])).status_code == 200
    message = reverse("admin:delivery_message", args=[message_id(gone.pk, 1)])
    assert manager.get(message).status_code == 404
