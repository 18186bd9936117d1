"""Draws rules behind a line of handwriting: of ruled, squared and dotted paper, of tables and margins, and underlines.

Letters in this file: H W image.
"""

import cv2
import numpy as np

from text_recognizer.images.augment import draw_texture
from text_recognizer.images.constants import INK, WHITE, Box

SUBPIXEL_BITS = 4  # of the coordinates that OpenCV draws with
NUM_GRAINS = 8  # of `draw_texture`: how fine the gaps in rules are
RULINGS = {"rule": 0.3, "ruled": 0.25, "squared": 0.2, "dotted": 0.05, "table": 0.15, "margin": 0.05}  # probabilities
MIN_GAP = 0.25  # line heights: a wider gap between words may hold the bar of a table


def add_ruling(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Draw printed lines behind the ink."""
    kind = str(rng.choice(list(RULINGS), p=list(RULINGS.values())))
    lines = np.zeros_like(image)
    ends = _ends_of_rules(image, box, rng)
    slope = rng.normal(0, 0.004)
    height = image.shape[0]
    pitch = height * (rng.uniform(0.14, 0.9) if kind in ("squared", "dotted") else rng.uniform(0.45, 1.2))
    first = rng.uniform(0, pitch)
    rows = np.arange(first, height, pitch).tolist()
    columns = np.arange(ends[0] + rng.uniform(0, pitch), ends[1], pitch).tolist()
    if kind == "rule":
        rows = [float(np.clip(box[1] + (box[3] - box[1]) * rng.normal(0.75, 0.2), 0, height - 1))]
    elif kind == "table":
        rows, columns = [rng.uniform(0, 5), height - 1 - rng.uniform(0, 5)], _bars(image, box, ends, rng)
        rows = [row for row in rows if rng.random() < 0.7]
    elif kind == "margin":
        rows, columns = [], [box[0] - rng.uniform(3, 24)]
    width = int(rng.integers(1, 3))
    if kind == "dotted":
        for row in rows:
            for column in columns:
                cv2.circle(lines, (round(column), round(row + slope * column)), width - 1, WHITE, -1, cv2.LINE_AA)
    else:
        for row in rows:
            _line(lines, (ends[0], row), (ends[1], row + slope * (ends[1] - ends[0])), width)
    if kind in ("squared", "table", "margin"):
        for column in columns:
            _line(lines, (column, 0), (column - slope * height, height), width)
    return cv2.max(image, _in_pieces(lines, rng))


def add_underline(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Underline a part of the line by hand, as strongly as it is written."""
    left, top, right, bottom = box
    start, end = np.sort(rng.uniform(left, right, 2)) if rng.random() < 0.6 else (left, right)
    row = min(image.shape[0] - 2, bottom - rng.uniform(0, 0.2) * (bottom - top))
    xs = np.linspace(start, end, 6)
    points = np.stack([xs, row + rng.normal(0, 0.7, 6) + rng.normal(0, 0.01) * (xs - start)], axis=1)
    image = image.copy()
    fixed = np.round(points * 2**SUBPIXEL_BITS).astype(np.int32)
    cv2.polylines(image, [fixed], False, int(np.max(image)), int(rng.integers(1, 3)), cv2.LINE_AA, SUBPIXEL_BITS)
    return image


def _ends_of_rules(image: np.ndarray, box: Box, rng: np.random.Generator) -> tuple[float, float]:
    """Return where rules begin and end: mostly with the strip, which is not much longer than the text."""
    if rng.random() < 0.1:
        return 0.0, float(image.shape[1])
    first = 0.0 if rng.random() < 0.5 else max(0.0, box[0] - rng.uniform(0, 30))
    return first, min(float(image.shape[1]), box[2] + rng.uniform(0, 60))


def _bars(image: np.ndarray, box: Box, ends: tuple[float, float], rng: np.random.Generator) -> list[float]:
    """Return where a table has bars: at its ends, and in some of the wide gaps between words."""
    rows = image[box[1] : box[3], box[0] : box[2]].max(axis=0) > INK + int(np.median(image))
    edges = np.flatnonzero(np.diff(np.concatenate([[True], rows, [True]]).astype(np.int8)))
    gaps = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    wide = [(start + end) / 2 + box[0] for start, end in gaps if end - start > MIN_GAP * image.shape[0]]
    bars = [place for place in wide if rng.random() < 0.3]
    near = [box[0] - rng.uniform(2, 14), box[2] + rng.uniform(2, 20)]
    return [*bars, *(place for place in near if rng.random() < 0.75)]


def _line(image: np.ndarray, start: tuple[float, float], end: tuple[float, float], width: int) -> None:
    points = [tuple(round(value * 2**SUBPIXEL_BITS) for value in point) for point in (start, end)]
    cv2.line(image, points[0], points[1], WHITE, width, cv2.LINE_AA, SUBPIXEL_BITS)


def _in_pieces(lines: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return rules as strong as they were printed, often with gaps, as the extraction of ink leaves them."""
    strength = rng.uniform(0.12, 1.0) ** 1.3
    if rng.random() < 0.5:
        return cv2.convertScaleAbs(lines, alpha=strength)
    texture = draw_texture(lines.shape, NUM_GRAINS, rng)
    kept = cv2.convertScaleAbs(texture, alpha=rng.uniform(1, 5), beta=-128 * rng.uniform(0.5, 3))
    return cv2.multiply(lines, kept, scale=strength / WHITE)
