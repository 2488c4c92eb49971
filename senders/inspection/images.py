"""JPEG and PNG: drawn anew from their pixels, so that nothing but the picture is left. No Django."""

import warnings
from pathlib import Path

from PIL import Image, ImageOps

from senders.inspection.problems import Problem, Refused

MAX_PIXELS = 50_000_000
MAX_SIDE = 4000
MIN_SIDE = 200
JPEG_QUALITY = 88


def redraw(source: Path, target: Path, image_format: str) -> None:
    """Write the picture to `target` upright, without metadata, at most MAX_SIDE pixels a side.

    Raises Refused where it is no such picture, is damaged, or would unpack to too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(source, formats=[image_format]) as picture:
                _check_size(picture)
                _save(_plain(picture), target, image_format)
    except Image.DecompressionBombError as error:
        raise Refused(Problem.TOO_MANY_PIXELS) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Refused(Problem.DAMAGED) from error


def _check_size(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise Refused(Problem.TOO_MANY_PIXELS)
    if min(picture.size) < MIN_SIDE:
        raise Refused(Problem.TOO_SMALL)


def _plain(picture: Image.Image) -> Image.Image:
    """The pixels alone: upright, on white where they were transparent, small enough to be shown."""
    picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((MAX_SIDE, MAX_SIDE))
    layered = upright.convert("RGBA")
    page = Image.new("RGB", layered.size, "white")
    page.paste(layered, mask=layered.getchannel("A"))
    return page


def _save(picture: Image.Image, target: Path, image_format: str) -> None:
    options = {"quality": JPEG_QUALITY} if image_format == "JPEG" else {"compress_level": 6}
    picture.save(target, format=image_format, optimize=image_format == "JPEG", **options)
