"""The pages that say where each rule of the specification is kept: every name on them exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from messaging.result_codes import CATALOGUE
from messaging.sens.words import CODE

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("coverage-*.md"))
ROW = re.compile(r"^\| ([A-Z]\d+[a-z]{1,2}) \|(.*)\|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)


@cache
def names_in(path: Path) -> frozenset[str]:
    """The names that a file defines; of a class also its methods, as `Class::method`."""
    found = set()
    for node in ast.parse(path.read_text()).body if path.is_file() else []:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
            methods = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.FunctionDef)]
            found |= {f"{node.name}::{each.name}" for each in methods}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {ast.unparse(target) for target in targets}
    return frozenset(found)


def is_code(place: str) -> bool:
    module, _, name = place.partition(":")
    return name in names_in(ROOT / f"{module.replace('.', '/')}.py")


def is_test(place: str) -> bool:
    file, _, name = place.partition("::")
    return name in names_in(ROOT / "tests" / file)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_name_on_the_page_exists(page: Path) -> None:
    rows = ROW.findall(page.read_text())
    assert len(rows) > 10
    assert len({row[0] for row in rows}) == len(rows), "an id stands twice"
    missing = [
        (number, place)
        for number, _rule, code, tests, _state in rows
        for cell, exists in ((code, is_code), (tests, is_test))
        for place in re.findall(r"`([^`]+)`", cell)
        if not exists(place)
    ]
    assert missing == []
    shown = {number for number, _rule, code, tests, _state in rows if "`" in code and "`" in tests}
    assert {number for number, *_others, state in rows if state.strip() == "later"} == {
        number for number, *_others in rows if number not in shown
    }, "a row that is not later names its code and its test"


def test_every_code_has_a_row() -> None:
    """Those of the document with what they mean, and ours with the one that is answered for them."""
    page = (ROOT / "docs/coverage-sens.md").read_text()
    rules = [
        rule.strip() for number, rule, *_others in ROW.findall(page) if number.startswith(("A10", "B10"))
    ]
    rows = dict(rule.split(" · ", 1) for rule in rules if " · " in rule)
    assert {code: words.split(":")[0] for code, words in rows.items()} == {
        code: str(each.meaning) for code, each in CATALOGUE.items()
    }
    assert {code: words.split(": ")[1] for code, words in rows.items() if code.startswith("B")} == dict(CODE)
