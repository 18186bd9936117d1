"""What was read on a canvas in one pass, and which of two such readings stands upright.

Letters in this file: H' W' the map's rows and columns, C classes.
"""

from typing import NamedTuple

import numpy as np

from text_recognizer.page.geometry import Canvas
from text_recognizer.recognizer.result import Character, mean_confidence

# A page may stand upside down if it has so many characters and its confidence is lower: in one pass, each of 37
# validation pages of IAM has 0.82 or more upright, and 0.78 or less upside down.
MIN_CHARACTERS, DOUBTFUL = 20, 0.8


class Glance(NamedTuple):
    """What was read on a canvas in one pass, without a language model."""

    canvas: Canvas
    cells: np.ndarray  # (H', W', C) logits
    shape: tuple[int, int]  # of the part of the canvas that was read
    characters: list[Character]


def better_of(upright: Glance, turned: Glance) -> Glance:
    """Return what reads better; a few characters are no page, however sure they are."""
    (one, other) = (glance.characters for glance in (upright, turned))
    is_page = 2 * len(other) >= len(one)
    return turned if is_page and mean_confidence(other) > mean_confidence(one) else upright
