"""Opens pictures from outside: only in the formats of a closed list, and with a limit on their pixels.

Pillow knows forty formats. One of them, EPS, is a program, which Pillow runs with Ghostscript, whatever the
name of the file. Photographs and scans of handwriting come in the few formats of the list.

Letters in this file: H W image.
"""

import functools
import io
import warnings
from typing import IO

import numpy as np
from PIL import Image

from text_recognizer.util import UserError

FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF")  # the last where somebody registered it
EXPECTED = "Expected a PNG, JPEG, WebP, TIFF, BMP or GIF (or a HEIC: python -m pip install pillow-heif)"


@functools.cache
def _all_plugins() -> None:
    Image.init()


def formats() -> list[str]:
    """Return the formats of the list that Pillow can read here."""
    _all_plugins()
    return [name for name in FORMATS if name in Image.OPEN]


def identify(content: bytes | IO[bytes], name: str) -> Image.Image:
    """Return the picture in a file's bytes, not decoded yet.

    Parameters
    ----------
    content
        The bytes, or a file open for reading them.
    name
        What to call the file.

    Raises
    ------
    UserError
        If it is not an image, or has more pixels than Pillow's limit, which the caller may have set.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is told as an error
            image = Image.open(io.BytesIO(content) if isinstance(content, bytes) else content, formats=formats())
    except Image.UnidentifiedImageError:
        raise UserError(f"{name}: not an image. {EXPECTED}") from None
    except Image.DecompressionBombError as error:
        raise UserError(f"{name}: a decompression bomb, or a very large image ({error})") from None
    except Exception as error:  # Pillow's readers raise all sorts of exceptions for broken files
        raise broken(name, error) from None
    check_size(image, name)
    return image


def decode(image: Image.Image, name: str, number: int = 0) -> Image.Image:
    """Decode and return a picture; if a file holds several, the one with a number from 0.

    Raises
    ------
    UserError
        If it is broken, or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if number:
                image.seek(number)
            check_size(image, name)
            image.load()
    except UserError:
        raise
    except Image.DecompressionBombError as error:
        raise UserError(f"{name}: a decompression bomb, or a very large image ({error})") from None
    except Exception as error:  # see above; MemoryError is one of them
        raise broken(name, error) from None
    return image


def check_size(image: Image.Image, name: str) -> None:
    """Refuse a picture with more pixels than Pillow's limit, or without any."""
    limit = Image.MAX_IMAGE_PIXELS  # the caller may have set another, or None
    size = f"{image.width:,} x {image.height:,} pixels"
    if limit is not None and image.width * image.height > limit:
        raise UserError(f"{name}: {size} are more than {limit:,}. Is it a decompression bomb? Else make it smaller")
    if 0 in image.size:
        raise UserError(f"{name}: {size}: expected an image of a page")


def broken(name: str, error: Exception) -> UserError:
    """Return the error for a picture that Pillow cannot decode."""
    return UserError(f"{name}: a broken image ({' '.join(str(error).split()) or type(error).__name__}). {EXPECTED}")


def read_grey(content: bytes, name: str) -> np.ndarray:
    """Return the picture in a file's bytes in grey: (H, W) uint8.

    Raises
    ------
    UserError
        If it is not an image, or is broken or too large.
    """
    image = decode(identify(content, name), name)
    try:
        return np.asarray(image.convert("L"))
    except ValueError as error:  # modes of print shops, such as LAB, have no grey
        raise broken(name, error) from None
