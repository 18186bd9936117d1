"""Converts pictures in any of Pillow's modes to red, green and blue.

Letters in this file: H W image.
"""

import numpy as np
from PIL import Image

from text_recognizer.page.ink import to_grey


def to_colour(image: Image.Image) -> np.ndarray:
    """Return an image in full size, with paper behind its transparent pixels: (H, W, 3) uint8."""
    if image.mode.startswith(("I", "F")) or image.has_transparency_data or image.mode in ("1", "L", "LA"):
        grey = to_grey(image, max_size=None)
        return np.repeat(grey[..., None], 3, axis=2)
    return np.asarray(image.convert("RGB"))
