"""Which numbers a file has held so far, in memory that does not grow with the rows of an ordinary file."""

from messaging.recipients.numbers import KOREA

PAGE_BITS = 16
PAGE_BYTES = (1 << PAGE_BITS) // 8
PAGE_MASK = (1 << PAGE_BITS) - 1


class SeenNumbers:
    """A set of numbers: a bit for each Korean mobile number, entries of a set for all others.

    All of 010 is 100 million bits in pages of 8 KB, made when first touched: 12.5 MB at most. Other numbers
    are too widely spread for pages (a hostile file would touch a page a row), so they cost about 100 bytes
    each.
    """

    def __init__(self) -> None:
        self.pages: dict[int, bytearray] = {}
        self.others: set[int] = set()

    def add(self, country_code: int, number: str) -> bool:
        """Remember a number; whether it is new."""
        if country_code == KOREA and number.startswith("01"):
            return self.add_mobile(int(number))
        key = int(f"{country_code}{number}")  # E.164: no two phones share it
        if key in self.others:
            return False
        self.others.add(key)
        return True

    def add_mobile(self, number: int) -> bool:
        """Remember a Korean mobile number, given as an integer; whether it is new.

        10 and 11 digits never meet: without the zero the first are below 10**9, the second are not.
        """
        page = self.pages.get(number >> PAGE_BITS)
        if page is None:
            page = self.pages[number >> PAGE_BITS] = bytearray(PAGE_BYTES)
        place, bit = (number & PAGE_MASK) >> 3, 1 << (number & 7)
        if page[place] & bit:
            return False
        page[place] |= bit
        return True
