"""How much of a page's ink lies in no line that was found.

Letters in this file: h w map, K strokes (pixels of ink that hang together).
"""

from collections.abc import Sequence

import cv2
import numpy as np

from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.page.text_line import TextLine

PAPER_REACH = 15  # pixels of the map: what is narrower, and darker or lighter than what is around it, may be ink
MIN_CONTRAST = 12  # of 255: what is fainter is no ink
NOISE = 8.0  # standard deviations of the paper's grain, likewise
LETTER = 4  # pixels of the map: strokes are at least so high or wide
THIN = 3  # pixels: what is long and thinner on average is the edge of something, or a frame
AROUND = 0.9  # heights above and below a line's middle where ink is its own
BESIDE = 1.5  # heights before its beginning and behind its end
EDGE = 3  # pixels of the map within the edge of the picture or the paper where ink is none
MIN_STROKES, WORD = 4, 32  # fewer strokes than this, none of them so many pixels long, are dirt


def find_ink(grey: np.ndarray, maps: FinderMaps) -> np.ndarray:
    """Tell which pixels are strokes on the paper: (h, w) uint8 in the maps' size -> (h, w) uint8, 0 or 1.

    Left out are rules, drawings, the desk around the sheet, and specks.
    """
    contrast = _contrast(grey)
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
    """Return the share of the ink that lies in none of the lines: (h, w) 0 or 1, lines in its pixels; 0 without ink."""
    total = int(np.count_nonzero(ink))
    return float(np.count_nonzero(ink * (1 - bands(lines, ink.shape))) / total) if total else 0.0


def bands(lines: Sequence[TextLine], shape: tuple[int, ...]) -> np.ndarray:
    """Mark where lines lie, with their ascenders and descenders: (h, w) uint8, 0 or 1."""
    marked = np.zeros(shape, np.uint8)
    for line in lines:
        x = np.concatenate([[line.left - BESIDE * line.height], line.points[:, 0], [line.right + BESIDE * line.height]])
        y, reach = line.at(x), AROUND * line.height
        outline = np.stack([np.concatenate([x, x[::-1]]), np.concatenate([y - reach, (y + reach)[::-1]])], axis=1)
        cv2.fillPoly(marked, [np.round(outline).astype(np.int32)], 1)
    return marked


def _contrast(grey: np.ndarray) -> np.ndarray:
    """Return by how much each pixel differs from what is around it, darker or lighter, whichever the ink is."""
    kernel = np.ones((PAPER_REACH, PAPER_REACH), np.uint8)
    darker = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel).astype(np.float32)
    lighter = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel).astype(np.float32)
    return darker if np.percentile(darker, 98) >= np.percentile(lighter, 98) else lighter


def _paper(paper: np.ndarray) -> np.ndarray:
    """Tell where the sheet lies, without its edge; everywhere if none is seen."""
    sheet = (paper > 0.5).astype(np.uint8)
    if sheet.mean() < 0.05:
        sheet[:] = 1
    framed = cv2.copyMakeBorder(sheet, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.erode(framed, np.ones((2 * EDGE + 1,) * 2, np.uint8))[1:-1, 1:-1]
