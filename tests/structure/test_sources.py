"""What must not stand in our source: states changed past their tables, logic in signals, inline scripts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("console", "messaging", "senders")
# An assignment that only tells an object in memory what `advance` has written a line before.
TOLD_TO_THE_OBJECT = {("messaging/sending/releasing.py", "request.state = to")}
# The statement picks rows by their state in another of its parts.
STATE_PICKED_BEFORE = {"messaging/sending/claiming.py"}
SAVES = {"console/admin/people.py"}  # a form's save(), which sets the first password

SETS_STATE = re.compile(
    r"\bUPDATE\s+(?:messaging|senders)_\w+.*?\bSET\b[^;]*?\bstate\s*=", re.DOTALL | re.IGNORECASE
)
ASKS_FOR_STATE = re.compile(r"\bWHERE\b.*\bstate\s*(=|IN\b)", re.DOTALL | re.IGNORECASE)
DJANGO_SIGNALS = re.compile(r"django\.(dispatch.*|.*\.signals)")
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE)
INLINE_HANDLER = re.compile(r"<[^>]*\son\w+\s*=\s*[\"']", re.IGNORECASE)


def sources() -> list[Path]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Every node of every module, with the module's path."""
    for path in sources():
        name = str(path.relative_to(ROOT))
        yield from ((name, node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def assigned_states(node: ast.AST) -> Iterator[str]:
    """Assignments to an attribute `state`, and calls of `update` that name it."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(each, ast.Attribute) and each.attr == "state" for each in targets):
            yield ast.unparse(node)
    updates = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("update", "update_or_create")
    if updates and any(word.arg in ("state", "defaults") for word in node.keywords):  # type: ignore[attr-defined]
        yield ast.unparse(node)


def test_a_state_is_changed_by_its_table_alone() -> None:
    found = {(name, written) for name, node in nodes() for written in assigned_states(node)}
    assert found == TOLD_TO_THE_OBJECT


def test_a_statement_that_sets_a_state_names_the_states_it_leaves() -> None:
    statements = [
        (name, node.value)
        for name, node in nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SETS_STATE.search(node.value)
    ]
    assert len(statements) > 4, "the pattern finds nothing any more"
    for name, statement in statements:
        asked = statement if name in STATE_PICKED_BEFORE else statement.partition("SET")[2]
        assert ASKS_FOR_STATE.search(asked), f"{name}: {statement}"


def test_no_signals_and_no_save_of_our_own() -> None:
    receivers, saves = set(), set()
    for name, node in nodes():
        if isinstance(node, ast.ImportFrom) and DJANGO_SIGNALS.fullmatch(node.module or ""):
            receivers.add(name)
        if isinstance(node, ast.FunctionDef) and node.name == "save":
            saves.add(name)
    assert receivers == set()
    assert saves == SAVES


@pytest.mark.django_db
def test_migrations_are_in_step_with_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("pattern", [INLINE_SCRIPT, INLINE_HANDLER], ids=["script", "handler"])
def test_templates_hold_no_script_of_their_own(pattern: re.Pattern[str]) -> None:
    templates = sorted((ROOT / "templates").rglob("*.html"))
    assert templates
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in templates
        for match in pattern.finditer(path.read_text())
    ]
    assert found == []
