"""Draws things on a sheet that are not text: boxes, arrows, curves, scribbles. Lengths are in pixels of the sheet."""

import cv2
import numpy as np

from text_recognizer.handwriting.world.sheet import RULE, Sheet

Box = tuple[float, float, float, float]  # left, top, right, bottom


def box_around(sheet: Sheet, box: Box, width: float = 1.5) -> None:
    """Draw the outline of a box."""
    left, top, right, bottom = box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        sheet.rule(start, end, width)


def scrawl(sheet: Sheet, x_height: float, pen: int, rng: np.random.Generator) -> None:
    """Draw something that is not text: an arrow, a curve, an ellipse or a scribble."""
    middle = np.array([rng.uniform(0, sheet.size[1]), rng.uniform(0, sheet.size[0])])
    size = rng.uniform(2, 8) * x_height
    num = int(rng.integers(2, 14))
    knots = middle + size * rng.normal(0, 1, (num, 2))
    if rng.random() < 0.5:
        turn = np.linspace(0, rng.uniform(3, 7), num)
        knots = middle + size * np.stack([np.cos(turn), rng.uniform(0.3, 1) * np.sin(turn)], axis=1)
    fine = cv2.resize(knots.astype(np.float32)[:, None], (1, 8 * num), interpolation=cv2.INTER_CUBIC)
    points = np.round(16 * fine).astype(np.int32)
    width = max(1, round(rng.uniform(0.08, 0.25) * x_height))
    layer = sheet.inks.setdefault(pen, np.zeros(sheet.size, np.uint8))
    cv2.polylines(layer, [points], False, 255, width, cv2.LINE_AA, 4)
    cv2.polylines(sheet.labels, [points], False, RULE, width + 1, cv2.LINE_8, 4)
