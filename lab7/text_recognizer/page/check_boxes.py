"""Finds empty check boxes on a strip along a line of text, which would be read as letters.

Letters in this file: H W strip, white ink on black.
"""

import cv2
import numpy as np

INK = 0.2  # of the darkest ink: darker pixels belong to a box
SMALLEST, LARGEST = 0.25, 1.2  # heights of a line: the sides of a box
SQUARE = 1.35  # the longer side of a box is at most this many times the shorter
BORDER = 0.22  # of a side: all ink of a box is this close to its border
COVERED = 0.85  # share of each side that has ink
INSIDE = 0.03  # share of the pixels inside that may be ink


def empty_boxes(ink: np.ndarray, height: float) -> np.ndarray:
    """Mark the pixels of empty boxes: (H, W) float32, 1 for ink -> (H, W) bool; `height` is that of a line of text.

    A box has ink along all of its four sides, corners included, and none inside. The corners of an O are round, and
    other letters have open sides.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats((ink > INK).astype(np.uint8), connectivity=8)
    boxes = np.zeros(len(stats), bool)
    for i, (left, top, width, tall, _) in enumerate(stats.tolist()[1:], start=1):
        shorter, longer = sorted((width, tall))
        if SMALLEST * height < shorter and longer < min(LARGEST * height, SQUARE * shorter):
            boxes[i] = _is_box(labels[top : top + tall, left : left + width] == i)
    return boxes[labels]


def _is_box(part: np.ndarray) -> bool:
    """Tell whether a component (h, w) bool that fills its frame is an empty box."""
    tall, wide = part.shape
    y, x = max(1, round(BORDER * tall)), max(1, round(BORDER * wide))
    sides = part[:y].any(axis=0), part[-y:].any(axis=0), part[:, :x].any(axis=1), part[:, -x:].any(axis=1)
    turned = part, part[:, ::-1], part[::-1], part[::-1, ::-1]
    corners = (one[: max(1, y // 2), : max(1, x // 2)] for one in turned)
    return bool(
        min(side.mean() for side in sides) > COVERED
        and min(tall - 2 * y, wide - 2 * x) > 0
        and part[y:-y, x:-x].mean() < INSIDE
        and all(corner.any() for corner in corners)
    )
