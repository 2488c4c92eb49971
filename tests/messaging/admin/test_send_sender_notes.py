"""What phones of other countries show as the sender is said beside the phone, on all three send pages."""

import pytest
from django.core.cache import cache

from messaging.recipients.importing import check_recipient_file
from tests.factories import ContactFactory, TagFactory, UidFactory
from tests.messaging.admin.sending_people import Desk, desk, general_fields, mass_fields
from tests.messaging.admin.test_send_general import words
from tests.messaging.admin.test_send_list import rows, upload
from tests.messaging.admin.test_send_tag import group, tag_fields

pytestmark = pytest.mark.django_db

JAPAN = "Japan: phones show the carrier’s own number as the sender."
CHINA = "China: phones show another number as the sender, and 【Verify】 before the text."


@pytest.fixture
def sender() -> Desk:
    return desk()


def test_general(sender: Desk) -> None:
    fields = general_fields(recipients="+81 90 1234 5678\n+86 138 1234 5678\n010-1234-5678")
    said = words(sender.post("/send/general/", fields, step="look"))
    assert JAPAN in said
    assert CHINA in said
    said = words(sender.post("/send/general/", {**fields, "message_type": "LMS"}, step="look"))
    assert JAPAN not in said


def test_mass_says_it_of_every_country_in_the_file(sender: Desk) -> None:
    """Not only of the row that the phone shows."""
    file = upload(sender, rows("01012345678", "+819012345678", "+8613812345678"))
    type(file).objects.filter(pk=file.pk).update(body="Hi", message_type="SMS")
    check_recipient_file(file.pk)
    fields = mass_fields(body="Hi", recipient_file=str(file.pk))
    said = words(sender.post("/send/mass/", fields, step="look"))
    assert JAPAN in said
    assert CHINA in said


def test_tag(sender: Desk) -> None:
    cache.clear()
    uid = UidFactory(project=sender.project, numbers=["01011112222"])
    ContactFactory(uid=uid, country_code=81, value="9012345678")
    tag = TagFactory(project=sender.project, uids=[uid])
    said = words(sender.post("/send/tag/", tag_fields(group(all=[tag.pk])), step="look"))
    assert JAPAN in said
    assert CHINA not in said
