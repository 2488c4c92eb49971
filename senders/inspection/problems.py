"""What can be wrong with a file, as codes; `senders.services.documents` has the sentence of each."""

from enum import StrEnum


class Problem(StrEnum):
    """Why a file was refused."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_SUPPORTED = "not_supported"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    ENCRYPTED = "encrypted"
    TOO_MANY_PAGES = "too_many_pages"
    NO_PAGES = "no_pages"
    ACTIVE_CONTENT = "active_content"
    RESIDENT_NUMBER = "resident_number"
    TOO_COMPLEX = "too_complex"


class Refused(Exception):
    """The file is refused. `page`: where, counted from 1; None where it is no single page."""

    def __init__(self, problem: Problem, page: int | None = None) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.page = page
