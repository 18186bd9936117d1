"""How a page lies on its picture: askew, on its side or straight.

Letters in this file: H W image, N pixels of text.
"""

import cv2
import numpy as np

from text_recognizer.canvas import resized

SLOPE_SIZE = 800  # pixels along the longer side of a page, to look for the slope of its lines
SLOPES = np.linspace(-0.12, 0.12, 49)  # 7 degrees each way, in steps of 0.3
FINER_SLOPES = np.linspace(-0.005, 0.005, 11)
# How much more uneven a page's ink must be along its columns than along its rows, for its lines to run up or down: 178
# pages of IAM have 0.36 at most, askew by 6 degrees too, and on their side 2.9 at least.
SIDEWAYS = 1.3
MIN_STROKES = 30  # that hang together: fewer say nothing of how a page lies


def lies_sideways(text: np.ndarray) -> bool:
    """Tell whether lines of text run up or down: (H, W) uint8, 0 or 1.

    Ink that is summed up along lines of text differs more from sum to sum than across them. What is twice as wide as
    high is left as it is: in a single line, columns differ by its words.
    """
    _, _, width, height = cv2.boundingRect(text)
    if 2 * height <= width or cv2.connectedComponents(text)[0] <= MIN_STROKES:
        return False
    xs, ys = _places_of_ink(text)
    return bool(xs.size) and _unevenness(ys, xs) > SIDEWAYS * _unevenness(xs, ys)


def slope_of_lines(text: np.ndarray) -> float:
    """Return by how much lines of text fall on the way to the right, as a share of the way: (H, W) -> below 0.13.

    Where the ink is summed up along the lines, some sums are large and others, between the lines, are small. So the
    slope is the one with the largest mean square of sums (W. Postl, "Detection of linear oblique structures and skew
    scan in digitized documents", 1986).
    """
    xs, ys = _places_of_ink(text)
    if not xs.size:
        return 0.0

    def contrast(slope: float) -> float:
        return _contrast(xs, ys, slope)

    coarse = max(SLOPES, key=contrast)
    return float(max(coarse + FINER_SLOPES, key=contrast))


def _places_of_ink(text: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the pixels of text, of a page that was made smaller: (H, W) -> (N,), (N,)."""
    shares = resized(text.astype(np.float32), min(1.0, SLOPE_SIZE / max(text.shape)))
    ys, xs = np.nonzero(shares > 0.25)
    return xs, ys


def _contrast(xs: np.ndarray, ys: np.ndarray, slope: float) -> float:
    """Return the sum of the squares of the ink's sums along lines of a slope."""
    rows = np.round(ys - slope * xs).astype(int)
    return float(np.square(np.bincount(rows - rows.min()), dtype=np.float64).sum())


def _unevenness(xs: np.ndarray, ys: np.ndarray) -> float:
    """Return the variance of the ink's sums along lines, as a share of their mean's square, at the best slope."""
    return max(_contrast(xs, ys, slope) for slope in SLOPES) * (np.ptp(ys) + 1) / len(ys) ** 2 - 1


def turning(angle: float, shape: tuple[int, int]) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the matrix (2, 3) that turns an image (H, W) to the left, by an angle in radians, and leaves all of it.

    Returns
    -------
    tuple
        The matrix, and the width and height of what comes out.
    """
    height, width = shape
    matrix = cv2.getRotationMatrix2D((0, 0), np.degrees(angle), 1).round(12)  # a quarter turn is exact
    corners = matrix[:, :2] @ np.array([[0, width - 1, 0, width - 1], [0, 0, height - 1, height - 1]])
    matrix[:, 2] = -corners.min(axis=1)
    size = np.ceil(np.ptp(corners, axis=1)).astype(int) + 1
    return matrix, (int(size[0]), int(size[1]))
