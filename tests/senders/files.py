"""Files as people send them, made on the spot: PDFs by reportlab, pictures by Pillow, others by hand."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

KOREAN = "HYSMyeongJo-Medium"


def pdf(*pages: str, password: str | None = None, owner_password: str | None = None) -> bytes:
    """A PDF with a page for each text, its lines below one another; Korean as well."""
    pdfmetrics.registerFont(UnicodeCIDFont(KOREAN))
    encryption = None
    if password is not None:
        encryption = StandardEncryption(password, ownerPassword=owner_password)
    file = io.BytesIO()
    sheet = canvas.Canvas(file, encrypt=encryption)
    for text in pages or ("Certificate",):
        sheet.setFont(KOREAN, 14)
        for place, line in enumerate(text.split("\n")):
            sheet.drawString(72, 740 - 24 * place, line)
        sheet.showPage()
    sheet.save()
    return file.getvalue()


def raw_pdf(catalog: bytes = b"", page: bytes = b"", objects: bytes = b"") -> bytes:
    """A PDF of one empty page with something added to its catalog or page. Its table is left to be mended."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R " + catalog + b">>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300] "
        + page
        + b">>endobj\n"
        + objects
        + b"trailer<</Root 1 0 R>>\n%%EOF"
    )


def picture(
    image_format: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **options: object
) -> bytes:
    image = Image.new(mode, size, 255 if mode == "L" else "white")
    if mode == "RGB":
        ImageDraw.Draw(image).rectangle((20, 20, size[0] // 2, size[1] // 2), fill="red")
    file = io.BytesIO()
    image.save(file, format=image_format, **options)
    return file.getvalue()


def jpeg_with_place(size: tuple[int, int] = (640, 480)) -> bytes:
    """A JPEG whose metadata says where it was taken, with which camera, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 33.0, 59.0), 3: "E", 4: (126.0, 58.0, 40.0)})
    return picture(size=size, exif=exif)


def upload(content: bytes, name: str = "certificate.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/octet-stream")
