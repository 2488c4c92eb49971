"""How long a text is as carriers count it, and which of its characters cannot be sent.

Domestic messages are EUC-KR: an ASCII character is 1 byte, a character of KS X 1001 is 2 bytes. Every other
character cannot be sent; carriers and our own replacement put `?` in its place, so it counts 1 byte.
Python's `euc_kr` codec writes a hangul syllable outside KS X 1001 as four jamo (8 bytes, starting with the
filler A4D4), which no handset shows: those syllables count as unsendable here.
"""

import re
import unicodedata
from functools import lru_cache
from math import ceil

from messaging.content.limits import GSM_7BIT, UCS2, Surface, TextType, text_limits

MAKE_UP = b"\xa4\xd4"  # starts the 8-byte spelling of a syllable outside KS X 1001
REPLACEMENT = "?"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # all of ASCII that is no text, but tab and newline

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€")  # an escape and a character: two each


def normalize_newlines(text: str) -> str:
    """`\\r\\n` and a lone `\\r` become `\\n`, as they are sent and counted."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def encoded_size(text: str) -> int | None:
    """Bytes of a text in EUC-KR, or None when it holds a character that cannot be sent. Fast."""
    if CONTROL.search(text):
        return None
    if text.isascii():
        return len(text)
    try:
        encoded = text.encode("euc_kr")
    except UnicodeEncodeError:
        return None
    if MAKE_UP in encoded and any(map(is_unsendable, text)):
        return None
    return len(encoded)


@lru_cache(maxsize=4096)
def is_unsendable(character: str) -> bool:
    """Whether one character has no place in a domestic message."""
    if CONTROL.match(character):
        return True
    try:
        return len(character.encode("euc_kr")) > 2
    except UnicodeEncodeError:
        return True


def byte_length(text: str) -> int:
    """Bytes of a text as carriers count it; newlines are one byte, an unsendable character is one byte."""
    text = normalize_newlines(text)
    size = encoded_size(text)
    return sum(map(character_size, text)) if size is None else size


def character_size(character: str) -> int:
    """1 or 2 bytes."""
    return 1 if character.isascii() or is_unsendable(character) else 2


def unsendable(text: str) -> list[tuple[int, str]]:
    """The characters that cannot be sent, as (position from 0 in the normalised text, character)."""
    text = normalize_newlines(text)
    if encoded_size(text) is not None:
        return []
    return [(position, character) for position, character in enumerate(text) if is_unsendable(character)]


def replace_unsendable(text: str) -> str:
    """The text with `?` for every character that cannot be sent; the length in bytes stays the same."""
    if encoded_size(text) is not None:
        return text
    return "".join(REPLACEMENT if is_unsendable(character) else character for character in text)


def compose(text: str) -> str:
    """Hangul that a Mac wrote as separate jamo becomes syllables, where that makes it sendable."""
    if text.isascii() or encoded_size(text) is not None:
        return text
    return unicodedata.normalize("NFC", text)


def cut(text: str, limit: int) -> str:
    """The longest beginning of a text that is at most `limit` bytes; never half a character."""
    text = normalize_newlines(text)
    if byte_length(text) <= limit:
        return text
    size = 0
    for position, character in enumerate(text):
        size += character_size(character)
        if size > limit:
            return text[:position]
    return text


def suggest_type(message_type: str, body: str, surface: Surface = Surface.CONSOLE) -> TextType:
    """The type to offer for a text: LMS where it is too long for SMS, otherwise the type asked for."""
    chosen = TextType(message_type)
    if chosen is TextType.SMS and byte_length(body) > text_limits(chosen, surface).body_bytes:
        return TextType.LMS
    return chosen


def international_parts(text: str) -> int:
    """How many parts an international message is sent, and billed, as. More than 5 cannot be sent.

    GSM 7-bit where every character is in its alphabet (3GPP TS 23.038), otherwise UCS-2 (a character outside
    the basic plane counts two). Source: the console guide; 6 bytes of each part join a long message. What
    counts two is not torn between parts (3GPP TS 23.040), which may leave one place of a part empty.
    """
    text = normalize_newlines(text)
    if all(character in GSM_BASIC or character in GSM_EXTENDED for character in text):
        sizes, limits = [1 + (character in GSM_EXTENDED) for character in text], GSM_7BIT
    else:
        sizes, limits = [1 + (character > "\uffff") for character in text], UCS2
    size = sum(sizes)
    if size <= limits.single:
        return 1
    return ceil(size / limits.part) if size == len(sizes) else _packed(sizes, limits.part)


def _packed(sizes: list[int], part: int) -> int:
    """Into how many parts characters of these sizes go, none of them torn."""
    parts, room = 1, part
    for size in sizes:
        if size > room:
            parts, room = parts + 1, part
        room -= size
    return parts
