"""Pictures beside the form: added, refused, taken away, shown to their project alone."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from messaging.models import Attachment
from tests.messaging.admin.sending_people import Desk, desk

pytestmark = pytest.mark.django_db

URL = "/send/pictures/"


@pytest.fixture
def sender() -> Desk:
    return desk()


def picture(name: str = "세일.jpg", image_format: str = "JPEG") -> SimpleUploadedFile:
    target = io.BytesIO()
    Image.new("RGB", (20, 20), "orange").save(target, format=image_format)
    return SimpleUploadedFile(name, target.getvalue())


def add(person: Desk, ids: list[int] | None = None, **kwargs: Any) -> Any:
    return person.client.post(URL, {"attachments": ids or [], "picture": picture(**kwargs)})


def test_a_picture_is_added_to_those_before_it(sender: Desk) -> None:
    add(sender)
    first = Attachment.objects.get()
    page = add(sender, [first.pk]).content.decode()
    second = Attachment.objects.exclude(pk=first.pk).get()
    assert page.index(f'value="{first.pk}"') < page.index(f'value="{second.pk}"')


def test_a_refused_picture_leaves_the_others_in_place(sender: Desk) -> None:
    add(sender)
    first = Attachment.objects.get()
    page = add(sender, [first.pk], image_format="PNG").content.decode()
    assert f'value="{first.pk}"' in page
    assert "its content is not" in page
    assert Attachment.objects.count() == 1


def test_a_picture_is_taken_away_from_the_list(sender: Desk) -> None:
    add(sender)
    first = Attachment.objects.get()
    page = sender.client.post(URL, {"attachments": [first.pk], "remove": first.pk}).content.decode()
    assert f'value="{first.pk}"' not in page


def test_what_is_no_id_is_left_out(sender: Desk) -> None:
    for strange in ("x", "9" * 40, "٣", "-1", "\0"):
        assert sender.client.post(URL, {"attachments": [strange], "remove": strange}).status_code == 200


def test_a_picture_is_shown_to_its_project_alone(sender: Desk) -> None:
    add(sender)
    address = reverse("admin:send_picture", args=[Attachment.objects.get().pk])
    response = sender.client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8")
    stranger = desk()
    assert stranger.client.get(address).status_code == 404
    page = stranger.client.post(URL, {"attachments": [Attachment.objects.get().pk]}).content.decode()
    assert address not in page
