"""Regions of a page: where lines are, with some paper around them, and cutting them out.

Letters in this file: H W image. A box is (left, top, right, bottom) in pixels; right and bottom lie just outside.
"""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from text_recognizer.images.constants import INK, WHITE, Box

PADDING = 8  # pixels of paper around the box of a line
SHOWN = 0.75  # least share of a box's width and height that its ink takes; 0.9 and more for all but erased lines


def regions_of(boxes: Sequence[Box | None]) -> list[Box | None]:
    """Put paper around the boxes of a page's lines: 8 pixels, above and below at most half of the gap between lines.

    So no region reaches into the next line unless the boxes themselves overlap. A region may reach beyond the page.
    """
    known = [box for box in boxes if box is not None]
    gaps = [max(0, below[1] - above[3]) // 2 for above, below in itertools.pairwise(known)]
    paddings = zip(known, [PADDING, *gaps], [*gaps, PADDING], strict=False)
    regions = (
        (left - PADDING, top - min(PADDING, above), right + PADDING, bottom + min(PADDING, below))
        for (left, top, right, bottom), above, below in paddings
    )
    return [None if box is None else next(regions) for box in boxes]


def paper_of(page: np.ndarray) -> int:
    """Return how light the paper of a page (H, W) is: most of its pixels show no ink."""
    return int(np.median(page))


def ink_of(page: np.ndarray) -> np.ndarray:
    """Return the page (H, W), white ink on black, with its paper turned black and its ink as white as before."""
    paper = paper_of(page)
    return cv2.convertScaleAbs(np.maximum(page, paper) - paper, alpha=WHITE / max(1, WHITE - paper))


def is_shown(ink: np.ndarray, box: Box) -> bool:
    """Tell whether there is ink in a box of a page (H, W): parts of some pages are erased."""
    left, top, right, bottom = box
    found = cv2.boundingRect((ink[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] > INK).astype(np.uint8))
    return found[2] >= SHOWN * (right - left) and found[3] >= SHOWN * (bottom - top)


def crop(page: np.ndarray, region: Box, paper: int) -> np.ndarray:
    """Cut a region out of a page (H, W) uint8; what lies beyond the page is paper.

    Raises
    ------
    ValueError
        If all of the region lies beyond the page.
    """
    left, top, right, bottom = region
    seen = page[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if not seen.size:
        raise ValueError(f"the region {region} lies beyond the page of {page.shape[1]} x {page.shape[0]} pixels")
    cut = np.full((bottom - top, right - left), paper, dtype=np.uint8)
    y, x = max(0, -top), max(0, -left)
    cut[y : y + seen.shape[0], x : x + seen.shape[1]] = seen
    return cut


def lay_ink(sheet: np.ndarray, ink: np.ndarray, x: int, y: int) -> None:
    """Lay ink (H, W), white on black, onto a sheet with its corner at x, y; ink beyond the sheet is lost."""
    left, top = max(0, x), max(0, y)
    part = sheet[top : max(0, y + ink.shape[0]), left : max(0, x + ink.shape[1])]
    np.maximum(part, ink[top - y :, left - x :][: part.shape[0], : part.shape[1]], out=part)
