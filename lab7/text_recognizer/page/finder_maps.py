"""What a line finder says of a picture: maps of the text's lines, of paper, print and rules, and the way up.

A convolutional network sees the whole picture at a working size and answers at half of it, as in dhSegment (Oliveira
and others, ICFHR 2018) and ARU-Net (Grüning and others, IJDAR 2019). Lines are made of the maps by `text_lines.py`.

Letters in this file: h w map, H W picture.
"""

from typing import NamedTuple

import numpy as np

WORKING_SIZE = 1024  # pixels of the longer side of what the network sees
MULTIPLE = 32  # pixels: height and width of what the network sees are padded to a multiple of it
MAPS = ("core", "height", "paper", "printed", "rules")
MAP_STRIDE = 2  # pixels of what the network sees make one of the maps


class FinderMaps(NamedTuple):
    """A line finder's answer for a picture as it was given, not turned.

    Parameters
    ----------
    core
        (h, w) float32 probabilities: one band from the baseline to the x-height along each line of text, from its first
        character to its last, through the gaps between words and not across the gutter between columns.
    height
        (h, w) float32: the height of the line of text there, from its ascenders to its descenders, in pixels of the
        map. It means something only where there is core.
    paper
        (h, w) float32 probabilities that a sheet lies there.
    printed
        (h, w) float32 probabilities that what is written there is print; means something only where there is core.
    rules
        (h, w) float32 probabilities of ruled lines, tables' borders and drawings.
    up
        (4,) float32 probabilities that so many quarter turns counter-clockwise put the picture upright.
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
