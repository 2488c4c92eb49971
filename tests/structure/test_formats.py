"""How dates and numbers are written is a matter of the reader's language: `console.formatting` knows it."""

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("console", "messaging", "senders")
OF_TEMPLATE = re.compile(r"\|\s*(?:date|time|intcomma)\b(?!:\"\w+_FORMAT)(?::\S*)?")
OF_SCRIPT = re.compile(r"toLocale\w*\(\s*[\"'][\w-]+[\"']|toLocale\w*\(\s*\)")
# Names of files, of tables, and keys: digits that are read as one.
RUN_TOGETHER = re.compile(r"(%[YmdHMSf]|_)+(-(%[HMS])+)?")
# Read by programs, by browsers (the values of inputs) or by nobody but ourselves (how a thing is named in a
# log, keys of rows, names of files).
FOR_PROGRAMS = {
    "console/accounts/models/audit_entry.py",  # its name in a log
    "messaging/admin/deliveries/forms.py",  # the value of a date input
    "messaging/admin/forms/base.py",  # the same
    "messaging/admin/hours.py",  # of a time input
    "messaging/admin/statistics/key_forms.py",  # the value of a date input
    "messaging/admin/history/files.py",  # what was looked at, as it is kept in the trail
    "messaging/history/entries.py",  # said in a terminal
    "messaging/history/backing_up.py",  # names of files
    "messaging/models/international.py",  # its name in a log
    "messaging/models/policy.py",  # the same
    "messaging/recipients/workbooks.py",  # cells as the values of a message
    "messaging/sending/limits.py",  # keys of what was told, bodies for programs
    "messaging/webhooks/bodies.py",  # the format of the specification
    "senders/models/identity.py",  # its name in a log
    "senders/models/opt_out.py",  # the same
    "messaging/api/sens/reservations.py",
    "messaging/api/sens/sending.py",
    "messaging/sens/words.py",
    "messaging/gateways/sens.py",
}
# Addresses hold days as inputs send them.
IN_ADDRESSES = {"templates/messaging/deliveries/panel_failures.html": '|date:"Y-m-d"'}


def formats_of(source: str) -> list[str]:
    """What a module writes by a format of its own: `strftime`, and specifications in strings."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "strftime":
            found.append("strftime")
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = "".join(part.value for part in node.format_spec.values if isinstance(part, ast.Constant))  # type: ignore[attr-defined]
            if ("%" in spec or "," in spec) and not RUN_TOGETHER.fullmatch(spec):
                found.append(spec)
        is_written = isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
            "date_format",
            "time_format",
        )
        if is_written and len(node.args) > 1 and "_FORMAT" not in ast.unparse(node.args[1]):  # type: ignore[attr-defined]
            found.append(ast.unparse(node))
    return found


def test_modules_have_no_format_of_their_own() -> None:
    found = {}
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        is_meant = name in FOR_PROGRAMS or "management" in path.parts or name == "console/formatting.py"
        if not is_meant and (formats := formats_of(path.read_text(encoding="utf-8"))):
            found[name] = formats
    assert found == {}


def test_templates_have_no_format_of_their_own() -> None:
    found = {
        (str(path.relative_to(ROOT)), written)
        for path in (ROOT / "templates").rglob("*.*")
        if path.suffix in (".html", ".txt")
        for written in OF_TEMPLATE.findall(path.read_text(encoding="utf-8"))
    }
    assert {
        (name, written) for name, written in found if not written.startswith(IN_ADDRESSES.get(name, "-"))
    } == set()


def test_scripts_write_numbers_in_the_language_of_the_page() -> None:
    found = {
        (path.name, written)
        for path in (ROOT / "static").rglob("*.js")
        for written in OF_SCRIPT.findall(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_what_is_written_by_hand_is_found() -> None:
    assert formats_of('f"{now:%Y-%m}"') == ["%Y-%m"]
    assert formats_of('f"{n:,}"') == [","]
    assert formats_of('f"{n:04}"') == []
    assert formats_of('f"{now:%Y%m%d-%H%M}.csv"') == []
    assert formats_of('now.strftime("%H")') == ["strftime"]
    assert formats_of('date_format(now, "H:i")') == ["date_format(now, 'H:i')"]
    assert formats_of('date_format(now, "DATE_FORMAT")') == []
