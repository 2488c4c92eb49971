"""Pictures of an MMS: the guide's limits, what a camera writes, whose they are, how long they stay."""

import io
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image

from console.accounts.models import Project, User
from messaging.content.limits import KB
from messaging.models import Attachment, SendRequest
from messaging.sending import attachments
from messaging.sending.attachments import (
    AttachmentRefused,
    attachments_of,
    prune_attachments,
    receive_attachment,
)
from messaging.states import DeliveryKind, Lane, Purpose, RequestState
from tests.factories import ProjectFactory, TemplateFactory, UserFactory

pytestmark = pytest.mark.django_db

ORIENTATION = 0x0112
MAKE = 0x010F


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


@pytest.fixture
def user() -> User:
    return UserFactory()


def jpeg(
    width: int = 40, height: int = 30, *, image_format: str = "JPEG", exif: Image.Exif | None = None
) -> bytes:
    target = io.BytesIO()
    picture = Image.new("RGB", (width, height), "orange")
    picture.save(target, format=image_format, **({"exif": exif} if exif else {}))
    return target.getvalue()


def attach(
    project: Project,
    user: User,
    content: bytes,
    name: str = "세일.jpg",
    others: list[Attachment] | None = None,
) -> Attachment:
    upload = SimpleUploadedFile(name, content)
    return receive_attachment(project=project, user=user, upload=upload, others=others or [])


@pytest.mark.parametrize("name", ["세일.jpg", "SALE.JPG", "a.jpeg"])
def test_a_jpeg_within_the_limits_is_stored_under_a_name_that_says_nothing(
    project: Project, user: User, name: str
) -> None:
    row = attach(project, user, jpeg(1000, 1000), name)
    assert (row.name, row.width, row.height, row.project) == (name, 1000, 1000, project)
    assert row.storage_name.startswith("attachments/")
    assert "세일" not in row.storage_name
    stored = default_storage.open(row.storage_name).read()
    assert len(stored) == row.size
    assert Image.open(io.BytesIO(stored)).format == "JPEG"


def test_what_a_camera_writes_is_removed_and_the_picture_stands_upright(project: Project, user: User) -> None:
    exif = Image.Exif()
    exif[MAKE] = "SECRET CAMERA"
    exif[ORIENTATION] = 6
    row = attach(project, user, jpeg(40, 30, exif=exif) + b"hidden after the end")
    stored = default_storage.open(row.storage_name).read()
    assert b"SECRET" not in stored
    assert b"hidden" not in stored
    assert (row.width, row.height) == (30, 40)
    assert not Image.open(io.BytesIO(stored)).getexif()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (jpeg(), "그림.png", "wrong_name"),
        (jpeg(image_format="PNG"), "그림.jpg", "not_jpeg"),
        (jpeg()[:200], "그림.jpg", "damaged"),
        (jpeg(1001, 10), "그림.jpg", "too_many_pixels"),
        (jpeg(10, 1001), "그림.jpg", "too_many_pixels"),
        (jpeg() + b"0" * 300 * KB, "그림.jpg", "too_large"),
        (b"", "그림.jpg", "not_jpeg"),
    ],
)
def test_a_picture_that_breaks_a_rule_is_refused_and_nothing_is_stored(
    project: Project, user: User, content: bytes, name: str, code: str
) -> None:
    with pytest.raises(AttachmentRefused) as refused:
        attach(project, user, content, name)
    assert refused.value.code == code
    assert name in refused.value.sentence
    assert not Attachment.objects.exists()


def test_the_sentence_says_what_is_and_what_may_be(project: Project, user: User) -> None:
    with pytest.raises(AttachmentRefused) as refused:
        attach(project, user, jpeg(1400, 600), "큰 그림.jpg")
    assert refused.value.sentence == "“큰 그림.jpg” is 1400 × 600 pixels; at most 1000 × 1000 is allowed."


def test_three_pictures_at_most(project: Project, user: User) -> None:
    others = [attach(project, user, jpeg()) for _ in range(3)]
    with pytest.raises(AttachmentRefused) as refused:
        attach(project, user, jpeg(), others=others)
    assert refused.value.code == "too_many"


def test_800_kilobytes_together(project: Project, user: User) -> None:
    picture = jpeg()
    stored_size = attach(project, user, picture).size
    fits = Attachment(size=800 * KB - stored_size)
    assert attach(project, user, picture, others=[fits]).size == stored_size
    with pytest.raises(AttachmentRefused) as refused:
        attach(project, user, picture, others=[Attachment(size=800 * KB - stored_size + 1)])
    assert refused.value.code == "too_large_together"
    assert Attachment.objects.count() == 2


def test_the_project_sees_its_own_in_the_order_asked_for(project: Project, user: User) -> None:
    first, second = attach(project, user, jpeg()), attach(project, user, jpeg())
    foreign = attach(ProjectFactory(), user, jpeg())
    assert attachments_of(project, [second.pk, foreign.pk, first.pk, second.pk]) == [second, first]


def test_old_pictures_go_unless_a_request_still_needs_them(project: Project, user: User) -> None:
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC), tick=False):
        unused, waiting, recent, long_ago = (attach(project, user, jpeg()) for _ in range(4))
    with time_machine.travel(datetime(2026, 11, 20, tzinfo=UTC), tick=False):
        now = timezone.now()
        use(waiting, RequestState.SCHEDULED, now + timedelta(days=30))
        use(recent, RequestState.COMPLETED, now - timedelta(days=6))
        use(long_ago, RequestState.COMPLETED, now - timedelta(days=8))
        assert prune_attachments() == 2
    assert set(Attachment.objects.all()) == {waiting, recent}
    assert [default_storage.exists(row.storage_name) for row in (unused, waiting, recent, long_ago)] == [
        False,
        True,
        True,
        False,
    ]


def test_pictures_of_a_template_stay_as_long_as_it_does(
    project: Project, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "PRUNED_AT_ONCE", 1)  # those that stay must not hide those that go
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        living, replaced, deleted, just_deleted, unused = (attach(project, user, jpeg()) for _ in range(5))
    now = datetime(2026, 11, 20, tzinfo=UTC)
    text = {"message_type": "MMS"}
    template = TemplateFactory(project=project, text={**text, "attachment_ids": [replaced.pk]})
    newest = template.versions.create(
        number=2, **text, body="a", purpose="GENERAL", attachment_ids=[living.pk], created_at=now
    )
    for picture, days in ((deleted, 8), (just_deleted, 6)):
        TemplateFactory(
            project=project,
            deleted_at=now - timedelta(days=days),
            text={**text, "attachment_ids": [picture.pk]},
        )
    with time_machine.travel(now, tick=False):
        assert [prune_attachments() for _ in range(3)] == [1, 1, 0]
    assert set(Attachment.objects.all()) == {living, replaced, just_deleted}
    assert not default_storage.exists(deleted.storage_name)
    assert not default_storage.exists(unused.storage_name)
    assert newest.attachment_ids == [living.pk]


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_is_being_chosen_is_not_pruned(project: Project, user: User) -> None:
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        picture = attach(project, user, jpeg())
    pruned: list[int] = []

    def prune() -> None:
        pruned.append(prune_attachments())
        connection.close()

    with transaction.atomic():
        list(Attachment.objects.select_for_update(no_key=True))
        thread = threading.Thread(target=prune)
        thread.start()
        thread.join(timeout=20)
        TemplateFactory(project=project, text={"message_type": "MMS", "attachment_ids": [picture.pk]})
    assert (pruned, prune_attachments()) == ([0], 0)
    assert default_storage.exists(picture.storage_name)


def use(picture: Attachment, state: str, due_at: datetime) -> None:
    SendRequest.objects.create(
        project=picture.project,
        kind=DeliveryKind.GENERAL,
        message_type="MMS",
        purpose=Purpose.GENERAL,
        lane=Lane.SINGLE,
        sender="0212345678",
        body="안내",
        attachment_ids=[picture.pk],
        state=state,
        due_at=due_at,
        created_at=due_at,
    )


def test_a_picture_of_thousands_of_scans_costs_nothing(project, user) -> None:
    """Repeated scans of a thousand by a thousand pixels keep a web process busy for a quarter of a minute."""
    target = io.BytesIO()
    Image.new("RGB", (1000, 1000), "orange").save(target, format="JPEG", progressive=True)
    whole = target.getvalue()
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    bomb = whole[:-2] + scan * 10_000 + b"\xff\xd9"
    with pytest.raises(AttachmentRefused) as refused:
        attach(project, user, bomb)
    assert refused.value.code == "damaged"
    assert Attachment.objects.count() == 0
    assert attach(project, user, whole).width == 1000
