"""Draws single characters of EMNIST's 62 classes.

Letters in this file: N characters, H W image.
"""

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.data.prose.text import TextSource
from text_recognizer.handwriting.hands import find_hands
from text_recognizer.handwriting.line import draw_line
from text_recognizer.handwriting.writer import Writer, draw_writer
from text_recognizer.vocabulary import MAPPING, SPECIAL_TOKENS

DIGITS = "0123456789"
CLASSES = "".join(MAPPING[len(SPECIAL_TOKENS) :][:62])  # EMNIST's, in its order
SIZE = 28
FRAME = 24  # EMNIST: a character fills 28 x 28 but for a border of 2 pixels (Cohen et al. 2017)
CHARACTERS_BY_WRITER, CHARACTERS_IN_LINE = 120, 24
GAP = 3.0  # x-heights between characters, so that none reaches into its neighbour's box
PEN = 0.22  # median width of strokes in x-heights
THINNEST, THICKEST = 0.13, 0.42
MAX_NUM_TRIES = 20
SPLITS = ("train", "test")


class WriterTask(NamedTuple):
    """What one writer is to write."""

    seed: tuple[int, ...]
    split: str
    text: str


def tasks_of(split: str, labels: np.ndarray, seed: int) -> list[WriterTask]:
    """Give each writer of a split a part of the labels (N,), which are indices into CLASSES."""
    starts = range(0, len(labels), CHARACTERS_BY_WRITER)
    texts = ["".join(CLASSES[label] for label in labels[start : start + CHARACTERS_BY_WRITER]) for start in starts]
    number = (seed, SPLITS.index(split))
    return [WriterTask((*number, i), split, text) for i, text in enumerate(texts)]


def draw_characters(task: WriterTask) -> np.ndarray:
    """Draw what one writer writes: (N, 28, 28) uint8, white ink on black, upright."""
    rng = np.random.default_rng(task.seed)
    pen = float(np.clip(rng.lognormal(np.log(PEN), 0.25), THINNEST, THICKEST))
    writer = draw_writer(find_hands(task.split), rng, stroke=pen, stretch=rng.lognormal(np.log(1.1), 0.18))
    writer = replace(writer, word_gap=GAP, gap_jitter=0.0, drift=0.0, slant=float(np.clip(writer.slant, -25, 25)))
    images = []
    for start in range(0, len(task.text), CHARACTERS_IN_LINE):
        images += [fit_emnist(crop) for crop in _write(writer, task.text[start : start + CHARACTERS_IN_LINE], rng)]
    return np.stack(images)


def _write(writer: Writer, characters: str, rng: np.random.Generator) -> list[np.ndarray]:
    """Write characters apart from each other; return the ink of each: (H, W)."""
    for _ in range(MAX_NUM_TRIES):
        line = draw_line(writer.varied(rng), " ".join(characters), rng, with_words=True)
        if len(line.words) == len(characters):  # else the pen left no trace of one
            return [line.image[top:bottom, left:right] for left, top, right, bottom in line.words]
        writer = replace(writer, stroke=writer.stroke * 1.1)
    raise AssertionError(f"{writer.hand.family} cannot write {characters}")


def fit_emnist(crop: np.ndarray) -> np.ndarray:
    """Let a character (H, W), a little blurred, fill the middle but for a border of 2 pixels: (28, 28)."""
    small = cv2.GaussianBlur(_scale(crop, FRAME), (0, 0), 0.5)
    height, width = small.shape
    return _place(small, (SIZE - width) // 2, (SIZE - height) // 2)


def _scale(crop: np.ndarray, size: int) -> np.ndarray:
    scale = size / max(crop.shape)
    shape = [max(1, round(scale * n)) for n in crop.shape[::-1]]
    return cv2.resize(crop, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _place(small: np.ndarray, left: int, top: int) -> np.ndarray:
    image = np.zeros((SIZE, SIZE), np.uint8)
    image[top : top + small.shape[0], left : left + small.shape[1]] = small
    return image


def uneven_labels(num: int, least: int, rng: np.random.Generator) -> np.ndarray:
    """Return about `num` labels (N,) of all classes in random order, as unevenly as EMNIST ByClass: half are digits,
    letters are as frequent as in a text, and there are at least so many of each.
    """
    shares = _shares()
    counts = np.maximum(least, np.round(num * shares)).astype(int)
    return rng.permutation(np.repeat(np.arange(len(CLASSES)), counts))


@cache
def _shares() -> np.ndarray:
    """Return how frequent each class is: (62,)."""
    counts = Counter("".join(TextSource("train").words))
    weights = np.array([counts[character] + 1.0 for character in CLASSES])
    is_digit, is_upper = (np.array([test(c) for c in CLASSES]) for test in (str.isdigit, str.isupper))
    shares = np.where(is_digit, 0.5 / len(DIGITS), 0.0)
    for group in (is_upper, ~is_digit & ~is_upper):
        # Half by frequency, half even: in EMNIST the rarest letter is about a tenth as frequent as the commonest.
        shares[group] = 0.25 * (0.75 * weights[group] / weights[group].sum() + 0.25 / group.sum())
    return shares
