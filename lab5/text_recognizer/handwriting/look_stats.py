"""Measures of the appearance of a line of handwriting, to compare drawn lines with real ones.

Letters in this file: H W image.
"""

import math

import cv2
import numpy as np

from text_recognizer.images.constants import WHITE

SLANTS = np.arange(-45, 66, 5)  # degrees to the right that are tried
NAMES = ("stroke width", "x-height", "x-height to line", "slant", "character width", "white above", "contrast", "paper")


def measure_line(image: np.ndarray, text: str) -> dict[str, float]:
    """Measure a line (H, W) uint8, white ink on darker paper: lengths in pixels, the slant in degrees."""
    paper = float(np.median(image))
    bright = float(np.percentile(image, 99.5))
    ink = np.clip((image - paper) / max(bright - paper, 1), 0, 1).astype(np.float32)
    ink[ink < 0.25] = 0
    rows, columns = np.flatnonzero(ink.sum(axis=1) > 1), np.flatnonzero(ink.sum(axis=0) > 0.5)
    if len(rows) < 2 or len(columns) < 2:
        return dict.fromkeys(NAMES, math.nan)
    x_height = _core_height(ink)
    height, width = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    values = (
        stroke_width(ink),
        x_height,
        x_height / height,
        _slant(ink),
        width / max(len(text), 1),
        rows[0],
        (bright - paper) / WHITE,
        paper / WHITE,
    )
    return dict(zip(NAMES, map(float, values), strict=True))


def stroke_width(ink: np.ndarray) -> float:
    """Return the mean width of strokes (H, W) in [0, 1]: a long stroke has two edges, so twice area over outline."""
    across, down = cv2.Sobel(ink, cv2.CV_32F, 1, 0), cv2.Sobel(ink, cv2.CV_32F, 0, 1)
    return 2 * float(ink.sum()) / max(float(cv2.magnitude(across, down).sum()) / 8, 1e-6)


def _core_height(ink: np.ndarray) -> float:
    """Return the height of the band where most ink is: about that of an x."""
    profile = np.convolve(ink.sum(axis=1), np.ones(3) / 3, mode="same")
    return float((profile > 0.5 * np.percentile(profile, 98)).sum())


def _slant(ink: np.ndarray) -> float:
    """Return the slant: after its removal the projection profile of the columns has the largest variance."""
    height, width = ink.shape
    best, most = 0.0, -1.0
    for degrees in SLANTS:
        shear = math.tan(math.radians(degrees))
        matrix = np.array([[1, shear, -shear * height / 2], [0, 1, 0]])
        columns = cv2.warpAffine(ink, matrix, (width, height)).sum(axis=0)
        spread = float((columns**2).sum())
        if spread > most:
            best, most = float(degrees), spread
    return best
