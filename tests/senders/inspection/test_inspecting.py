"""Files as the child process judges them: by content, never by name; and what is left of them."""

import io
import zlib
from datetime import date

import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from senders.inspection import child
from senders.inspection.problems import Problem
from senders.services import inspecting
from senders.services.inspecting import FileRefused, inspected
from tests.senders.files import jpeg_with_place, pdf, picture, raw_pdf, upload

TODAY = date(2026, 11, 22)
JAVASCRIPT = b"<</S/JavaScript/JS(app.alert(1))>>"


def inspect(content, name="file.pdf"):
    """What the file was found to be, with the clean copy's bytes and pictures."""
    with inspected(upload(content, name), today=TODAY) as found:
        pictures = [path.read_bytes() for path in found.pictures]
        return found, found.path.read_bytes(), pictures


def problem_of(content, name="file.pdf"):
    with pytest.raises(FileRefused) as caught:
        inspect(content, name)
    return caught.value.problem


def png_header(width, height):
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_pdf_gives_a_copy_and_a_picture_of_each_page():
    found, copy, pictures = inspect(pdf("통신서비스 이용증명원", "2 페이지"))
    assert (found.content_type, found.pages, found.size) == ("application/pdf", 2, len(copy))
    assert copy.startswith(b"%PDF-")
    with pdfium.PdfDocument(copy) as document:
        assert [page.get_textpage().get_text_range() for page in document] == [
            "통신서비스 이용증명원",
            "2 페이지",
        ]
    for content in pictures:
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.mode) == ("PNG", "RGB")
            assert max(image.size) in (1800, 1801)


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (pdf(), "certificate.jpg", "application/pdf"),
        (picture("JPEG"), "certificate.pdf", "image/jpeg"),
        (picture("PNG"), "certificate.jpg", "image/png"),
        (picture("JPEG"), "certificate", "image/jpeg"),
    ],
)
def test_the_content_decides_and_not_the_name(content, name, content_type):
    assert inspect(content, name)[0].content_type == content_type


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04 a zip",
        b"GIF89a" + b"\0" * 100,
        picture("BMP"),
        picture("WEBP"),
        picture("TIFF"),
        b" %PDF-1.4",
        b"\xef\xbb\xbf%PDF-1.4",
        b"MZ\x90\x00",
        b"\0" * 5000,
    ],
)
def test_everything_else_is_refused_whatever_its_name_says(content):
    assert problem_of(content, "certificate.pdf") == Problem.NOT_SUPPORTED


def test_metadata_goes_and_the_picture_stands_upright():
    content = jpeg_with_place((640, 480))
    assert b"secret description" in content
    _found, copy, _pictures = inspect(content, "photo.jpg")
    with Image.open(io.BytesIO(copy)) as image:
        assert image.size == (480, 640)
        assert dict(image.getexif()) == {}
        assert "exif" not in image.info
    assert b"secret" not in copy
    assert b"Exif" not in copy


def test_what_hides_behind_or_inside_a_picture_is_gone():
    polyglot = (
        picture("JPEG", comment=b"<script>alert(1)</script>") + pdf("behind") + b"<script>alert(2)</script>"
    )
    found, copy, _pictures = inspect(polyglot, "photo.pdf")
    assert found.content_type == "image/jpeg"
    assert b"script" not in copy
    assert b"%PDF" not in copy


def test_a_transparent_png_is_laid_on_white():
    _found, copy, _pictures = inspect(picture("PNG", mode="RGBA", size=(300, 300)), "a.png")
    with Image.open(io.BytesIO(copy)) as image:
        assert image.mode == "RGB"
        assert image.size == (300, 300)


def test_a_large_picture_is_made_smaller():
    _found, copy, _pictures = inspect(picture("JPEG", size=(6000, 3000)), "a.jpg")
    with Image.open(io.BytesIO(copy)) as image:
        assert image.size == (4000, 2000)


def test_a_bomb_is_refused_by_its_claim():
    assert problem_of(png_header(60_000, 60_000)) == Problem.TOO_MANY_PIXELS
    assert problem_of(png_header(10_000, 6_000)) == Problem.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (picture("JPEG", size=(199, 400)), Problem.TOO_SMALL),
        (picture("JPEG")[:2000], Problem.DAMAGED),
        (picture("PNG")[:200], Problem.DAMAGED),
        (png_header(1000, 1000), Problem.DAMAGED),
        (b"\xff\xd8\xff" + b"\0" * 500, Problem.DAMAGED),
        (pdf()[:200], Problem.DAMAGED),
        (b"%PDF-1.7\n" + b"\0" * 500, Problem.DAMAGED),
        (pdf(password="secret"), Problem.ENCRYPTED),
        (pdf(password="", owner_password="owner"), Problem.ENCRYPTED),
        (pdf(*["page"] * 21), Problem.TOO_MANY_PAGES),
        (raw_pdf(catalog=b"/Names<</JavaScript<</Names[(a)" + JAVASCRIPT + b"]>>>>"), Problem.ACTIVE_CONTENT),
        (raw_pdf(page=b"/AA<</O" + JAVASCRIPT + b">>"), Problem.ACTIVE_CONTENT),
        (
            raw_pdf(
                catalog=b"/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a.exe)/EF<</F 5 0 R>>>>]>>>>",
                objects=b"5 0 obj<</Type/EmbeddedFile/Length 3>>stream\nabc\nendstream endobj\n",
            ),
            Problem.ACTIVE_CONTENT,
        ),
    ],
)
def test_each_refusal(content, problem):
    assert problem_of(content) == problem


def test_twenty_pages_are_allowed():
    assert inspect(pdf(*["page"] * 20))[0].pages == 20


@pytest.mark.parametrize(
    "content",
    [
        raw_pdf(catalog=b"/OpenAction" + JAVASCRIPT),
        raw_pdf(
            page=b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A" + JAVASCRIPT + b">>"
            b"<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A<</S/Launch/F(cmd.exe)>>>>]"
        ),
    ],
)
def test_actions_are_not_taken_over(content):
    _found, copy, _pictures = inspect(content)
    for name in (b"JavaScript", b"Launch", b"OpenAction", b"cmd.exe", b"alert"):
        assert name not in copy


def test_a_resident_number_is_refused_with_its_page():
    with pytest.raises(FileRefused) as caught:
        inspect(pdf("재직증명서", "성명 김민준\n주민등록번호 900101-1234567"))
    assert caught.value.problem == Problem.RESIDENT_NUMBER
    assert str(caught.value.sentence) == (
        "Page 2: A resident registration number is shown in full. Mask its last six digits (000000-0******)"
        " in the document itself and upload it again. The file was not kept."
    )


def test_a_resident_number_across_lines_is_refused():
    assert problem_of(pdf("900101-\n1234567")) == Problem.RESIDENT_NUMBER


def test_a_resident_number_in_a_form_field_is_refused():
    file = io.BytesIO()
    sheet = canvas.Canvas(file)
    sheet.acroForm.textfield(
        name="number", value="900101-1234567", x=72, y=700, width=200, fontName="Helvetica"
    )
    sheet.showPage()
    sheet.save()
    assert problem_of(file.getvalue()) == Problem.RESIDENT_NUMBER


def test_a_masked_one_is_kept():
    assert inspect(pdf("주민등록번호 900101-1******"))[0].pages == 1


def test_size_is_checked_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(inspecting, "_ask_child", lambda *arguments: pytest.fail("read"))
    assert problem_of(b"%PDF-" + b"\0" * inspecting.MAX_BYTES) == Problem.TOO_LARGE


def test_a_child_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(inspecting, "WALL_SECONDS", 0.01)
    assert problem_of(pdf()) == Problem.TOO_COMPLEX


def test_a_child_that_dies_says_so(monkeypatch, tmp_path):
    program = tmp_path / "die"
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    program.chmod(0o700)
    monkeypatch.setattr(inspecting.sys, "executable", str(program))
    assert problem_of(pdf()) == Problem.TOO_COMPLEX
    program.write_text("#!/bin/sh\nexit 3\n")
    assert problem_of(pdf()) == Problem.DAMAGED


def test_the_child_takes_its_limits_and_no_secret(monkeypatch):
    taken: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(child.resource, "setrlimit", taken.__setitem__)
    child.take_limits()
    assert taken[child.resource.RLIMIT_AS] == (child.MEMORY_BYTES, child.MEMORY_BYTES)
    assert taken[child.resource.RLIMIT_CPU] == (child.CPU_SECONDS, child.CPU_SECONDS)
    seen: dict = {}

    def run(command, **options):
        seen.update(options)
        raise inspecting.subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(inspecting.subprocess, "run", run)
    monkeypatch.setenv("A_SECRET", "x")
    assert problem_of(pdf()) == Problem.TOO_COMPLEX
    assert set(seen["env"]) == {"PATH", "LANG", "PYTHONDONTWRITEBYTECODE"}
