"""Measures how strongly the ink of each line stands out from the paper.

Letters in this file: h w map, N lines.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.page.text_line import TextLine
from text_recognizer.page.unread_ink import ON_PAPER, contrast_of

CORE = 0.3  # heights above and below a centre line: there most of a line's strokes are, and few of others
STROKES = 92  # percent of a core that has no strokes, roughly, where there are letters


def contrasts_of(grey: np.ndarray, maps: FinderMaps, lines: Sequence[TextLine]) -> np.ndarray:
    """Return the contrast of each line's stronger strokes: (h, w) uint8 in the maps' size -> (N,), from 0 to 255."""
    contrast = contrast_of(grey, maps.paper > ON_PAPER)
    return np.array([_of_line(contrast, line) for line in lines])


def _of_line(contrast: np.ndarray, line: TextLine) -> float:
    x = line.points[:, 0]
    y, reach = line.points[:, 1], max(1.0, CORE * line.height)
    outline = np.stack([np.concatenate([x, x[::-1]]), np.concatenate([y - reach, (y + reach)[::-1]])], axis=1)
    core = np.zeros(contrast.shape, np.uint8)
    cv2.fillPoly(core, [np.round(outline).astype(np.int32)], 1)
    return float(np.percentile(contrast[core > 0], STROKES)) if core.any() else 0.0
