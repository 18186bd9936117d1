"""A bank of few lines, for the tests of pictures."""

from functools import cache

import numpy as np

from text_recognizer.data.prose.text import TextSource
from text_recognizer.handwriting.hands import find_hands
from text_recognizer.handwriting.world.bank import LineBank, draw_bank


@cache
def small_bank() -> LineBank:
    """Draw the lines of three hands."""
    return draw_bank(find_hands("train"), TextSource("train", free_text=True), "train", 3, np.random.default_rng(1))
