"""Starting the process that reads an uploaded file, and putting its answer into words."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from senders.inspection.images import MIN_SIDE
from senders.inspection.pdfs import MAX_PAGES
from senders.inspection.problems import Problem
from senders.services.errors import Sentence
from senders.services.slots import slot

MAX_BYTES = 10 * 1024 * 1024
WALL_SECONDS = 40

SENTENCES: dict[Problem, Sentence] = {
    Problem.EMPTY: _("This file is empty."),
    Problem.TOO_LARGE: _("This file is larger than 10 MB. Upload a smaller one."),
    Problem.NOT_SUPPORTED: _(
        "This is no PDF, JPEG or PNG file, whatever its name says. Upload one of these."
    ),
    Problem.DAMAGED: _("This file is damaged or cut off. Save or scan it once more."),
    Problem.TOO_MANY_PIXELS: _("This picture has more than 50 million pixels. Upload a smaller one."),
    Problem.TOO_SMALL: format_lazy(
        _("This picture is too small to be read: each side needs at least {pixels} pixels."), pixels=MIN_SIDE
    ),
    Problem.ENCRYPTED: _("This PDF is protected by a password. Print it to a new PDF without one."),
    Problem.TOO_MANY_PAGES: format_lazy(_("This PDF has more than {count} pages."), count=MAX_PAGES),
    Problem.NO_PAGES: _("This PDF has no page."),
    Problem.ACTIVE_CONTENT: _(
        "This PDF contains scripts, actions or attached files. Print it to a new PDF and upload that."
    ),
    Problem.RESIDENT_NUMBER: _(
        "A resident registration number is shown in full. Mask its last six digits (000000-0******) in the"
        " document itself and upload it again. The file was not kept."
    ),
    Problem.TOO_COMPLEX: _(
        "This file takes too long or too much memory to read. Print or scan it once more."
    ),
}


class FileRefused(ValueError):
    """An uploaded file was refused and not kept; `sentence` says why, and on which page."""

    def __init__(self, problem: Problem, page: int | None = None) -> None:
        sentence = SENTENCES[problem]
        self.problem = problem
        self.sentence = (
            format_lazy(_("Page {page}: {problem}"), page=page, problem=sentence) if page else sentence
        )
        super().__init__(str(self.sentence))


@dataclass(frozen=True)
class Inspected:
    """A clean copy below a temporary folder, with what is known of it. `pictures`: of a PDF, one a page."""

    path: Path
    content_type: str
    pages: int
    size: int
    sha256: str
    pictures: tuple[Path, ...]


@contextmanager
def inspected(upload: UploadedFile, *, today: date) -> Iterator[Inspected]:
    """Inspect the upload in a child process; the copy is there in the block. Raises FileRefused, NoSlot."""
    if not upload.size:
        raise FileRefused(Problem.EMPTY)
    if upload.size > MAX_BYTES:
        raise FileRefused(Problem.TOO_LARGE)
    with TemporaryDirectory(prefix="bongsu-document-") as folder:
        source, target = Path(folder, "source"), Path(folder, "copy")
        with source.open("wb") as file:
            file.writelines(upload.chunks())
        with slot() as held:
            answer = _ask_child(source, target, today, held)
        if "problem" in answer:
            raise FileRefused(Problem(answer["problem"]), answer["page"])
        yield _describe(target, answer["content_type"], answer["pages"])


def _ask_child(source: Path, target: Path, today: date, held: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "senders.inspection.child", str(source), str(target), today.isoformat()]
    try:
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            # Nothing of the console's environment: no secret, no address of a database.
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            pass_fds=(held,),
        )
    except subprocess.TimeoutExpired as error:
        raise FileRefused(Problem.TOO_COMPLEX) from error
    if done.returncode < 0:  # a signal: a limit, or a crash of a reader
        raise FileRefused(Problem.TOO_COMPLEX)
    if done.returncode > 0:
        raise FileRefused(Problem.DAMAGED)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _describe(target: Path, content_type: str, pages: int) -> Inspected:
    content = target.read_bytes()
    pictures = tuple(Path(f"{target}.{page}.png") for page in range(1, pages + 1))
    return Inspected(
        path=target,
        content_type=content_type,
        pages=pages,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        pictures=pictures if content_type == "application/pdf" else (),
    )
