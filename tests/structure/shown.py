"""What of a page people read: its texts, and the attributes that browsers show or screen readers say."""

from collections.abc import Iterator
from html.parser import HTMLParser

ATTRIBUTES = ("title", "aria-label", "aria-description", "placeholder", "alt", "data-label", "data-confirm")
HIDDEN = ("script", "style", "template")
VERBATIM = ("code", "kbd", "pre", "samp")  # the same in every language
# Elements without an end.
VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
ICONS = "material-symbols"  # a font that draws the word which stands there
BUTTONS = ("button", "submit", "reset")


class Page(HTMLParser):
    """Reads a page, or a part of one, into `said`. What is marked with a language of its own is left out."""

    def __init__(self, page: str, language: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language = language
        self.said: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        is_other = (given.get("lang") or self.language) != self.language or given.get("translate") == "no"
        is_icon = ICONS in (given.get("class") or "")
        is_left_out = tag in HIDDEN + VERBATIM or is_other or is_icon or self.is_left_out
        if tag not in VOID:
            self.open.append((tag, is_left_out))
        if not is_left_out:
            self.said += [value for name in ATTRIBUTES if (value := given.get(name))]
            if tag == "input" and given.get("type") in BUTTONS and given.get("value"):
                self.said.append(str(given["value"]))

    def handle_endtag(self, tag: str) -> None:
        while any(name == tag for name, _is_left_out in self.open):
            if self.open.pop()[0] == tag:
                return

    def handle_data(self, text: str) -> None:
        if text.strip() and not self.is_left_out:
            self.said.append(" ".join(text.split()))

    @property
    def is_left_out(self) -> bool:
        return bool(self.open) and self.open[-1][1]


def texts(page: str, language: str = "") -> Iterator[str]:
    """Every text of the page that its reader sees or hears, in its order."""
    yield from Page(page, language).said
