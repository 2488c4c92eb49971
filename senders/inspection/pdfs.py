"""PDF: a copy of its pages alone, a picture of each, and whether a resident number shows. No Django.

The copy is made of what the pages draw: forms and annotations are flattened into the page, and whatever else
the file carried (scripts, attachments, actions, metadata) is not taken over.
"""

from datetime import date
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from senders.inspection.problems import Problem, Refused
from senders.inspection.resident_numbers import contains_resident_number

MAX_PAGES = 20
MAX_PICTURE_SIDE = 1800
MAX_SCALE = 2.5
MAX_TEXT_OF_PAGE = 200_000
# Names that only something active carries. Long enough never to occur in compressed bytes by chance.
ACTIVE_NAMES = (b"/JavaScript", b"/EmbeddedFile", b"/RichMedia", b"/ImportData", b"/SubmitForm", b"/Launch")


def copy_and_draw(source: Path, target: Path, *, today: date) -> int:
    """Write the clean copy to `target` and a picture of each page to `target.<page>.png`; return the pages.

    Raises Refused, with the page where it is one page's fault.
    """
    try:
        document = pdfium.PdfDocument(source)
    except pdfium.PdfiumError as error:
        raise Refused(_problem_of_opening(error)) from error
    with document:
        _check(document)
        with pdfium.PdfDocument.new() as copy:
            _copy_pages(document, copy)
            copy.save(target)
    _check_copy(target)
    return _draw(target, today)


def _problem_of_opening(error: pdfium.PdfiumError) -> Problem:
    return Problem.ENCRYPTED if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD else Problem.DAMAGED


def _check(document: pdfium.PdfDocument) -> None:
    if raw.FPDF_GetSecurityHandlerRevision(document) != -1:
        raise Refused(Problem.ENCRYPTED)
    if raw.FPDFDoc_GetJavaScriptActionCount(document) > 0 or raw.FPDFDoc_GetAttachmentCount(document) > 0:
        raise Refused(Problem.ACTIVE_CONTENT)
    if document.get_formtype() in (raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND):
        raise Refused(Problem.ACTIVE_CONTENT)
    if len(document) == 0:
        raise Refused(Problem.NO_PAGES)
    if len(document) > MAX_PAGES:
        raise Refused(Problem.TOO_MANY_PAGES)


def _copy_pages(document: pdfium.PdfDocument, copy: pdfium.PdfDocument) -> None:
    for index in range(len(document)):
        try:
            with_annotations = document[index]
            raw.FPDFPage_Flatten(with_annotations, raw.FLAT_PRINT)
            with_annotations.close()
            copy.import_pages(document, [index])
            _remove_annotations(copy[index])
        except pdfium.PdfiumError as error:
            raise Refused(Problem.DAMAGED, index + 1) from error


def _remove_annotations(page: pdfium.PdfPage) -> None:
    for index in reversed(range(raw.FPDFPage_GetAnnotCount(page))):
        raw.FPDFPage_RemoveAnnot(page, index)


def _check_copy(target: Path) -> None:
    content = target.read_bytes()
    if any(name in content for name in ACTIVE_NAMES):
        raise Refused(Problem.ACTIVE_CONTENT)


def _draw(target: Path, today: date) -> int:
    with pdfium.PdfDocument(target) as copy:
        for index in range(len(copy)):
            page = copy[index]
            if contains_resident_number(_text_of(page), today=today):
                raise Refused(Problem.RESIDENT_NUMBER, index + 1)
            _picture_of(page).save(f"{target}.{index + 1}.png", format="PNG", optimize=False)
            page.close()
        return len(copy)


def _text_of(page: pdfium.PdfPage) -> str:
    text_page = page.get_textpage()
    count = min(text_page.count_chars(), MAX_TEXT_OF_PAGE)
    return text_page.get_text_range(0, count) if count > 0 else ""


def _picture_of(page: pdfium.PdfPage) -> Image.Image:
    width, height = page.get_size()
    if not (width >= 1 and height >= 1):
        raise Refused(Problem.DAMAGED)
    scale = min(MAX_SCALE, MAX_PICTURE_SIDE / max(width, height))
    picture: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil()
    return picture.convert("RGB")
