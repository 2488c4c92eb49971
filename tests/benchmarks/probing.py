"""One address that the benchmark of the pages asks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, Resolver404, resolve, reverse

Query = dict[str, Any]


@dataclass(frozen=True)
class Probe:
    """One address to ask for, in words; `data` where it is posted. `is_partial`: as htmx asks for it."""

    name: str
    url: str
    data: Query | None = None
    is_partial: bool = False


def at(
    name: str,
    page: str,
    *args: Any,
    query: Query | None = None,
    data: Query | None = None,
    is_partial: bool = False,
) -> Iterator[Probe]:
    """The probe of a page that is mounted, by its URL name."""
    if url := address(page, *args):
        full = f"{url}?{urlencode(query)}" if query else url
        yield Probe(f"{page}: {name}" if name else page, full, data, is_partial)


def address(page: str, *args: Any) -> str:
    """The page's address, or "" where no such page is mounted (what is not falls to the site's catch-all)."""
    try:
        url = reverse(f"admin:{page}", args=args)
        return url if resolve(url).url_name == page else ""
    except (NoReverseMatch, Resolver404):
        return ""
