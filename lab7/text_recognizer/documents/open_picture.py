"""Opens pictures given as a path, a URL, an open file, its bytes, an array or an image."""

import os
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps

from text_recognizer.documents import fetch
from text_recognizer.documents.fetch import TIME_LIMIT, one_line, read_within
from text_recognizer.documents.pixels import image_of_array, in_common_mode
from text_recognizer.images.safe_open import EXPECTED, broken, decode, identify
from text_recognizer.util import UserError

Source = str | os.PathLike[str] | IO[bytes] | bytes | np.ndarray | Image.Image
EXIF_ORIENTATION = 0x0112
WHAT = "Expected a path, a URL, a file opened in binary mode, its bytes, an array or a Pillow image"


def open_image(source: Source, time_limit: float = TIME_LIMIT) -> Image.Image:
    """Return the first image of a file, decoded and turned upright by its EXIF data.

    Parameters
    ----------
    source
        A path, a URL, the address of a bucket, a binary file or its bytes, an array (H, W), (H, W, 3) or (H, W, 4), or
        an image.
    time_limit
        Seconds in which a file must arrive.

    Raises
    ------
    UserError
        If the source cannot be read, or is not a complete image of a reasonable size.
    """
    return next(open_pages(source, time_limit))


def open_pages(source: Source, time_limit: float = TIME_LIMIT) -> Iterator[Image.Image]:
    """Yield all pages of a TIFF, or the image of any other file; see `open_image`.

    A single image, which may be large, is not kept here once it is handed over.
    """
    if isinstance(source, np.ndarray):
        source = image_of_array(source)
    if isinstance(source, Image.Image):
        single = [_ready(source, "the image", is_ours=False)]
        del source
        yield single.pop()
        return
    content, name = _content_of(source, time_limit)
    image = identify(content, name)
    del content
    num = _num_pages(image, name)
    if num == 1:
        single = [_ready(image, name, is_ours=True)]
        del image
        yield single.pop()
        return
    for number in range(num):
        yield _ready(image, f"{name}, page {number + 1}", is_ours=False, number=number)


def _content_of(source: Any, time_limit: float) -> tuple[bytes, str]:
    """Return the bytes of a file, and its name for messages."""
    if isinstance(source, bytes | bytearray | memoryview):
        content, name = bytes(source), "the bytes"
    elif isinstance(source, str | os.PathLike):
        place = os.fspath(source)
        if isinstance(place, bytes):
            place = os.fsdecode(place)
        content, name = read_within(place, time_limit), one_line(place)
    elif hasattr(source, "read"):
        content, name = _read(source)
    else:
        raise UserError(f"{type(source).__name__} {str(source)[:40]!r} is not a picture. {WHAT}")
    if not content:
        raise UserError(f"{name}: the file is empty. {EXPECTED}")
    if len(content) > fetch.MAX_BYTES:
        raise UserError(f"{name}: more than {fetch.MAX_BYTES:,} bytes. {EXPECTED}")
    return content, name


def _read(file: Any) -> tuple[bytes, str]:
    name = one_line(str(getattr(file, "name", "the file")))
    try:
        content = file.read(fetch.MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a closed file, or one opened for writing
        raise UserError(f"{name}: cannot be read ({error}). Expected a file opened in binary mode") from None
    if not isinstance(content, bytes | bytearray):
        raise UserError(f"{name}: gives {type(content).__name__}. Expected a file opened in binary mode")
    return bytes(content), name


def _num_pages(image: Image.Image, name: str) -> int:
    """Count the pages of a TIFF; other files, animations too, have one page: their first image."""
    if image.format != "TIFF":
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception as error:  # Pillow's readers raise exceptions of many classes for broken files
        raise broken(name, error) from None


def _ready(image: Image.Image, name: str, is_ours: bool, number: int = 0) -> Image.Image:
    """Decode a page of an image, turn it upright, and convert it to a common mode.

    The image is changed only if it `is_ours`: the caller's own images, and files with further pages, stay as they are.
    """
    image = decode(image, name, number)
    try:
        if image.getexif().get(EXIF_ORIENTATION, 1) != 1:
            image = ImageOps.exif_transpose(image)
        elif not is_ours and image.format == "TIFF":
            image = image.copy()
        return in_common_mode(image, name)
    except UserError:
        raise
    except Exception as error:  # see above
        raise broken(name, error) from None
