"""What the parts of the console hand to the dashboard, which stands above them and names their functions."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Panel:
    """A part of the dashboard: a template, drawn inside a titled box with `panel` as its context.

    `key` is its own on the page, as `part-<key>`. `is_plain`: without the box around it, for what brings
    boxes of its own. `is_wide`: over the whole width. `is_empty`: not shown now, but in its place, so that
    it can come while the page is open.
    """

    key: str
    title: Any
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    is_plain: bool = False
    is_wide: bool = False
    is_empty: bool = False


@dataclass(frozen=True)
class Need:
    """Something that waits for a person: one sentence, and the words of the link to where it is done."""

    sentence: Any
    url: str
    action: Any
    colour: str = "amber"
