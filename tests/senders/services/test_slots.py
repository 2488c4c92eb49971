"""Two documents are read at once on a machine, and who comes third is told so and loses nothing typed."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

from senders.models import SenderNumber
from senders.requirements import DocumentKind
from senders.services import slots
from senders.services.documents import BUSY
from senders.services.errors import Busy
from senders.services.slots import NoSlot, slot
from tests.factories import SenderNumberFactory
from tests.senders.files import picture, upload

BUSY_WORDS = "Other documents are being checked; try again in a moment. Your entries are kept."


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(slots, "WAIT_SECONDS", 0.0)


@pytest.fixture
def all_taken():
    with contextlib.ExitStack() as stack:
        for _number in range(2):
            stack.enter_context(slot())
        yield stack


def test_two_hold_one_each_and_a_third_waits_in_vain(all_taken):
    with pytest.raises(NoSlot), slot():
        pytest.fail("a third slot")
    all_taken.close()
    with slot(), slot():
        pass


def test_who_waits_gets_it_when_it_is_free(all_taken, monkeypatch):
    monkeypatch.setattr(slots, "WAIT_SECONDS", 60.0)
    looks = []

    def sleep(seconds):
        looks.append(seconds)
        if len(looks) == 3:
            all_taken.close()

    monkeypatch.setattr(slots.time, "sleep", sleep)
    with slot():
        assert len(looks) == 3


def test_a_child_that_lives_on_holds_its_slot(monkeypatch):
    """As where the web process was killed while the child was reading."""
    monkeypatch.setattr(slots, "AT_ONCE", 1)
    with slot() as held:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=(held,)
        )
    with pytest.raises(NoSlot), slot():
        pytest.fail("the child still reads")
    child.communicate(b"", timeout=20)
    with slot():
        pass


def test_the_reading_child_is_given_the_slot(monkeypatch, db, manager, add):
    given = []
    run = subprocess.run

    def watched(*arguments, **options):
        given.extend(str(Path(f"/proc/self/fd/{number}").readlink()) for number in options["pass_fds"])
        with slot(), pytest.raises(NoSlot), slot():
            pytest.fail("it was counted twice")
        return run(*arguments, **options)

    monkeypatch.setattr(subprocess, "run", watched)
    draft = SenderNumberFactory(draft=True, project=manager.project, registered_by=manager.user)
    add(draft, DocumentKind.SERVICE_CERTIFICATE, manager.user)
    [path] = given
    assert path.startswith(str(Path(slots.settings.RUN_FOLDER, "reading-")))
    with slot(), slot():
        pass


def test_a_busy_upload_is_refused_by_its_kind_and_keeps_nothing(all_taken, manager, add, stored_files):
    draft = SenderNumberFactory(draft=True, project=manager.project, registered_by=manager.user)
    with pytest.raises(Busy) as caught:
        add(draft, DocumentKind.SERVICE_CERTIFICATE, manager.user)
    assert caught.value.problems == {DocumentKind.SERVICE_CERTIFICATE: BUSY}
    assert (draft.documents.count(), stored_files()) == (0, [])


def test_the_form_waits_once_and_keeps_what_was_typed(all_taken, manager, sign_in, monkeypatch):
    waits = []

    def wait(deadline):
        waits.append(deadline)
        raise NoSlot

    monkeypatch.setattr(slots, "_wait_for_one", wait)
    typed = {
        "action": "submit",
        "number": "02-123-4567",
        "number_type": "OTHER",
        "has_agreed": "1",
        f"{DocumentKind.SERVICE_CERTIFICATE}-issued_on": "2026-11-01",
        DocumentKind.SERVICE_CERTIFICATE: [upload(picture(), "a.jpg"), upload(picture(), "b.jpg")],
        DocumentKind.USAGE_AGREEMENT: upload(picture(), "c.jpg"),
    }
    response = sign_in(manager.user).post(reverse("admin:senders_number_add"), typed)
    words = response.content.decode()
    assert (response.status_code, len(waits), words.count(BUSY_WORDS)) == (422, 1, 2)
    assert 'value="02-123-4567"' in words
    assert SenderNumber.objects.get().number == "021234567"
