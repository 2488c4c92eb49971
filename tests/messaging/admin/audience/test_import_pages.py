"""Uploading a file of UIDs: its counts come first, then a person says that it is saved."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from console.accounts.models import AuditEntry, Project
from console.accounts.roles import ProjectRole
from messaging.audience.importing import check_uid_file
from messaging.audience.saving import save_uid_file
from messaging.models import Uid, UidImport
from messaging.states import ImportState
from tests.factories import ProjectFactory, TagFactory, UidFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.audience.uid_files import audience_of, checked_uids, csv_of, tagged_with, upload_uids

PAGE = reverse("admin:audience_import")
ROWS = [("a", "01000000001"), ("a", "01000000002"), ("b", "01000000003"), ("b", "01000000003"), ("=c", "1")]


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


def page_of(file: UidImport, name: str = "audience_import_file") -> str:
    return reverse(f"admin:{name}", args=[file.pk])


def upload(content: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("uids.csv", content)}


def test_the_whole_way(project: Project, client_as: ClientAs) -> None:
    tag = TagFactory(project=project, name="VIP")
    UidFactory(project=project, uid="a", numbers=["01000000002"])
    client = client_as(project)
    response = client.post(PAGE, upload(csv_of(ROWS)))
    file = UidImport.objects.get()
    assert response.headers["Location"] == page_of(file)
    assert client.get(page_of(file)).context["is_running"] is True
    check_uid_file(file.pk)
    context = client.get(page_of(file, "audience_import_panel")).context
    assert [(n, word) for n, word, _colour in context["view"].counts] == [
        (3, "can be saved"),
        (1, "wrong number"),
        (1, "stood before"),
    ]
    assert sum(n for n, _word, _colour in context["view"].counts) == context["outcome"].file.total_rows
    assert (context["outcome"].found.new_uids, context["outcome"].found.new_contacts) == (1, 2)
    assert audience_of(project) == {"a": ["01000000002"]}
    assert client.post(page_of(file), {"tags": "VIP"}).status_code == 302
    assert client.get(page_of(file)).context["is_saving"] is True
    save_uid_file(file.pk)
    page = client.get(page_of(file))
    assert page.context["is_saved"] is True
    assert "All 2 UIDs of the file are registered with their 3 contacts." in page.content.decode()
    assert audience_of(project) == {"a": ["01000000001", "01000000002"], "b": ["01000000003"]}
    assert tagged_with(tag) == ["a", "b"]
    again = client.post(page_of(file), {"tags": ""}, follow=True)
    assert "Nothing was changed" in again.content.decode()


def test_rows_with_two_faults_are_counted_once(project: Project, client_as: ClientAs) -> None:
    file = checked_uids(project, csv_of([*ROWS, ("u" * 101, "1")]))
    page = client_as(project).get(page_of(file)).content.decode()
    assert "The first 2 of 2." in page
    assert "2 UIDs and 3 contacts are added; the chosen tags are put on all 2 UIDs of the file." in page


def test_an_unknown_tag_saves_nothing_and_stays_typed(project: Project, client_as: ClientAs) -> None:
    file = checked_uids(project, csv_of(ROWS))
    response = client_as(project).post(page_of(file), {"tags": "unknown"})
    assert response.status_code == 422
    assert response.context["form"]["tags"].value() == "unknown"
    file.refresh_from_db()
    assert (file.state, Uid.objects.count()) == (ImportState.CHECKED, 0)


def test_a_refused_file_says_why(project: Project, client_as: ClientAs) -> None:
    file = checked_uids(project, b"uid\na\n")
    page = client_as(project).get(page_of(file)).content.decode()
    assert "The file has no column for phoneNumber. Each row needs both: uid,phoneNumber." in page


def test_a_file_without_a_usable_row_cannot_be_saved(project: Project, client_as: ClientAs) -> None:
    file = checked_uids(project, csv_of([("a", "1")]))
    page = client_as(project).get(page_of(file)).content.decode()
    assert "No row of this file can be saved." in page
    assert 'name="tags"' not in page


def test_no_file_and_one_that_is_too_large(project: Project, client_as: ClientAs, settings: Any) -> None:
    client = client_as(project)
    assert client.post(PAGE, {}).context["problem"] == "Choose a file first."
    settings.BONGSU_MAX_UPLOAD_BYTES = 10
    response = client.post(PAGE, upload(csv_of(ROWS)))
    assert response.status_code == 422
    assert not UidImport.objects.exists()


def test_every_wrong_row_can_be_downloaded_and_that_is_noted(project: Project, client_as: ClientAs) -> None:
    file = checked_uids(project, csv_of([*ROWS, ("", "")]))
    response = client_as(project).get(page_of(file, "audience_import_problems"))
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content))) == [
        ["Row", "Column", "What is wrong", "uid", "phoneNumber"],
        ["6", "phoneNumber", "The number is too short.", "'=c", "1"],
    ]
    [entry] = AuditEntry.objects.filter(action=AuditEntry.Action.DOWNLOAD)
    assert entry.said() == "problems of a file of UIDs downloaded, 1 row"


def test_the_template_has_a_header_and_nothing_else(project: Project, client_as: ClientAs) -> None:
    response = client_as(project).get(reverse("admin:audience_import_template"))
    assert response.content == b"\xef\xbb\xbfuid,phoneNumber\r\n"


def test_a_viewer_uploads_nothing(project: Project, client_as: ClientAs) -> None:
    client = client_as(project, ProjectRole.VIEWER)
    assert client.post(PAGE, upload(csv_of(ROWS))).status_code == 403
    assert not UidImport.objects.exists()


def test_the_files_of_others_are_not_there(project: Project, client_as: ClientAs) -> None:
    file = upload_uids(ProjectFactory(), csv_of(ROWS))
    client = client_as(project)
    assert list(client.get(PAGE).context["files"]) == []
    assert client.get(page_of(file)).status_code == 404
