"""Files as people bring them: papers, and a spreadsheet written by another program than ours (XlsxWriter)."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import xlsxwriter
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

NAMES = ("김민준", "이서연", "Park Jihu", "최예준")


def certificate(path: Path, number: str) -> Path:
    """A carrier's certificate for the number, as a PDF of one page."""
    sheet = canvas.Canvas(str(path), pagesize=A4)
    sheet.setFont("Helvetica", 16)
    for line, words in enumerate(("Service use certificate", "Hanok Tea", number, f"Issued {date.today()}")):
        sheet.drawString(80, 740 - 40 * line, words)
    sheet.save()
    return path


def letter(path: Path) -> Path:
    """A proof of employment, photographed."""
    picture = Image.new("RGB", (900, 1200), "#fdfdf8")
    draw = ImageDraw.Draw(picture)
    draw.text((120, 140), "Proof of employment", fill="black", font=ImageFont.load_default(48))
    draw.text(
        (120, 260), f"Mina Park, Hanok Tea, {date.today()}", fill="black", font=ImageFont.load_default(32)
    )
    draw.ellipse((640, 960, 760, 1080), outline="red", width=6)
    picture.save(path)
    return path


def customers(path: Path, rows: int, *, wrong: Collection[int] = (), nameless: Collection[int] = ()) -> Path:
    """So many customers below a header. Rows are counted as in the sheet: the first customer is row 2."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("customers")
        sheet.write_row(0, 0, ("name", "recipient_no", "order"))
        for row in range(2, rows + 2):
            sheet.write_string(row - 1, 0, "" if row in nameless else name_of(row))
            sheet.write_string(row - 1, 1, "010-12-34" if row in wrong else number_of(row))
            sheet.write_number(row - 1, 2, row)
    return path


def name_of(row: int) -> str:
    return NAMES[row % len(NAMES)]


def number_of(row: int) -> str:
    """A number that the simulator delivers to; none ends like one that fails."""
    return f"010-45{row // 100:02d}-{row % 100:02d}05"
