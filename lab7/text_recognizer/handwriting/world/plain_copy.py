"""Writes the handwriting of a picture again on plain paper, to see how the same hand is read without difficulties."""

from collections.abc import Iterator, Sequence

import numpy as np

from text_recognizer.handwriting.world.papers import Paper, colour_sheet
from text_recognizer.handwriting.world.photograph import PAPER, Picture, scan
from text_recognizer.handwriting.world.sheet import Sheet, SheetLine
from text_recognizer.handwriting.world.written import Written

X_HEIGHT = 36.0  # pixels
MOST_LINES = 18  # on a sheet
LEADING = 1.3  # distance of lines, as a multiple of the height from the top of an l to the bottom of a g
MARGIN = 3.0  # x-heights
NARROWEST = 40.0  # x-heights: the width of a sheet with short lines
INK, WHITE_PAPER = (35.0, 35.0, 40.0), (252.0, 253.0, 255.0)


def plain_copies(lines: Sequence[SheetLine], rng: np.random.Generator) -> Iterator[Picture]:
    """Yield scans of plain sheets with the handwritten lines, dark and level, one below the other, at most 18 a sheet.

    Parameters
    ----------
    lines
        The lines of a picture, in reading order; print is left out.
    rng
        Decides the grain of the paper and the faults of the scan.
    """
    written = [line.written for line in lines if line.written is not None and not line.printed]
    for first in range(0, len(written), MOST_LINES):
        yield _copy(written[first : first + MOST_LINES], rng)


def _copy(written: Sequence[Written], rng: np.random.Generator) -> Picture:
    margin = MARGIN * X_HEIGHT
    pitch = LEADING * X_HEIGHT * max((line.ascent + line.descent) / line.x_height for line in written)
    widest = max(float(line.places[-1, 1] - line.places[0, 0]) / line.x_height for line in written)
    width = X_HEIGHT * max(NARROWEST, widest) + 2 * margin
    sheet = Sheet((round(pitch * len(written) + 2 * margin), round(width)))
    for i, line in enumerate(written):
        sheet.write(line, margin, margin + pitch * (i + 0.75), X_HEIGHT)
    paper = Paper(
        WHITE_PAPER, "plain", 0.0, pitch, INK, 1.0, 0.0, (INK,) * 3, contrast=(0.85, 0.8), texture=0.01, bleed=0.0
    )
    image = colour_sheet(sheet, paper, rng)
    return scan(image, sheet.labels | PAPER, sheet.heights, 1.0, sheet.lines, "scan", rng)
