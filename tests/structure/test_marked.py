"""Nothing is said to people that is not marked for translation: in templates, in Python, in scripts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.structure.shown import texts

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("console", "messaging", "senders")
# Demo data, what only an operator's terminal shows, and what APIs tell programs, which is English.
TERMINALS = ("management", "restoring.py", "api", "answers.py")
TRANSLATED = re.compile(r"{%-?\s*(blocktranslate|blocktrans)\b.*?{%-?\s*end\1\s*-?%}", re.DOTALL)
COMMENT = re.compile(r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
WORD = re.compile(r"[A-Za-z]{2,}")
# Names of the specifications and of settings.
IDENTIFIER = re.compile(r"\b[a-z]+(?:[A-Z][a-z]+)+\b|\b[A-Z]+(?:_[A-Z]+)+\b")
VALUE = re.compile(r"\$\{.*?\}")
# Codes and names that are the same in every language.
NAMES = {"SMS", "LMS", "MMS", "UID", "UIDs", "API", "URL", "CSV", "JSON", "PDF", "PNG", "JPEG", "JPG"}
NAMES |= {"KB", "MB", "ms", "xlsx", "xls", "csv", "txt", "jpg", "EUC", "KR", "UTF", "GSM", "UCS", "SHA"}
MARKS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "npgettext",
}
# What is said by a call: its name, and which of its arguments is for people.
SAYS = {
    "ValidationError": 0,
    "Problem": 2,
    "success": 1,
    "error": 1,
    "warning": 1,
    "info": 1,
    "add_error": 1,
    "message_user": 1,
}
LOGGERS = {"logger", "log", "logging"}
FIELDS = re.compile(r"(?:\w*Field|ForeignKey)$")
KEYWORDS = {
    "label",
    "help_text",
    "verbose_name",
    "verbose_name_plural",
    "title",
    "empty_label",
    "description",
    "placeholder",
    "subtitle",
}
ATTRIBUTES = {"title", "verbose_name", "verbose_name_plural", "short_description", "empty_value_display"}
# JavaScript: what is put on the page, or asked of a person.
SAID_BY_SCRIPTS = re.compile(
    r"""(?:textContent|innerText|innerHTML|title|placeholder|ariaLabel)\s*=\s*(["'`])(.*?)\1"""
    r"""|(?:confirm|alert|prompt)\(\s*(["'`])(.*?)\3"""
    r"""|setAttribute\(\s*["'](?:title|placeholder|aria-label)["']\s*,\s*(["'`])(.*?)\5"""
)


def words_of(text: str) -> list[str]:
    return [word for word in WORD.findall(IDENTIFIER.sub(" ", text)) if word not in NAMES]


# --- templates -----------------------------------------------------------------------------------


def templates() -> list[Path]:
    """Pages and mails; the samples of programs are code, which is in no language of people."""
    found = (path for path in (ROOT / "templates").rglob("*.*") if path.suffix in (".html", ".txt"))
    return sorted(path for path in found if path.suffixes in ([".html"], [".txt"]))


def unmarked_of_template(source: str, *, is_html: bool) -> list[str]:
    """What the template says by itself, outside the tags that translate."""
    for pattern in (COMMENT, TRANSLATED, TAG):
        source = pattern.sub(" ", source)
    said = texts(source) if is_html else source.splitlines()
    return [text.strip() for text in said if words_of(text)]


def test_templates_say_nothing_that_is_not_marked() -> None:
    found = {
        (str(path.relative_to(ROOT)), text)
        for path in templates()
        for text in unmarked_of_template(path.read_text(encoding="utf-8"), is_html=path.suffix == ".html")
    }
    assert len(templates()) > 100
    assert found == set()


# --- Python --------------------------------------------------------------------------------------


def modules() -> list[Path]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    left_out = {*TERMINALS, "migrations"}
    return sorted(path for path in found if not left_out & set(path.relative_to(ROOT).parts))


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def literals(node: ast.expr) -> Iterator[str]:
    """The words of an expression that people would read as they stand there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from (str(part.value) for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.BinOp):
        yield from literals(node.left)
        if isinstance(node.op, ast.Add):
            yield from literals(node.right)
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def said_by_call(call: ast.Call) -> Iterator[ast.expr]:
    name = name_of(call.func)
    if name in SAYS and len(call.args) > SAYS[name]:
        is_log = isinstance(call.func, ast.Attribute) and name_of(call.func.value) in LOGGERS
        if not is_log:
            yield call.args[SAYS[name]]
    is_model_field = isinstance(call.func, ast.Attribute) and name_of(call.func.value) == "models"
    names_a_model = name in ("ForeignKey", "OneToOneField")
    if is_model_field and FIELDS.search(name) and not names_a_model and call.args:
        yield call.args[0]
    yield from (word.value for word in call.keywords if word.arg in KEYWORDS)


def said_by_class(node: ast.ClassDef) -> Iterator[ast.expr]:
    """Titles of pages, names of models, labels of choices."""
    is_choices = any("Choices" in name_of(base) for base in node.bases)
    for each in node.body:
        if not isinstance(each, ast.Assign):
            continue
        names = {name_of(target) for target in each.targets}
        if names & ATTRIBUTES:
            yield each.value
        if is_choices and isinstance(each.value, ast.Tuple) and len(each.value.elts) > 1:
            yield each.value.elts[1]


def unmarked_of_python(source: str) -> Iterator[str]:
    """What is said to people and not marked, and what is marked but put together before it is looked up."""
    for node in ast.walk(ast.parse(source)):
        said: list[ast.expr] = []
        if isinstance(node, ast.Call):
            said += said_by_call(node)
            if (
                name_of(node.func) in MARKS
                and node.args
                and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
            ):
                yield ast.unparse(node)
        elif isinstance(node, ast.ClassDef):
            said += said_by_class(node)
        for each in said:
            yield from (text for text in literals(each) if words_of(text))


def test_python_says_nothing_that_is_not_marked() -> None:
    found = {
        (str(path.relative_to(ROOT)), text)
        for path in modules()
        for text in unmarked_of_python(path.read_text(encoding="utf-8"))
    }
    assert len(modules()) > 200
    assert found == set()


# --- scripts -------------------------------------------------------------------------------------


def test_scripts_say_nothing_of_their_own() -> None:
    """What a script says stands in the page, in an attribute of what it is about, in the page's language."""
    scripts = sorted((ROOT / "static").rglob("*.js"))
    found = {
        (str(path.relative_to(ROOT)), text)
        for path in scripts
        for parts in SAID_BY_SCRIPTS.findall(path.read_text(encoding="utf-8"))
        for text in parts[1::2]
        if words_of(VALUE.sub("", text))
    }
    assert scripts
    assert found == set()


# --- the tests themselves ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello there</p>", ["Hello there"]),
        ('<a title="Open it">{{ name }}</a>', ["Open it"]),
        ('<input type="submit" value="Send">', ["Send"]),
        ("{% translate 'Hello' %} <b>{{ n }} of {{ m }}</b>", ["of"]),
        ("{% blocktranslate with n=n %}Hello {{ n }}{% endblocktranslate %}", []),
        ("{# a remark #}{% comment %}another{% endcomment %}<p>SMS</p>", []),
        ("<script src='a.js'>let word</script><p lang='en'>English</p>", []),
    ],
)
def test_what_a_template_says_is_found(source: str, found: list[str]) -> None:
    assert unmarked_of_template(source, is_html=True) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise ValidationError("Not good")', ["Not good"]),
        ('raise ValidationError(_("Not good"))', []),
        ('yield Problem("body", "too_long", "Too long")', ["Too long"]),
        ('messages.success(request, f"Done {n}")', ["Done "]),
        ('logger.info("to", "Done")', []),
        ('forms.CharField(label="Name")', ["Name"]),
        ('name = models.CharField("name", max_length=3)', ["name"]),
        ('class P(Page):\n    title = "Home page"', ["Home page"]),
        ('class S(TextChoices):\n    A = "A", "Open"', ["Open"]),
        ('class S(TextChoices):\n    A = "A", _("Open")', []),
        ('gettext(f"Done {n}")', ["gettext(f'Done {n}')"]),
    ],
)
def test_what_python_says_is_found(source: str, found: list[str]) -> None:
    assert list(unmarked_of_python(source)) == found
