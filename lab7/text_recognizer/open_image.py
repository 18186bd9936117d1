"""Opens images from wherever they lie: a path, a URL, a bucket, an open file, or an image of Pillow's."""

import io
import os
import threading
import warnings
from pathlib import Path
from typing import IO

import smart_open
from PIL import Image, ImageOps, UnidentifiedImageError

from text_recognizer.util import UserError

Source = str | os.PathLike[str] | IO[bytes] | Image.Image
TIME_LIMIT = 30.0  # seconds in which all of a file must have come
MAX_BYTES = 300_000_000  # a page scanned in colour with 16 bit at 600 dpi has 210 million
EXPECTED = "Expected a PNG, JPEG, WebP, TIFF, BMP or GIF (a HEIC has to be saved as one of these first)"


def open_image(source: Source, time_limit: float = TIME_LIMIT) -> Image.Image:
    """Return an image, decoded and upright as its EXIF data says; of several in one file, the first.

    Parameters
    ----------
    source
        A path, a URL, a bucket's address, a file open for reading bytes, or an image.
    time_limit
        Seconds until a file that has not come is given up.

    Raises
    ------
    UserError
        If the source cannot be read, or is not a whole image of a reasonable size.
    """
    if isinstance(source, Image.Image):
        return _decode(source, "the image")
    if isinstance(source, str | os.PathLike):
        name, content = os.fspath(source), read_within(os.fspath(source), time_limit)
    else:
        name, content = str(getattr(source, "name", "the file")), source.read(MAX_BYTES + 1)
    if not content:
        raise UserError(f"{name}: the file is empty. {EXPECTED}")
    if len(content) > MAX_BYTES:
        raise UserError(f"{name}: more than {MAX_BYTES:,} bytes. {EXPECTED}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is told as an error
            image = Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        raise UserError(f"{name}: not an image. {EXPECTED}") from None
    except Image.DecompressionBombError as error:
        raise UserError(f"{name}: a decompression bomb, or a very large image ({error})") from None
    except Exception as error:  # Pillow's readers raise all sorts of exceptions for broken files
        raise UserError(f"{name}: a broken image ({error}). {EXPECTED}") from None
    return _decode(image, name)


def read_within(location: str, seconds: float) -> bytes:
    """Read a file, at most MAX_BYTES + 1 of it, within a time limit.

    A thread reads, and is left to itself when the time is over: a server that sends a byte now and then would else keep
    us for ever, as would a network drive that hangs.
    """
    results: list[bytes | Exception] = []

    def read() -> None:
        is_web = location.startswith(("http://", "https://"))
        try:
            # Whatever the name ends in, nothing is unpacked: an image has its own compression.
            with smart_open.open(
                location if "://" in location else Path(location),
                "rb",
                compression="disable",
                transport_params={"timeout": seconds} if is_web else {},
            ) as file:
                results.append(file.read(MAX_BYTES + 1))
        except Exception as error:  # of a file system, a web server or any of the clouds' packages
            results.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        raise UserError(f"{location}: did not answer within {seconds:g} seconds")
    if isinstance(results[0], Exception):
        raise UserError(f"{location}: cannot be read ({_reason(results[0], location)})") from None
    return results[0]


def _reason(error: Exception, location: str) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()).removesuffix(f" for url: {location}") or type(error).__name__


def _decode(image: Image.Image, name: str) -> Image.Image:
    limit = Image.MAX_IMAGE_PIXELS  # the caller may have set another, or None
    size = f"{image.width:,} x {image.height:,} pixels"
    if limit is not None and image.width * image.height > limit:
        raise UserError(f"{name}: {size} are more than {limit:,}. Is it a decompression bomb? Else make it smaller")
    if 0 in image.size:
        raise UserError(f"{name}: {size}: expected an image of a page")
    try:
        upright = ImageOps.exif_transpose(image)
        upright.load()
    except Exception as error:  # see above
        raise UserError(f"{name}: a broken image ({error}). {EXPECTED}") from None
    return upright
