"""What import-linter cannot say: no database inside the pure packages, and who may import the APIs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PURE = ("messaging/gateways", "messaging/content")
DATABASE = ("django.db", "psycopg")
# The table of addresses joins everything.
MAY_IMPORT_API = ("console/urls.py", "messaging/urls.py", "messaging/api/")


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", modules(*PURE), ids=lambda path: str(path.relative_to(ROOT)))
def test_gateways_and_content_know_no_database(path: Path) -> None:
    assert [name for name in imports_of(path) if within(name, DATABASE)] == []


def test_nothing_but_the_table_of_addresses_imports_the_apis() -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in modules("console", "messaging", "senders")
        if any(within(name, ("messaging.api",)) for name in imports_of(path))
    }
    assert {name for name in importers if not name.startswith(MAY_IMPORT_API)} == set()


def test_no_relative_imports() -> None:
    relative = [
        str(path.relative_to(ROOT))
        for path in modules("console", "messaging", "senders")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []
