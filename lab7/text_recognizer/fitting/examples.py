"""Cuts lines out of corrected pages exactly as the recogniser does, so that training and reading see the same strips.

Letters in this file: S W strip, H W page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np

from text_recognizer.corrections.read import CorrectedLine
from text_recognizer.documents.open_picture import open_image
from text_recognizer.page.geometry import Page
from text_recognizer.page.layout import find_page
from text_recognizer.page.line_strips import STRIP_HEIGHT, STRIP_MARGIN
from text_recognizer.recognizer.formats.words import along, sides_of

SOFTENING = 0.35  # of a step: standard deviation of the blur before a page is reduced, as in line_strips


@dataclass(frozen=True)
class Example:
    """A line to train on.

    Parameters
    ----------
    pixels
        (S, W) uint8, white ink on black.
    text
        Its text.
    picture
        The page that it is from.
    """

    pixels: np.ndarray
    text: str
    picture: Path


def cut_examples(lines: Sequence[CorrectedLine]) -> list[Example]:
    """Cut lines out of their pages, in order; lines of pages without ink are left out."""
    examples = []
    for picture, group in groupby(lines, key=lambda line: line.picture):
        image = open_image(picture)
        page = find_page(image)
        if page is None:
            continue
        for line in group:
            frame = np.array(line.frame) * image.size
            examples.append(Example(cut_strip(page, frame), line.text, picture))
    return examples


def cut_strip(page: Page, frame: np.ndarray) -> np.ndarray:
    """Cut the frame (N, 2) of a line on the picture out of a page and straighten it: (S, W) uint8.

    The recogniser's outlines are the edges of its strips, so the outline of a line gives the strip that it read.
    """
    upper, lower = sides_of(tuple((x, y) for x, y in page.from_picture(frame).tolist()))
    length = max(float(np.hypot(*np.diff(side, axis=0).T).sum()) for side in (upper, lower))
    height = float(np.hypot(*(lower - upper if len(upper) == len(lower) else lower[:1] - upper[:1]).T).mean())
    step = max(height, 1.0) / STRIP_HEIGHT  # pixels of the page per pixel of the strip
    width = max(1, round(length / step))
    shares = (np.arange(width) + 0.5) / width
    down = ((np.arange(STRIP_HEIGHT) + 0.5) / STRIP_HEIGHT)[:, None, None]
    points = (1 - down) * along(upper, shares)[None] + down * along(lower, shares)[None] - 0.5  # (S, W, 2)
    ink = page.ink if step <= 1 else cv2.GaussianBlur(page.ink, (0, 0), SOFTENING * step)
    pixels = cv2.remap(ink, points[..., 0].astype(np.float32), points[..., 1].astype(np.float32), cv2.INTER_LINEAR)
    return np.pad(pixels, ((0, 0), (STRIP_MARGIN, STRIP_MARGIN)))
