"""POST files, and files inside a message: the document's limits, whose a file is, and for how long."""

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image

from console.accounts.models import AccessKey, Project
from messaging.content.limits import KB
from messaging.models import Attachment, SeenSignature
from messaging.sending import attachments
from messaging.sending.attachments import Upload, receive_upload
from tests.messaging.api.sens.client import SensClient
from tests.messaging.api.sens.pictures import jpeg, stored, text, upload
from tests.waiting import until_it_waits

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 2, 3, tzinfo=UTC)  # noon in Korea
EXIF_ORIENTATION = 0x0112
ATTACH_JPEG, AT_MOST = "Save the picture as JPEG and attach that.", "40 characters at most."
NOT_JPEG = "S005: “a.jpg” is called JPEG, but its content is not. Save the picture as JPEG anew."
DAMAGED = "S005: “a.jpg” is damaged and cannot be read. Save the picture as JPEG anew."


# --- uploading -------------------------------------------------------------------------------------


def test_a_file_is_stored_and_can_be_named_for_six_days(sens: SensClient, project: Project) -> None:
    with time_machine.travel(NOON, tick=False):
        answer = upload(sens, jpeg(1500, 1440), "sale 1.JPEG")
    row = Attachment.objects.get()
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "fileId": str(row.public_id),
            "createTime": "2026-11-02 12:00:00",
            "expireTime": "2026-11-08 12:00:00",
        },
    )
    assert (row.project, row.uploaded_by, row.name) == (project, None, "sale 1.JPEG")
    assert (row.uploaded_size, row.width, row.height) == (len(jpeg(1500, 1440)), 1500, 1440)
    picture = Image.open(io.BytesIO(default_storage.open(row.storage_name).read()))
    assert (picture.format, picture.size) == ("JPEG", (1500, 1440))


def test_what_a_camera_writes_is_not_kept(sens: SensClient) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"
    assert upload(sens, jpeg(exif=exif) + b"hidden after the end").status_code == 200
    content = default_storage.open(Attachment.objects.get().storage_name).read()
    assert b"SECRET" not in content
    assert b"hidden" not in content


def test_the_same_name_and_size_is_the_same_file_for_six_days(sens: SensClient) -> None:
    one, other = jpeg(colour="#ff0000"), jpeg(colour="#00ff00")
    size = max(len(one), len(other))
    one, other = one.ljust(size, b"0"), other.ljust(size, b"0")
    with time_machine.travel(NOON, tick=True):
        first = upload(sens, one).json()
        before = stored()
    with time_machine.travel(NOON + timedelta(days=6, minutes=-1), tick=True):
        assert upload(sens, other).json() == first
        assert stored() == before
        assert upload(sens, other, "other.jpg").json()["fileId"] != first["fileId"]
        assert upload(sens, one + b"0").json()["fileId"] != first["fileId"]
    with time_machine.travel(NOON + timedelta(days=6, minutes=1), tick=True):
        again = upload(sens, one).json()
    assert again["fileId"] != first["fileId"]
    assert again["createTime"] > first["createTime"]
    assert Attachment.objects.count() == 4


def test_another_projects_file_is_another(sens: SensClient, stranger: SensClient) -> None:
    assert upload(sens).json()["fileId"] != upload(stranger).json()["fileId"]
    assert [row.project for row in Attachment.objects.order_by("pk")] == [sens.project, stranger.project]


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (
            jpeg(),
            "a.png",
            "S005: “a.png” is not a .jpg or .jpeg file. Save the picture as JPEG and attach that.",
        ),
        (
            jpeg(),
            "a" * 37 + ".jpg",
            f"S005: “{'a' * 37}.jpg” is too long a file name: 40 characters at most.",
        ),
        (
            b"\x89PNG\r\n",
            "a.jpg",
            NOT_JPEG,
        ),
        (
            b"",
            "a.jpg",
            NOT_JPEG,
        ),
        (
            jpeg()[:200],
            "a.jpg",
            DAMAGED,
        ),
        (
            jpeg() + b"\xff\xda" * 101,
            "a.jpg",
            DAMAGED,
        ),
        (
            jpeg().ljust(300 * KB + 1, b"0"),
            "a.jpg",
            "S008: “a.jpg” has 301 KB; a picture may have 300 KB at most.",
        ),
        (jpeg(1501, 10), "a.jpg", "S009: “a.jpg” is 1501 × 10 pixels; at most 1500 × 1440 is allowed."),
        (jpeg(10, 1441), "a.jpg", "S009: “a.jpg” is 10 × 1441 pixels; at most 1500 × 1440 is allowed."),
    ],
)
def test_a_file_past_a_limit_is_refused_in_english_and_nothing_is_stored(
    sens: SensClient, content: bytes, name: str, reason: str
) -> None:
    before = stored()
    wish = {"fileName": name, "fileBody": text(content)}
    answer = sens.post("/files", wish, headers={"Accept-Language": "ko"})
    assert (answer.status_code, answer.json()["errors"]) == (400, [reason])
    assert not Attachment.objects.exists()
    assert not SeenSignature.objects.exists()
    assert stored() == before


def test_the_limits_themselves_are_within(sens: SensClient) -> None:
    longest = "가" * 36 + ".jpg"
    assert upload(sens, jpeg().ljust(300 * KB, b"0"), longest).status_code == 200
    assert Attachment.objects.get().name == longest


def test_a_picture_that_stands_upright_past_the_limit_is_refused(sens: SensClient) -> None:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    answer = upload(sens, jpeg(1500, 1440, exif=exif))
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        ["S009: “sale.jpg” is 1440 × 1500 pixels; at most 1500 × 1440 is allowed."],
    )


def test_a_picture_of_many_details_fits_again_once_it_is_drawn(sens: SensClient) -> None:
    noise, target = Image.effect_noise((1500, 1440), 60).convert("RGB"), io.BytesIO()
    noise.save(target, format="JPEG", quality=10, optimize=True)
    assert 200 * KB < len(target.getvalue()) <= 300 * KB
    assert upload(sens, target.getvalue()).status_code == 200
    assert Attachment.objects.get().size <= 300 * KB


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"fileName": "a.jpg"}, "fileBody: Field required"),
        ({"fileBody": text(jpeg())}, "fileName: Field required"),
        ({"fileName": "a.jpg", "fileBody": "no *** Base64"}, "S005: fileBody is not Base64."),
        ({"fileName": "a.jpg", "fileBody": "한글"}, "S005: fileBody is not Base64."),
        ({"fileName": "a.jpg", "fileBody": text(jpeg())[:-1]}, "S005: fileBody is not Base64."),
    ],
)
def test_a_body_that_is_none_is_refused(sens: SensClient, body: dict[str, str], reason: str) -> None:
    answer = sens.post("/files", body)
    assert (answer.status_code, answer.json()["errors"]) == (400, [reason])
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("name", ["a\0.jpg", "a\r\nb.jpg", ""])
def test_a_name_with_control_characters_is_none(sens: SensClient, name: str) -> None:
    assert upload(sens, name=name).status_code == 400
    assert not Attachment.objects.exists()


def test_base64_may_have_line_breaks(sens: SensClient) -> None:
    body = base64.encodebytes(jpeg()).decode().replace("\n", "\r\n")
    assert sens.post("/files", {"fileName": "a.jpg", "fileBody": body}).status_code == 200
    assert Attachment.objects.get().uploaded_size == len(jpeg())


def test_a_call_made_before_is_refused_before_anything_is_drawn(
    sens: SensClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = sens.signer.headers("POST", sens.target("/files"))
    wish = {"fileName": "a.jpg", "fileBody": text(jpeg())}
    assert sens.post("/files", wish, headers=headers).status_code == 200
    before = stored()
    monkeypatch.setattr(attachments, "clean_jpeg", None)
    answer = sens.post("/files", wish, headers=headers)
    assert (answer.status_code, answer.json()["errors"]) == (
        401,
        ["This call was made before: sign each call anew."],
    )
    assert Attachment.objects.count() == 1
    assert stored() == before


def test_of_two_copies_of_a_call_at_once_one_is_carried_out(
    sens: SensClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other comes while the first one's picture is drawn: only the transaction tells them apart."""
    headers = sens.signer.headers("POST", sens.target("/files"))
    wish = {"fileName": "a.jpg", "fileBody": text(jpeg())}
    drawn, draw, before = [], attachments.clean_jpeg, stored()

    def meanwhile(*given: Any) -> Any:
        drawn.append(given)
        if len(drawn) == 1:
            assert sens.post("/files", wish, headers=headers).status_code == 200
        return draw(*given)

    monkeypatch.setattr(attachments, "clean_jpeg", meanwhile)
    assert sens.post("/files", wish, headers=headers).status_code == 401
    [row] = Attachment.objects.all()
    assert row.name == "a.jpg"
    assert stored() - before == {row.storage_name.removeprefix("attachments/")}
    assert len(drawn) == 2


@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_once_are_one_file(sens: SensClient, key: AccessKey) -> None:
    """The second has drawn its picture, and waits for the first one's transaction."""
    before = stored()
    picture = Upload("sale.jpg", jpeg())

    def call() -> Any:
        try:
            return upload(SensClient(sens.project, key))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            row = receive_upload(project=sens.project, upload=picture, once=lambda: None)
            work = pool.submit(call)
            until_it_waits(work)
        answer = work.result(timeout=30)
    assert answer.json()["fileId"] == str(row.public_id)
    assert Attachment.objects.get() == row
    assert stored() - before == {row.storage_name.removeprefix("attachments/")}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_drawn_or_stored_within_a_transaction(
    sens: SensClient, sending: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for name in ("clean_jpeg", "store"):
        original = getattr(attachments, name)

        def watched(*given: Any, work: Any = original) -> Any:
            seen.append(connection.in_atomic_block)
            return work(*given)

        monkeypatch.setattr(attachments, name, watched)
    assert upload(sens).status_code == 200
    inside = [{"name": "other.jpg", "body": text(jpeg())}]
    assert sens.post("/messages", sending(type="MMS", subject="s", files=inside)).status_code == 202
    assert seen == [False] * 4


def test_queries(sens: SensClient) -> None:
    upload(sens)
    with CaptureQueriesContext(connection) as found:
        upload(sens)
    with CaptureQueriesContext(connection) as new:
        upload(sens, name="new.jpg")
    assert (len(found), len(new)) == (7, 10)
