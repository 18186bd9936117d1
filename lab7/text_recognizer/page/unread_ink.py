"""Measures how much of a page's ink lies outside all lines that were found.

Letters in this file: h w map.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.page.strip_ink import has_dark_ink, tile_size
from text_recognizer.page.text_line import TextLine

PAPER_REACH = 15  # pixels of the map: narrower things, darker or lighter than their surroundings, may be ink
ON_PAPER = 0.5  # probability of paper
LEAST_PAPER = 0.05  # share of a picture: with less paper, no sheet is seen
MIN_CONTRAST = 12  # of 255: fainter pixels are no ink
NOISE = 8.0  # standard deviations of the paper's grain: fainter pixels are no ink
LETTER = 4  # pixels of the map: the least height or width of a stroke
THIN = 3  # pixels of the map: a long component that is thinner on average is an edge or a frame
AROUND = 0.9  # heights above and below a centre line where ink belongs to the line
BESIDE = 1.5  # heights before the beginning and behind the end of a line where ink belongs to it
EDGE = 3  # pixels of the map along the edge of the picture or the paper, where nothing counts as ink
MIN_STROKES = 4  # fewer strokes are dirt,
WORD = 32  # unless one of them is longer than so many pixels of the map


def find_ink(grey: np.ndarray, maps: FinderMaps) -> np.ndarray:
    """Mark the strokes on the paper: (h, w) uint8 in the maps' size -> (h, w) uint8, 0 or 1.

    Rules, drawings, the desk around the sheet, and specks are left out.
    """
    contrast = contrast_of(grey, maps.paper > ON_PAPER)
    grain = 1.4826 * float(np.median(np.abs(contrast - np.median(contrast))))
    strokes = (contrast > max(MIN_CONTRAST, float(np.median(contrast)) + NOISE * grain)).astype(np.uint8)
    strokes &= _paper(maps.paper) & (maps.rules < 0.3)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes)
    longer = np.maximum(stats[:, 2], stats[:, 3])
    is_edge = (longer > max(grey.shape) / 4) & (stats[:, cv2.CC_STAT_AREA] < THIN * longer)
    is_stroke = (longer >= LETTER) & ~is_edge
    is_stroke[0] = False
    is_text = is_stroke.sum() >= MIN_STROKES or (longer[is_stroke] > WORD).any()
    return is_stroke[labels].astype(np.uint8) if is_text else np.zeros_like(strokes)


def unread_share(ink: np.ndarray, lines: Sequence[TextLine]) -> float:
    """Return the share of the ink (h, w), 0 or 1, that lies in none of the lines on it; 0 if there is no ink."""
    total = int(np.count_nonzero(ink))
    return float(np.count_nonzero(ink * (1 - bands(lines, ink.shape))) / total) if total else 0.0


def bands(lines: Sequence[TextLine], shape: tuple[int, ...]) -> np.ndarray:
    """Mark the area of lines, with ascenders and descenders: (h, w) uint8, 0 or 1."""
    marked = np.zeros(shape, np.uint8)
    for line in lines:
        x = np.concatenate([[line.left - BESIDE * line.height], line.points[:, 0], [line.right + BESIDE * line.height]])
        y = line.at(x)
        reach = AROUND * line.height
        outline = np.stack([np.concatenate([x, x[::-1]]), np.concatenate([y - reach, (y + reach)[::-1]])], axis=1)
        cv2.fillPoly(marked, [np.round(outline).astype(np.int32)], 1)
    return marked


def contrast_of(grey: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Return the contrast of each pixel with its surroundings, as darker or as lighter ink.

    The sheet tells which, if one is seen: `paper` (h, w) bool.
    """
    sheet = np.where(paper, grey, np.uint8(np.median(grey[paper]))) if paper.mean() > LEAST_PAPER else grey
    how = cv2.MORPH_BLACKHAT if has_dark_ink(sheet, tile_size(sheet)) else cv2.MORPH_TOPHAT
    return cv2.morphologyEx(grey, how, np.ones((PAPER_REACH, PAPER_REACH), np.uint8)).astype(np.float32)


def _paper(paper: np.ndarray) -> np.ndarray:
    """Mark the sheet without its edge; mark everything if no sheet is seen: (h, w) -> (h, w) uint8."""
    sheet = (paper > ON_PAPER).astype(np.uint8)
    if sheet.mean() < LEAST_PAPER:
        sheet[:] = 1
    framed = cv2.copyMakeBorder(sheet, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.erode(framed, np.ones((2 * EDGE + 1,) * 2, np.uint8))[1:-1, 1:-1]
