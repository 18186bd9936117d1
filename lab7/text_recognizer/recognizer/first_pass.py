"""The first pass over a canvas, and the choice between two orientations of a page.

Letters in this file: H' W' the map's rows and columns, C classes.
"""

from typing import NamedTuple

import numpy as np

from text_recognizer.page.geometry import Canvas
from text_recognizer.recognizer.result import Character, mean_confidence

# A page with this many characters and a lower confidence may be upside down: after the first pass, each of 37
# validation pages of IAM has a confidence of 0.82 or more upright, and 0.78 or less upside down.
MIN_CHARACTERS, DOUBTFUL = 20, 0.8


class FirstPass(NamedTuple):
    """What the first pass read on a canvas, without a language model."""

    canvas: Canvas
    cells: np.ndarray  # (H', W', C) logits
    shape: tuple[int, int]  # of the part of the canvas that was read
    characters: list[Character]


def better_orientation(upright: FirstPass, turned: FirstPass) -> FirstPass:
    """Return the pass with the higher confidence; the turned one must have half as many characters at least."""
    (one, other) = (first_pass.characters for first_pass in (upright, turned))
    has_text = 2 * len(other) >= len(one)
    return turned if has_text and mean_confidence(other) > mean_confidence(one) else upright
