"""The output of a line finder: maps of text lines, paper, print and rules, and which way is up.

A convolutional network sees the whole picture at a working size and predicts maps of half that size, as in dhSegment
(Oliveira and others, ICFHR 2018) and ARU-Net (Grüning and others, IJDAR 2019). `find_lines.py` turns them into lines.

Letters in this file: h w map, H W picture.
"""

from typing import NamedTuple

import numpy as np

WORKING_SIZE = 1024  # pixels of the longer side of the network's input
MULTIPLE = 32  # pixels: height and width of the input are padded to a multiple of it
MAPS = ("core", "height", "paper", "printed", "rules")
MAP_STRIDE = 2  # pixels of the input per pixel of the maps


class FinderMaps(NamedTuple):
    """A line finder's maps of a picture, which was not turned.

    Parameters
    ----------
    core
        (h, w) float32 probabilities: one band from the baseline to the x-height along each line of text, from its first
        character to its last, through the gaps between words and not across the gutter between columns.
    height
        (h, w) float32: the height of the line of text, from ascenders to descenders, in pixels of the map. It is
        meaningful only where there is core.
    paper
        (h, w) float32 probabilities of the sheet of paper.
    printed
        (h, w) float32 probabilities of print rather than handwriting; meaningful only where there is core.
    rules
        (h, w) float32 probabilities of ruled lines, tables' borders and drawings.
    up
        (4,) float32 probabilities that 0, 1, 2 or 3 quarter turns counter-clockwise put the picture upright.
    """

    core: np.ndarray
    height: np.ndarray
    paper: np.ndarray
    printed: np.ndarray
    rules: np.ndarray
    up: np.ndarray

    def turned(self, quarters: int) -> "FinderMaps":
        """Return the maps of the picture turned by quarter turns counter-clockwise."""
        quarters %= 4
        maps = {name: np.ascontiguousarray(np.rot90(getattr(self, name), quarters)) for name in MAPS}
        return FinderMaps(**maps, up=np.roll(self.up, -quarters))
