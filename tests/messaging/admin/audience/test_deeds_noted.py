"""What changes many rows of the audience at once leaves one entry in the audit log: who, what, how many."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.urls import reverse

from console.accounts.models import AuditEntry, Project
from messaging.admin.audience import bulk as bulk_page
from messaging.audience import bulk
from messaging.models import RecipientFile, Tag, Uid
from messaging.recipients.importing import check_recipient_file
from tests.factories import ProjectFactory, TagFactory, UidFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.audience.uid_files import checked_uids, csv_of

DEED, DELETE = AuditEntry.Action.DEED, AuditEntry.Action.DELETE
BULK = reverse("admin:audience_uids_bulk")


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


def deeds() -> list[tuple[int, Any]]:
    """The entries of deeds, oldest first, as (action, what was done)."""
    noted = AuditEntry.objects.filter(additional_data__has_key="said").order_by("pk")
    return [(entry.action, entry.said()) for entry in noted]


def last_deed_of(obj: Model) -> AuditEntry:
    entry: AuditEntry = AuditEntry.objects.filter(additional_data__has_key="said").latest("pk")
    assert (entry.object_pk, entry.content_type.model_class()) == (str(obj.pk), type(obj))
    return entry


def test_chosen_uids_are_named(
    project: Project, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_page, "NOTED", 2)
    uids = [UidFactory(project=project, uid=uid) for uid in ("a", "b", "c")]
    TagFactory(project=project, name="VIP", uids=uids[:1])
    client = client_as(project)
    sent = {"which": "chosen", "id": [uid.pk for uid in uids], "with_tag": "VIP", "confirmed": "1"}
    for action in ("tag", "untag", "delete"):
        response = client.post(BULK, {**sent, "action": action})
    assert deeds() == [
        (DEED, "2 UIDs got the tag VIP: a, b and 1 more"),
        (DEED, "3 UIDs lost the tag VIP: a, b and 1 more"),
        (DELETE, "3 UIDs deleted: a, b and 1 more"),
    ]
    entry = last_deed_of(project)
    assert (entry.actor, entry.project) == (response.wsgi_request.user, project)


def test_one_deleted_uid_is_noted_and_asking_is_not(project: Project, client_as: ClientAs) -> None:
    uid = UidFactory(project=project, uid="kim")
    client = client_as(project)
    sent = {"which": "chosen", "id": uid.pk, "action": "delete"}
    client.post(BULK, sent)
    assert deeds() == []
    client.post(BULK, {**sent, "confirmed": "1"})
    assert deeds() == [(DELETE, "1 UID deleted: kim")]


def test_all_that_fit_are_noted_once_with_the_search(
    project: Project, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STEP", 2)
    monkeypatch.setattr(bulk, "SECONDS", 0)
    uids = [UidFactory(project=project, uid=f"kim{n}") for n in range(5)]
    TagFactory(project=project, name="VIP", uids=uids)
    client = client_as(project)
    response = client.post(BULK, {"which": "all", "uid": "kim", "tag": "VIP", "action": "delete"})
    assert deeds() == []
    while not (progress := response.context.get("progress")) or not progress.is_done:
        response = client.post(BULK, dict(response.context["fields"]), headers={"HX-Request": "true"})
        assert deeds() == [(DELETE, "5 UIDs deleted: all that fit (UID begins with kim, tag VIP)")]
    assert not Uid.objects.exists()


def test_all_of_the_project(project: Project, client_as: ClientAs) -> None:
    UidFactory(project=project, uid="kim")
    client_as(project).post(BULK, {"which": "all", "action": "delete", "confirmed": "1"})
    assert deeds() == [(DELETE, "1 UID deleted: all of the project")]


def test_what_changes_nothing_is_not_noted(project: Project, client_as: ClientAs) -> None:
    UidFactory(project=project, uid="kim")
    client = client_as(project)
    client.post(BULK, {"which": "all", "action": "tag", "with_tag": "unknown", "confirmed": "1"})
    client.post(BULK, {"which": "chosen", "action": "delete", "confirmed": "1"})
    assert deeds() == []


def test_a_deleted_tag(project: Project, client_as: ClientAs) -> None:
    uids = [UidFactory(project=project) for _n in range(2)]
    tag = TagFactory(project=project, name="VIP", uids=uids)
    client_as(project).post(reverse("admin:audience_tag_delete", args=[tag.pk]))
    assert deeds() == [(DELETE, "tag deleted: VIP, 2 UIDs had it")]
    assert last_deed_of(tag).object_repr == "VIP"


def test_a_new_name_of_a_tag_is_kept_with_the_old_one(project: Project, client_as: ClientAs) -> None:
    tag = TagFactory(project=project, name="VIP")
    page = reverse("admin:audience_tag", args=[tag.pk])
    client_as(project).post(page, {"action": "rename", "name": "Gold"})
    entry = AuditEntry.objects.get_for_model(Tag).get(action=AuditEntry.Action.UPDATE)
    assert entry.changes == {"name": ["VIP", "Gold"]}


def test_who_had_a_file_saved(project: Project, client_as: ClientAs) -> None:
    TagFactory(project=project, name="VIP")
    rows = [("a", "01000000001"), ("a", "01000000002"), ("b", "01000000003")]
    file = checked_uids(project, csv_of(rows))
    page = reverse("admin:audience_import_file", args=[file.pk])
    client = client_as(project)
    for _press in range(2):
        response = client.post(page, {"tags": "VIP"})
    assert deeds() == [(DEED, "file of UIDs saved: 고객.csv, contacts: 3, UIDs: 2, tags: VIP")]
    assert last_deed_of(file).actor == response.wsgi_request.user


def test_who_had_a_file_of_opt_outs_entered(project: Project, client_as: ClientAs) -> None:
    upload = SimpleUploadedFile("list.csv", b"recipient_no\n01011112222\n01033334444\n", "text/csv")
    client = client_as(project)
    done = client.post(reverse("admin:audience_opt_outs_add"), {"action": "file", "file": upload, "line": ""})
    file = RecipientFile.objects.get()
    check_recipient_file(file.pk)
    assert deeds() == []
    for _press in range(2):
        response = client.post(done["Location"], {"line": ""})
    assert deeds() == [(DEED, "file of opt-outs entered: list.csv, 2 numbers")]
    assert last_deed_of(file).actor == response.wsgi_request.user
