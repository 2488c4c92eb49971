"""SQL that changes a state makes only the moves of its table. (Code: `test_sources`.)"""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from messaging.states import CHUNK_MOVES, MESSAGE_MOVES

ROOT = Path(__file__).parents[2]
MACHINES = {"messaging_message": MESSAGE_MOVES, "messaging_chunk": CHUNK_MOVES}
# What stands for the state in a statement that takes it as a parameter, from all of its callers.
GIVEN_STATES = {"MOVE_RANGE": {"CANCELED", "FAILED"}}
MOVES_A_STATE = re.compile(r"\bSET\s+state\s*=\s*(CASE.*?\bEND\b|'\w+'|%\(state\)s)", re.DOTALL)
FROM_STATE = re.compile(r"(\w+\.)?\bstate (?:= '(\w+)'|IN \(([^)]*)\))")


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in ("console", "senders", "messaging"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def modules_with_sql() -> list[str]:
    return [
        name
        for name, tree in sources()
        if any(
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"\bSET\s+state\b", node.value)
            for node in ast.walk(tree)
        )
    ]


def statements() -> dict[str, str]:
    """The SQL that moves states, by its name; a template counts as what is made of it."""
    found: dict[str, str] = {}
    for name in modules_with_sql():
        module = import_module(name.removesuffix(".py").replace("/", "."))
        found |= {
            key: value
            for key, value in vars(module).items()
            if isinstance(value, str) and MOVES_A_STATE.search(value) and "{states}" not in value
        }
    return found


def moves_of(name: str, sql: str) -> tuple[str, set[tuple[str, str]]]:
    """The table that a statement updates, and every (from, to) it can make."""
    [target] = MOVES_A_STATE.findall(sql)
    to = set(re.findall(r"'([A-Z]+)'", target)) or GIVEN_STATES[name]
    rest = MOVES_A_STATE.sub("", sql)
    states: set[str] = set()
    for owner, one, several in FROM_STATE.findall(rest):
        if owner != "request.":
            states |= {one} if one else set(re.findall(r"'(\w+)'", several))
    table = re.findall(r"UPDATE (messaging_\w+)", sql)[0]
    return table, {(source, each) for source in states for each in to}


def test_the_statements_that_move_states_are_these() -> None:
    assert modules_with_sql() == [
        "messaging/sending/claiming.py",
        "messaging/sending/outcomes.py",
        "messaging/sending/recovery.py",
        "messaging/sending/reporting.py",
    ]
    assert set(statements()) == {
        "APPLY",
        "APPLY_LATE",
        "CLAIM",
        "GIVE_UP",
        "MOVE_FAILED",
        "MOVE_RANGE",
        "MOVE_SENT",
        "MOVE_UNKNOWN",
    }


@pytest.mark.parametrize("name", sorted(statements()))
def test_a_statement_makes_only_the_moves_of_its_table(name: str) -> None:
    table, moves = moves_of(name, statements()[name])
    allowed = {(source, to) for source, targets in MACHINES[table].items() for to in targets}
    assert moves, "it names the state that it moves from"
    assert moves <= allowed


def test_a_state_given_to_a_statement_is_one_of_those_named_here() -> None:
    given = {
        ast.unparse(each.value).removeprefix("MessageState.")
        for _name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "move_range"
        for each in node.keywords
        if each.arg == "state"
    }
    assert given == GIVEN_STATES["MOVE_RANGE"]
