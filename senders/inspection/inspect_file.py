"""What a file is, by its content alone, and its clean copy. No Django."""

from datetime import date
from pathlib import Path

from senders.inspection import images, pdfs
from senders.inspection.problems import Problem, Refused

_SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}


def content_type_of(head: bytes) -> str:
    """The type that the first bytes announce. Raises Refused where it is none of the three."""
    for signature, content_type in _SIGNATURES.items():
        if head.startswith(signature):
            return content_type
    raise Refused(Problem.NOT_SUPPORTED if head else Problem.EMPTY)


def inspect_file(source: Path, target: Path, *, today: date) -> dict[str, object]:
    """Write the clean copy to `target` (and a PDF's pictures beside it): `{"content_type", "pages"}`.

    Raises Refused.
    """
    with source.open("rb") as file:
        content_type = content_type_of(file.read(16))
    if content_type == "application/pdf":
        pages = pdfs.copy_and_draw(source, target, today=today)
    else:
        images.redraw(source, target, "JPEG" if content_type == "image/jpeg" else "PNG")
        pages = 1
    return {"content_type": content_type, "pages": pages}
