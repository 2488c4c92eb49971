"""Korean stands equal to English: nothing is left untranslated, and no placeholder is lost on the way."""

import ast
import gettext
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation.template import templatize

from console.translations import compile_catalogs, parse

CATALOG = Path(settings.BASE_DIR) / "locale" / "ko" / "LC_MESSAGES" / "django.po"
PACKAGES = ("console", "messaging", "senders")
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
# A particle depends on the last sound of the word before it, which nobody knows where a value stands.
BOTH_PARTICLES = re.compile(
    r"은\(는\)|는\(은\)|이\(가\)|가\(이\)|을\(를\)|를\(을\)|와\(과\)|과\(와\)|\(으\)로|\(이\)"
)
AFTER_A_VALUE = re.compile(
    r"(%\(\w+\)[sd]|%[sd]|\{\w*\})[”’\"']*(?:이?라고|이?라는|으로|로|은|는|이|가|을|를|과|와|이?나|아|야)(?![가-힣])"
)
KNOWN_VALUES = {"%(opening)s"}  # always "(광고)"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@pytest.fixture(scope="module")
def catalog() -> str:
    return CATALOG.read_text(encoding="utf-8")


def blocks(catalog: str) -> list[str]:
    """The entries as they stand in the file, without the header."""
    return [block for block in re.split(r"\n\s*\n", catalog)[1:] if "msgid " in block]


def test_no_message_is_empty_or_fuzzy(catalog: str) -> None:
    empty = re.compile(r'^msgstr(?:\[\d+\])? ""$(?!\n")', re.MULTILINE)
    unfinished = [
        block for block in blocks(catalog) if empty.search(block) or "fuzzy" in block.split("msgid")[0]
    ]
    assert unfinished == []


def test_no_placeholder_is_lost_or_added(catalog: str) -> None:
    wrong = []
    for key, translation in parse(catalog).items():
        english = key.rpartition("\x04")[2].split("\0")[-1]
        for form in translation.split("\0"):
            if key and sorted(set(PLACEHOLDER.findall(english))) != sorted(set(PLACEHOLDER.findall(form))):
                wrong.append((english, form))
    assert wrong == []


def test_particles_fit_whatever_stands_before_them(catalog: str) -> None:
    """Where a value stands before one, or both of its forms do, the sentence is to be put otherwise."""
    wrong = {
        form
        for translation in parse(catalog).values()
        for form in translation.split("\0")
        if BOTH_PARTICLES.search(form) or set(AFTER_A_VALUE.findall(form)) - KNOWN_VALUES
    }
    assert wrong == set()


def test_the_console_reads_what_it_compiles(catalog: str, tmp_path: Path) -> None:
    """The file itself, through our own compiler: a header that is lost is a page that does not open."""
    copy = tmp_path / "ko" / "LC_MESSAGES" / CATALOG.name
    copy.parent.mkdir(parents=True)
    shutil.copy(CATALOG, copy)
    compile_catalogs(tmp_path)
    korean = gettext.translation("django", tmp_path, languages=["ko"])
    assert korean.gettext("Dashboard") == "대시보드"
    assert korean.info()["content-type"] == "text/plain; charset=UTF-8"


def test_every_sentence_of_the_source_is_in_the_catalogue(catalog: str) -> None:
    """Else it would stand in English on a Korean page: `make messages` gathers what is new."""
    known = {key.rpartition("\x04")[2].split("\0")[0] for key in parse(catalog)}
    root = Path(settings.BASE_DIR)
    python = [path for package in PACKAGES for path in (root / package).rglob("*.py")]
    said = {text for path in python for text in sentences(path.read_text(encoding="utf-8"))}
    for path in (path for kind in ("*.html", "*.txt") for path in (root / "templates").rglob(kind)):
        said |= set(sentences_of_template(path.read_text(encoding="utf-8")))
    assert len(said) > 900
    assert sorted(said - known) == []


def sentences(source: str) -> list[str]:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args)
    named = [(call.func.id, call.args) for call in calls if isinstance(call.func, ast.Name)]
    said = [args[0] for name, args in named if name in CALLS]
    said += [args[1] for name, args in named if name in WITH_CONTEXT]
    return [each.value for each in said if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def sentences_of_template(source: str) -> list[str]:
    """Django makes a sort of Python of a template; its translation calls stand there one after the other."""
    calls = re.findall(
        r"""\b(?:gettext|ngettext|_)\(u?(".*?(?<!\\)"|'.*?(?<!\\)')\s*[,)]""", templatize(source)
    )
    return [ast.literal_eval(call) for call in calls]


def test_no_module_hides_its_sentences_from_those_who_gather_them() -> None:
    """`makemessages` knows a call by its name: under another one its sentence is never translated."""
    root = Path(settings.BASE_DIR)
    hidden = [
        f"{path.relative_to(root)}: {name.name} as {name.asname}"
        for package in PACKAGES
        for path in (root / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.asname not in (None, "_", name.name)
    ]
    assert hidden == []
