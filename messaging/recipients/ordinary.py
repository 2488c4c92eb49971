"""Values that need no further look, found for many rows at once.

A row is ordinary when each of its values is filled, can be sent, and needs no escape in a staging line.
Looking at thousands of rows as one text costs a third of looking at each; where that text shows anything
unusual it is halved until the rows in question stand alone.
"""

from collections.abc import Sequence

from messaging.content.length import MAKE_UP

SEPARATOR = '","'  # between the values of a row, as in an array literal


def encode_rows(rows: Sequence[str], width: int) -> list[bytes | None]:
    """The EUC-KR bytes of each row, in double quotes; None for a row that is not ordinary.

    A row is given as its values joined by SEPARATOR; `width` is how many they are, at least 1.
    """
    encoded = encode_ordinary(rows, width)
    if encoded is not None:
        return encoded
    if len(rows) == 1:
        return [None]
    middle = len(rows) // 2
    return encode_rows(rows[:middle], width) + encode_rows(rows[middle:], width)


def encode_ordinary(rows: Sequence[str], width: int) -> list[bytes | None] | None:
    """The bytes of rows that are all ordinary; None when any is not."""
    whole = '"' + '"\n"'.join(rows) + '"'
    # An escape, an empty value, a value that begins blank.
    unusual = "\\" in whole or '""' in whole or '" ' in whole
    if unusual or whole.count('"') != 2 * width * len(rows) or not "".join(rows).isprintable():
        return None
    try:
        encoded = whole.encode("euc_kr")
    except UnicodeEncodeError:
        return None
    return None if MAKE_UP in encoded else list(encoded.split(b"\n"))
