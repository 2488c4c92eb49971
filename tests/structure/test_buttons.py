"""The buttons of a form stand in one order everywhere: the primary one is the last, and there is one."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
MARKUP = re.compile(r"{#.*?#}|{%.*?%}", re.DOTALL)
Row = list[bool]


class Rows(HTMLParser):
    """The rows of buttons (`b-actions`) of a template, each button as whether it is primary. What stands in
    both ways of a condition is read as if both were shown.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.within: list[str] = []  # the open tags of the row that is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = (dict(attrs).get("class") or "").split()
        if "b-actions" in names:
            self.rows.append([])
            self.within = [tag]
        elif self.within:
            self.within += [tag] if tag == self.within[0] else []
            self.rows[-1] += ["b-button-primary" in names] if "b-button" in names else []

    def handle_endtag(self, tag: str) -> None:
        if self.within and tag == self.within[0]:
            self.within.pop()


def rows_of(text: str) -> list[Row]:
    rows = Rows()
    rows.feed(MARKUP.sub("", text))
    return rows.rows


def test_the_primary_button_is_the_last() -> None:
    found = {path.relative_to(TEMPLATES): rows_of(path.read_text()) for path in TEMPLATES.rglob("*.html")}
    wrong = {str(path): row for path, rows in found.items() for row in rows if True in row[:-1]}
    assert wrong == {}
    assert len([row for rows in found.values() for row in rows if len(row) > 1 and row[-1]]) > 10


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('<a class="b-button"></a>', []),
        ('<div class="b-actions"><div><a class="b-button"></a></div></div><a class="b-button">', [[False]]),
        (
            '<p class="b-actions"><a class="x b-button b-button-primary">{# #}<a class="b-button">',
            [[True, False]],
        ),
        ('<p class="b-actions"></p>{% if x %}<p class="b-actions"><a class="b-button">', [[], [False]]),
    ],
)
def test_rows_are_read_to_their_end(text: str, rows: list[Row]) -> None:
    assert rows_of(text) == rows
