"""Converts pictures in any of Pillow's modes to red, green and blue.

Letters in this file: H W image.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from text_recognizer.page.ink import to_grey

BAND = 256  # rows that are converted at a time, so that a large picture is not copied several times


def to_colour(image: Image.Image) -> np.ndarray:
    """Return an image in full size, with paper behind its transparent pixels: (H, W, 3) uint8."""
    if image.mode.startswith(("I", "F")) or image.has_transparency_data or image.mode in ("1", "L", "LA"):
        grey = to_grey(image, max_size=None)
        return np.repeat(grey[..., None], 3, axis=2)
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for number, band in enumerate(bands(image)):
        pixels[number * BAND : (number + 1) * BAND] = np.asarray(band.convert("RGB"))
    return pixels


def bands(image: Image.Image) -> Iterator[Image.Image]:
    """Yield strips of a picture, from top to bottom."""
    for top in range(0, image.height, BAND):
        yield image.crop((0, top, image.width, min(top + BAND, image.height)))
