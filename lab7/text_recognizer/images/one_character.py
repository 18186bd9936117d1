"""Scales and centres the image of one character as networks for characters expect it.

Letters in this file: H W image.
"""

import cv2
import numpy as np

from text_recognizer.images.constants import INK, WHITE

SIDE = 28  # pixels of the image
INNER = 20  # pixels of the longer side of the character in it, as in MNIST


def fit_character(image: np.ndarray) -> np.ndarray:
    """Scale the ink of one character to 20 pixels, and centre it in 28 x 28.

    Parameters
    ----------
    image
        (H, W) uint8, white ink on black.

    Returns
    -------
    ndarray
        (28, 28) uint8; black where the image has no ink.
    """
    x, y, width, height = cv2.boundingRect(cv2.threshold(image, INK, WHITE, cv2.THRESH_BINARY)[1])
    fitted = np.zeros((SIDE, SIDE), np.uint8)
    if width == 0:
        return fitted
    scale = INNER / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image[y : y + height, x : x + width], size, interpolation=interpolation)
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    # Without the blur, a thin stroke of a large picture would fade when it is reduced.
    brightest = max(1, int(small.max()))
    fitted[top : top + size[1], left : left + size[0]] = np.round(small * (WHITE / brightest)).astype(np.uint8)
    return fitted
