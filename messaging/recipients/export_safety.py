"""Cells that a spreadsheet program must show and never run.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a line break is a formula to some program; a single
quote in front makes it text. Two kinds that people really write stay as they are, because no program can
read a formula in them: a plain negative number ("-3", "-1,200.5") and an international number in digits
("+821012345678", "+82 10 1234 5678"); one with hyphens is protected, since a program would subtract its
parts.
"""

import re

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HARMLESS = re.compile(r"-\d[\d,]*(\.\d+)?|\+\d[\d ]{6,20}\d", re.ASCII)


def safe_cell(text: str) -> str:
    """The text as it may stand in a CSV or XLSX cell."""
    if not text.startswith(DANGEROUS) or HARMLESS.fullmatch(text):
        return text
    return "'" + text
