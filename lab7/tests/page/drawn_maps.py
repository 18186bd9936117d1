"""Draws what a perfect line finder would say of text lines that are given by their geometry."""

from itertools import pairwise

import cv2
import numpy as np

from text_recognizer.page.finder_maps import FinderMaps

CORE_SHARE = 0.4  # of a line's height


def draw_maps(lines, shape=(512, 384), blur=0.7, quarters=0):
    """Draw maps (h, w) of lines (points (N, 2), height); `quarters` turns put the picture upright."""
    core, heights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for points, height in lines:
        band = _stroke(points, CORE_SHARE * height, shape)
        core = np.maximum(core, band)
        heights[_stroke(points, 0.8 * height, shape) > 0] = height
    core = cv2.GaussianBlur(core, (0, 0), blur) if blur else core
    empty = np.zeros(shape, np.float32)
    up = np.eye(4, dtype=np.float32)[0]
    return FinderMaps(core, heights, empty + 1, empty, empty, up).turned(-quarters)


def _stroke(points, width, shape):
    """Draw a band of a width with blunt ends: (h, w), 0 or 1."""
    image = np.zeros(shape, np.uint8)
    half = width / 2
    points = np.asarray(points, float)
    for (x0, y0), (x1, y1) in pairwise(points):
        corners = [(x0, y0 - half), (x1, y1 - half), (x1, y1 + half), (x0, y0 + half)]
        cv2.fillPoly(image, [np.round(16 * np.array(corners)).astype(np.int32)], 1, shift=4)
    return image.astype(np.float32)


def curve(left, right, y, slope=0.0, bend=0.0, num=24):
    """Return points of a line from `left` to `right`: it falls by `slope` and sags by `bend` pixels in its middle."""
    x = np.linspace(left, right, num)
    t = (x - left) / max(right - left, 1e-6)
    return np.stack([x, y + slope * (x - left) + bend * 4 * t * (1 - t)], axis=1)
