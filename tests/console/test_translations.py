import gettext
import os
from pathlib import Path

import pytest

from console.translations import compile_catalogs

CATALOG = r"""
# A comment
#, fuzzy
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#: somewhere.py:1
msgid "Send"
msgstr "보내기"

msgctxt "a noun"
msgid "Send"
msgstr "발송"

msgid ""
"two "
"lines\n"
msgstr "두 \"줄\"\n"

#, python-format
msgid "%(n)d message"
msgid_plural "%(n)d messages"
msgstr[0] "하나"
msgstr[1] "%(n)d건"

#, fuzzy
msgid "Guess"
msgstr "추측"

msgid "Untranslated"
msgstr ""

#~ msgid "Gone"
#~ msgstr "없음"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "ko" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(CATALOG, encoding="utf-8")
    return path


def test_gettext_reads_what_was_compiled(source: Path, tmp_path: Path) -> None:
    assert compile_catalogs(tmp_path) == [source.with_suffix(".mo")]
    with source.with_suffix(".mo").open("rb") as file:
        korean = gettext.GNUTranslations(file)
    assert korean.gettext("Send") == "보내기"
    assert korean.pgettext("a noun", "Send") == "발송"
    assert korean.gettext("two lines\n") == '두 "줄"\n'
    assert korean.ngettext("%(n)d message", "%(n)d messages", 1) == "하나"
    assert korean.ngettext("%(n)d message", "%(n)d messages", 2) == "%(n)d건"


@pytest.mark.parametrize("text", ["Guess", "Untranslated", "Gone"])
def test_what_is_not_translated_for_certain_stays_english(source: Path, tmp_path: Path, text: str) -> None:
    compile_catalogs(tmp_path)
    with source.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext(text) == text


def test_only_a_newer_catalogue_is_compiled_again(source: Path, tmp_path: Path) -> None:
    compile_catalogs(tmp_path)
    assert compile_catalogs(tmp_path) == []
    compiled_at = source.with_suffix(".mo").stat().st_mtime
    os.utime(source, (compiled_at + 1, compiled_at + 1))
    assert len(compile_catalogs(tmp_path)) == 1


def test_a_broken_catalogue_is_named(source: Path, tmp_path: Path) -> None:
    source.write_text('msgid "a"\nmsgstr nonsense\n', encoding="utf-8")
    with pytest.raises(ValueError, match="msgstr nonsense"):
        compile_catalogs(tmp_path)
