"""Every limit on the content of a message, by surface: the one table.

The documents disagree (80 or 90 bytes, 1000x1000 or 1500x1440 pixels): what a surface's own
document says holds on that surface. The Hub's document gives no sizes, so the console's hold there.
Sizes are bytes as EUC-KR, pictures are pixels, files are bytes (1 KB = 1,024).
"""

from dataclasses import dataclass
from enum import StrEnum

KB = 1024


class Surface(StrEnum):
    """Where a message was composed."""

    CONSOLE = "CONSOLE"
    SENS = "SENS"
    HUB = "HUB"


class TextType(StrEnum):
    """The three kinds of text message; the values are the ones that models and APIs store."""

    SMS = "SMS"
    LMS = "LMS"
    MMS = "MMS"


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What may be attached to one MMS."""

    max_width: int
    max_height: int
    max_bytes: int
    max_count: int
    max_total_bytes: int
    max_name_length: int | None = None
    suffixes: tuple[str, ...] = (".jpg", ".jpeg")


@dataclass(frozen=True, slots=True)
class TextLimits:
    """How long a domestic message of one type may be. `subject_bytes` 0: the type has no subject."""

    body_bytes: int
    subject_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SurfaceLimits:
    """Everything that one surface allows. `scheduled_days` None: its document sets no end."""

    texts: dict[TextType, TextLimits]
    images: ImageLimits
    scheduled_days: int | None


@dataclass(frozen=True, slots=True)
class PartLimits:
    """International messages: characters of a message alone, and of each part of a longer one."""

    single: int
    part: int
    max_parts: int = 5

    @property
    def max_characters(self) -> int:
        """The longest text that can be sent, in characters."""
        return self.part * self.max_parts


# To other countries a text goes as an SMS: the console guide knows no other kind abroad.
TYPES_ABROAD: frozenset[str] = frozenset({TextType.SMS})
KOREA = 82

GSM_7BIT = PartLimits(single=160, part=153)
UCS2 = PartLimits(single=70, part=67)

TEXTS = {
    TextType.SMS: TextLimits(body_bytes=90),
    TextType.LMS: TextLimits(body_bytes=2000, subject_bytes=40),
    TextType.MMS: TextLimits(body_bytes=2000, subject_bytes=40),
}

CONSOLE_IMAGES = ImageLimits(
    max_width=1000, max_height=1000, max_bytes=300 * KB, max_count=3, max_total_bytes=800 * KB
)
SENS_IMAGES = ImageLimits(
    max_width=1500,
    max_height=1440,
    max_bytes=300 * KB,
    max_count=3,
    max_total_bytes=900 * KB,
    max_name_length=40,
)

LIMITS = {
    Surface.CONSOLE: SurfaceLimits(texts=TEXTS, images=CONSOLE_IMAGES, scheduled_days=60),
    Surface.SENS: SurfaceLimits(texts=TEXTS, images=SENS_IMAGES, scheduled_days=None),
    Surface.HUB: SurfaceLimits(texts=TEXTS, images=CONSOLE_IMAGES, scheduled_days=60),
}


def may_reach(message_type: str, country_code: int) -> bool:
    """Whether a message of a type can go to a country at all."""
    return country_code == KOREA or message_type in TYPES_ABROAD


def text_limits(message_type: str, surface: Surface = Surface.CONSOLE) -> TextLimits:
    """The byte limits of "SMS", "LMS" or "MMS" on a surface. Raises ValueError for another type."""
    return LIMITS[surface].texts[TextType(message_type)]
