"""Files that a dead process left behind go; every file of a document stays."""

import datetime

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from senders import tasks
from senders.requirements import DocumentKind
from senders.services.stray_files import remove_stray_files
from tests.factories import SenderNumberFactory
from tests.senders.files import pdf

pytestmark = pytest.mark.django_db


def test_nothing_stored_nothing_removed():
    assert remove_stray_files() == 0


def test_strays_go_after_a_day_and_documents_stay(manager, add, stored_files):
    draft = SenderNumberFactory(draft=True, project=manager.project, registered_by=manager.user)
    row = add(draft, DocumentKind.SERVICE_CERTIFICATE, manager.user, content=pdf("a", "b"))
    shelf = row.storage_name.rpartition("/")[0]
    strays = [f"{shelf}/stray", f"{row.storage_name}.3.png", "documents/zz/stray"]
    for name in strays:
        default_storage.save(name, ContentFile(b"x"))
    kept = sorted(row.stored_names)
    assert remove_stray_files() == 0
    assert stored_files() == sorted([*kept, *strays])
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1, seconds=5), tick=False):
        tasks.remove_stray_files()
    assert stored_files() == kept
