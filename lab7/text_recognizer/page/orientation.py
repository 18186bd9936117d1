"""Estimates the skew of a page, and whether it lies on its side.

Letters in this file: H W image, N pixels of text.
"""

import cv2
import numpy as np

from text_recognizer.page.geometry import resized

SLOPE_SIZE = 800  # pixels of the longer side of a page on which the skew is estimated
SLOPES = np.linspace(-0.12, 0.12, 49)  # 7 degrees each way, in steps of 0.3
FINER_SLOPES = np.linspace(-0.005, 0.005, 11)
# A page is on its side if the variance of its vertical projection profile exceeds that of the horizontal one by this
# factor. On 178 pages of IAM the ratio is 0.36 at most, even with a skew of 6 degrees; on their side 2.9 at least.
SIDEWAYS = 1.3
MIN_STROKES = 30  # connected components: fewer tell nothing about the orientation


def is_sideways(text: np.ndarray) -> bool:
    """Tell whether lines of text run up or down: (H, W) uint8, 0 or 1.

    The projection profile along the lines of text has a larger variance than the one across them. Text twice as wide as
    high is never taken to be on its side, because the gaps between the words of a single line make the columns differ.
    """
    _, _, width, height = cv2.boundingRect(text)
    if 2 * height <= width or cv2.connectedComponents(text)[0] <= MIN_STROKES:
        return False
    xs, ys = _pixels_of_text(text)
    return bool(xs.size) and _profile_variance(ys, xs) > SIDEWAYS * _profile_variance(xs, ys)


def estimate_skew(text: np.ndarray) -> float:
    """Return the skew as a slope, positive if lines fall to the right: (H, W) -> at most 0.125 either way.

    It is the slope whose projection profile has the largest energy, because the profile has peaks at the lines and
    valleys between them (W. Postl, "Detection of linear oblique structures and skew scan in digitized documents",
    1986).
    """
    xs, ys = _pixels_of_text(text)
    if not xs.size:
        return 0.0

    def energy(slope: float) -> float:
        return _profile_energy(xs, ys, slope)

    coarse = max(SLOPES, key=energy)
    return float(max(coarse + FINER_SLOPES, key=energy))


def _pixels_of_text(text: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the pixels of text on the reduced page: (H, W) -> (N,), (N,)."""
    shares = resized(text.astype(np.float32), min(1.0, SLOPE_SIZE / max(text.shape)))
    ys, xs = np.nonzero(shares > 0.25)
    return xs, ys


def _profile_energy(xs: np.ndarray, ys: np.ndarray, slope: float) -> float:
    """Return the energy of the projection profile along lines of a slope: the sum of its squares."""
    rows = np.round(ys - slope * xs).astype(int)
    return float(np.square(np.bincount(rows - rows.min()), dtype=np.float64).sum())


def _profile_variance(xs: np.ndarray, ys: np.ndarray) -> float:
    """Return the variance of the projection profile at the best slope, as a share of its squared mean."""
    return max(_profile_energy(xs, ys, slope) for slope in SLOPES) * (np.ptp(ys) + 1) / len(ys) ** 2 - 1


def rotation_matrix(angle: float, shape: tuple[int, int]) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the matrix (2, 3) that rotates an image (H, W) anticlockwise, by an angle in radians, and keeps all of it.

    Returns
    -------
    tuple
        The matrix, and the width and height of the result.
    """
    height, width = shape
    matrix = cv2.getRotationMatrix2D((0, 0), np.degrees(angle), 1).round(12)  # rounded, a quarter turn is exact
    corners = matrix[:, :2] @ np.array([[0, width - 1, 0, width - 1], [0, 0, height - 1, height - 1]])
    matrix[:, 2] = -corners.min(axis=1)
    size = np.ceil(np.ptp(corners, axis=1)).astype(int) + 1
    return matrix, (int(size[0]), int(size[1]))
