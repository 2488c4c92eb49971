"""The samples of code on a key's page: filled in, and each sends a message as it was pasted."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from console.accounts.keys import revoke_key
from console.accounts.models import AccessKey, Project
from console.accounts.roles import ProjectRole
from messaging.admin.code_samples import PLACEHOLDER, RECIPIENT, Sample, samples
from messaging.models import Message
from messaging.states import Source
from senders.models import SenderNumber
from tests.factories import AccessKeyFactory, ProjectFactory, UserFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.api.sens.server import served
from tests.sends import SENDER, make_project

PHONE = "01012345678"
RUN = {
    "Python": (sys.executable, "send_sms.py"),
    "Node.js 18+": ("node", "send_sms.js"),
    "Java 11+": ("java", "SendSms.java"),
    "curl, OpenSSL": ("sh", "send_sms.sh"),
}
NEEDS = {"curl, OpenSSL": ("sh", "curl", "openssl")}


@pytest.fixture(scope="module")
def base_url(django_db_setup: None) -> Iterator[str]:
    with served() as port:
        yield f"http://127.0.0.1:{port}"


def sample_of(language: str, project: Project, key: AccessKey, base_url: str) -> Sample:
    given = {"service_id": project.service_id, "access_key": key.access_key, "sender": SENDER}
    return {each.language: each for each in samples(base_url=base_url, **given)}[language]


def run(language: str, text: str, folder: Path) -> str:
    """What the program prints. Skips where nothing here can run it."""
    missing = [tool for tool in NEEDS.get(language, RUN[language][:1]) if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"samples of code need {', '.join(missing)}")
    command = RUN[language]
    (folder / command[1]).write_text(text, encoding="utf-8")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", RUN)
def test_as_pasted_it_sends(language: str, base_url: str, tmp_path: Path) -> None:
    project = make_project()
    key = AccessKeyFactory(project=project)
    text = sample_of(language, project, key, base_url).text
    assert (text.count(PLACEHOLDER), text.count(RECIPIENT)) == (1, 1)
    refused = run(language, text, tmp_path)
    assert "401" in refused
    assert not Message.objects.exists()
    said = run(language, text.replace(PLACEHOLDER, key.secret).replace(RECIPIENT, PHONE), tmp_path)
    message = Message.objects.select_related("request").get()
    assert "202" in said
    assert str(message.request_id) in said
    assert (message.recipient, message.request.sender) == (PHONE, SENDER)
    assert (message.request.project, message.request.source) == (project, Source.SENS)


@pytest.mark.parametrize(("language", "file_name"), [(name, run[1]) for name, run in RUN.items()])
def test_each_is_run_as_it_says(language: str, file_name: str) -> None:
    shown = samples(base_url="https://a.example", service_id="s", access_key="k", sender=SENDER)
    one = {each.language: each for each in shown}[language]
    assert (one.file_name, one.command.split()[-1]) == (file_name, file_name)


def shown_on(client, key: AccessKey) -> list[str]:
    """The programs that the page's buttons copy."""
    page = client.get(f"/keys/{key.pk}/samples/", secure=True, headers={"host": "console.example.com"})
    return [unescape(part.split('"')[0]) for part in page.content.decode().split('data-copy="')[1:]]


@pytest.mark.django_db
def test_the_page_fills_in_everything_but_the_secret(client_as: ClientAs) -> None:
    project = make_project()
    key = AccessKeyFactory(project=project)
    given = {"service_id": project.service_id, "access_key": key.access_key, "sender": SENDER}
    expected = samples(base_url="https://console.example.com", **given)
    client = client_as(project, ProjectRole.MANAGER)
    assert shown_on(client, key) == [each.text for each in expected]
    page = client.get(f"/keys/{key.pk}/samples/").content.decode()
    assert key.secret not in page
    assert "no approved sender number" not in page


@pytest.mark.django_db
def test_without_a_number_it_says_that_the_one_shown_is_made_up(client_as: ClientAs) -> None:
    project = make_project()
    SenderNumber.objects.all().delete()
    key = AccessKeyFactory(project=project)
    page = client_as(project, ProjectRole.MANAGER).get(f"/keys/{key.pk}/samples/").content.decode()
    assert "This project has no approved sender number yet" in page


@pytest.mark.django_db
def test_a_revoked_key_has_none(client_as: ClientAs) -> None:
    key = AccessKeyFactory(project=ProjectFactory())
    revoke_key(key=key, user=UserFactory())
    client = client_as(key.project, ProjectRole.MANAGER)
    assert shown_on(client, key) == []
    assert "This key is revoked already." in client.get(f"/keys/{key.pk}/samples/").content.decode()
