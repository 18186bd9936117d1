"""Writes a line with the letters of a writer's hand, before the writer's shape is applied.

Letters in this file: H W image, N word.
"""

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from text_recognizer.handwriting.hands import X_HEIGHT, Hand
from text_recognizer.handwriting.writer import Writer
from text_recognizer.images.constants import WHITE
from text_recognizer.vocabulary import CROSSED_OUT

TALLEST = 1.8  # capitals and brackets reach so much further than an l
MAX_THICKER = 0.2 * X_HEIGHT  # a stroke thickened by more would fill the letters
SCRIBBLES = ("that", "which", "the", "government", "was", "people", "some", "his")


class Drawn(NamedTuple):
    """A line in the hand's own letters."""

    image: np.ndarray  # (H, W) uint8, white ink on black
    baseline: float  # row on which letters stand
    words: np.ndarray  # (N, 2) columns, where each word starts and ends


def draw_letters(writer: Writer, text: str, rng: np.random.Generator) -> Drawn:
    """Write a text on a canvas that is just large enough."""
    words = text.split(" ")
    baseline = math.ceil(TALLEST * writer.hand.ascent * X_HEIGHT)
    below = math.ceil(TALLEST * max(writer.hand.descent, 0.6) * X_HEIGHT)
    places, x = [], float(X_HEIGHT)
    for word in words:
        width = sum(hand.width(run) + gap for hand, run, gap in _runs(writer, word))
        places.append((x, x + width))
        # Spaces do not get as narrow as letters do.
        x += width + X_HEIGHT * writer.word_gap / min(1, writer.stretch) * rng.lognormal(0, writer.gap_jitter)
    image = Image.new("L", (math.ceil(places[-1][1] + X_HEIGHT), baseline + below))
    for word, (start, _) in zip(words, places, strict=True):
        write = _scribble if word == CROSSED_OUT else _write
        write(image, writer, word, start, baseline, rng)
    return Drawn(np.asarray(image), baseline, np.array(places))


def _runs(writer: Writer, word: str) -> Iterator[tuple[Hand, str, float]]:
    """Yield the parts of a word that are written together: the hand, the characters, and the space after them."""
    if word == CROSSED_OUT:
        word = SCRIBBLES[len(writer.hand.family) % len(SCRIBBLES)]
    main = writer.capitals if word.isupper() and len(word) > 2 else writer.hand
    gap = writer.letter_gap * X_HEIGHT
    if gap:
        yield from ((writer.borrowed.get(letter, main), letter, gap) for letter in word)
        return
    for hand, letters in itertools.groupby(word, lambda letter: writer.borrowed.get(letter, main)):
        yield hand, "".join(letters), 0.0


def _write(image: Image.Image, writer: Writer, word: str, x: float, baseline: float, rng: np.random.Generator) -> None:
    for hand, run, gap in _runs(writer, word):
        # The whole line gets its pen later; here a finer borrowed hand is brought up to the writer's own.
        thicker = np.clip((writer.hand.stroke - hand.stroke) * X_HEIGHT, 0, MAX_THICKER)
        hand.draw(image, run, x, baseline, round(float(thicker)))
        x += hand.width(run) + gap


def _scribble(
    image: Image.Image, writer: Writer, word: str, x: float, baseline: float, rng: np.random.Generator
) -> None:
    """Write some word and cross it out."""
    _write(image, writer, word, x, baseline, rng)
    width = sum(hand.width(run) for hand, run, _ in _runs(writer, word))
    num = int(rng.integers(2, 9))
    rows = baseline - X_HEIGHT * rng.uniform(-0.2, 1.4, num)
    columns = x + np.where(np.arange(num) % 2, 1, 0) * width + rng.normal(0, 0.15 * X_HEIGHT, num)
    pen = max(1, round(writer.stroke * X_HEIGHT))
    points = list(zip(columns.tolist(), rows.tolist(), strict=True))
    ImageDraw.Draw(image).line(points, fill=WHITE, width=pen, joint="curve")
