"""Compiles the catalogues of `locale/` (.po) to what gettext reads (.mo), where no gettext is installed.

The format of a .mo file: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
"""

import ast
import os
import re
import struct
from pathlib import Path

LINE = re.compile(r'(?P<keyword>msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)?\s*(?P<text>".*")$')
CONTEXT_END = "\x04"
MAGIC = 0x950412DE


def compile_catalogs(locale: Path) -> list[Path]:
    """Compile every catalogue below the folder that is newer than its .mo; returns the files written."""
    written = []
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            draft = target.with_suffix(f".mo.{os.getpid()}")
            draft.write_bytes(encode(parse(source.read_text(encoding="utf-8"))))
            draft.replace(target)
            written.append(target)
    return written


def parse(catalog: str) -> dict[str, str]:
    """The translated messages of a .po file by key, as a .mo file holds them.

    A context stands before the key, plurals are joined by NUL. Fuzzy, obsolete and untranslated messages are
    left out, so their English shows. The header, which names the encoding, stays even where it is marked
    fuzzy, as `makemessages` marks it: without it no message can be read.
    """
    messages: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", catalog):
        lines = [line.strip() for line in block.splitlines()]
        is_fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in lines)
        entry = _entry([line for line in lines if line and not line.startswith("#")])
        forms = [text for keyword, text in entry.items() if keyword.startswith("msgstr")]
        if any(forms) and (entry.get("msgid") == "" or ("msgid" in entry and not is_fuzzy)):
            messages[_key(entry)] = "\0".join(forms)
    return messages


def _entry(lines: list[str]) -> dict[str, str]:
    entry: dict[str, str] = {}
    keyword = ""
    for line in lines:
        found = LINE.match(line)
        if found is None:
            raise ValueError(f"Not a line of a .po file: {line}")
        keyword = found["keyword"] or keyword
        entry[keyword] = entry.get(keyword, "") + ast.literal_eval(found["text"])
    return entry


def _key(entry: dict[str, str]) -> str:
    context = entry["msgctxt"] + CONTEXT_END if "msgctxt" in entry else ""
    plural = "\0" + entry["msgid_plural"] if "msgid_plural" in entry else ""
    return context + entry["msgid"] + plural


def encode(messages: dict[str, str]) -> bytes:
    """A .mo file: a header, two tables of (length, offset), then the keys and texts, each ended by NUL."""
    pairs = sorted((key.encode(), text.encode()) for key, text in messages.items())
    strings = [key for key, _ in pairs] + [text for _, text in pairs]
    header_size, table_size = 7 * 4, 8 * len(pairs)
    offset = header_size + 2 * table_size
    tables = bytearray()
    for string in strings:
        tables += struct.pack("<II", len(string), offset)
        offset += len(string) + 1
    header = struct.pack("<7I", MAGIC, 0, len(pairs), header_size, header_size + table_size, 0, offset)
    return header + bytes(tables) + b"".join(string + b"\0" for string in strings)
