"""Rows of print and handwriting, as on forms, and where on them each stands.

Letters in this file: H W image, S cells.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.handwriting.camera import draw_camera
from text_recognizer.handwriting.hands import X_HEIGHT
from text_recognizer.handwriting.world.bank import take
from text_recognizer.handwriting.world.printed import PrintedFont, print_line
from text_recognizer.handwriting.world.written import Written
from text_recognizer.images.constants import WHITE
from text_recognizer.images.line_looks import LineLooks

EMPTY, WRITTEN, PRINT = 0, 1, 2  # labels of cells
CELL = 8  # columns of a cell
STRONG, LEAST = 80, 4  # brightness of a pixel of ink, and the number of such pixels that a cell needs to count
KINDS = ("written", "print", "mixed")
KIND_SHARES = (0.27, 0.28, 0.45)
MOST_PARTS = 4
MARGIN = 28  # columns of paper before a row, as in the strips that the recogniser cuts
ROOM = 6.0  # x-heights above and below the baseline of a row that is being composed
CAPITALS, COLON, DIGITS = 0.15, 0.2, 0.08  # shares of printed parts
PHOTOGRAPHED = 0.5
LOOKS = LineLooks(placing=0, underline=0.08, ruling=0.3, small=0.25, extracted=0.85)


class Part(NamedTuple):
    """A part of a row: ink (H, W) uint8, the row of its baseline, its x-height in pixels, and whether it is print."""

    ink: np.ndarray
    baseline: float
    x_height: float
    printed: bool


Write = Callable[[float, np.random.Generator], Part]  # writes a part of a width in x-heights by hand


def draw_mixed_row(
    hand: Write, fonts: Sequence[PrintedFont], texts: Callable[[], str], size: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a row of some parts in a hand and a printed font: an image (H, W) uint8 and its labels (S,).

    Parameters
    ----------
    hand
        Writes handwritten parts.
    fonts
        Printed fonts to choose from.
    texts
        Gives a text to print.
    size
        H and W.
    rng
        Decides everything.
    """
    parts = _draw_parts(hand, _one_font(fonts, rng), texts, rng)
    layers = _place(parts, size, rng)  # handwriting and print
    labels = labels_of(*layers)
    image = cv2.max(*(_in_ink(layer, rng) for layer in layers))
    if rng.random() < PHOTOGRAPHED:
        image = draw_camera(rng).photograph(image, 0.65 * size[0], 0.35 * size[0], rng)
    return LOOKS(image, rng), labels


def labels_of(written: np.ndarray, printed: np.ndarray) -> np.ndarray:
    """Return the label of each cell (S,), from the ink of handwriting and of print, (H, W) uint8 each."""
    amounts = [(layer > STRONG).sum(axis=0).reshape(-1, CELL).sum(axis=1) for layer in (written, printed)]
    labels = np.where(amounts[1] > amounts[0], PRINT, WRITTEN)
    return np.where(np.maximum(*amounts) < LEAST, EMPTY, labels)


def part_of(line: Written) -> Part:
    """Return a line of a bank as a part of a row."""
    return Part(line.ink, float(np.median(line.baseline)), line.x_height, line.printed)


def hand_of_bank(lines: Sequence[Written]) -> Write:
    """Return a function that takes words of some lines of a hand."""
    return lambda width, rng: part_of(take(lines, width, rng))


def _one_font(fonts: Sequence[PrintedFont], rng: np.random.Generator) -> PrintedFont:
    """Choose a font, each family with the same probability."""
    families = sorted({font.family for font in fonts})
    family = families[int(rng.integers(len(families)))]
    own = [font for font in fonts if font.family == family]
    return own[int(rng.integers(len(own)))]


def _draw_parts(hand: Write, font: PrintedFont, texts: Callable[[], str], rng: np.random.Generator) -> list[Part]:
    kind = KINDS[int(rng.choice(3, p=KIND_SHARES))]
    num = int(rng.integers(1, MOST_PARTS + 1)) if kind != "mixed" else int(rng.integers(2, MOST_PARTS + 1))
    is_print = np.full(num, kind == "print")
    if kind == "mixed":  # labels and entries by turns, now and then two of a kind
        is_print = (np.arange(num) + int(rng.random() < 0.3)) % 2 == 0
        is_print ^= (rng.random(num) < 0.15) & (np.arange(num) > 1)
    long = 60.0 if num == 1 else 25.0
    parts = []
    for printed in is_print:
        if printed:
            parts.append(part_of(print_line(font, _text_to_print(texts, rng, long), rng)))
        else:
            parts.append(hand(float(np.exp(rng.uniform(np.log(2), np.log(long)))), rng))
    return [part for part in parts if part.ink.max() > STRONG]


def _text_to_print(texts: Callable[[], str], rng: np.random.Generator, long: float) -> str:
    """Return a label or a sentence: some words of a text, perhaps in capitals, or digits."""
    if rng.random() < DIGITS:
        return "".join(rng.choice(list("0123456789"), int(rng.integers(1, 9))))
    words = texts().split()
    num = int(rng.integers(1, 4)) if rng.random() < 0.6 else max(1, round(long / 5))
    first = int(rng.integers(max(1, len(words) - num + 1)))
    text = " ".join(words[first : first + num]) or "No"
    text = text.upper() if rng.random() < CAPITALS else text
    return text + ":" * (rng.random() < COLON)


def _place(parts: Sequence[Part], size: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Put parts beside each other, and scale the row to a strip: the ink of handwriting and of print, (H, W) each."""
    smaller = float(np.exp(rng.uniform(np.log(0.4), np.log(1.35))))  # than handwriting
    spread = rng.uniform(0, 0.25)  # x-heights between the baselines of two parts
    base = round(ROOM * X_HEIGHT)
    room = 2 * base, 4 * size[1]
    layers = [np.zeros(room, np.uint8) for _ in range(2)]
    x = 0
    for part in parts:
        scale = X_HEIGHT / part.x_height * (smaller if part.printed else 1)
        shape = max(1, round(scale * part.ink.shape[1])), max(1, round(scale * part.ink.shape[0]))
        ink = cv2.resize(part.ink, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        top = base - round(scale * part.baseline + rng.normal(0, spread) * X_HEIGHT * len(parts[1:2]))
        ink = ink[max(0, -top) : room[0] - max(0, top), : max(0, room[1] - x)]
        seen = layers[int(part.printed)][max(0, top) : max(0, top) + ink.shape[0], x : x + ink.shape[1]]
        np.maximum(seen, ink, out=seen)
        x += shape[0] + round(X_HEIGHT * float(np.exp(rng.uniform(np.log(0.5), np.log(9)))))
    return _as_strip([layer[:, : max(1, x)] for layer in layers], size, rng)


def _as_strip(
    layers: Sequence[np.ndarray], size: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Scale layers of a row, slightly warped, to the height of a strip: the letters fill it, as in a line cut out."""
    height, width = size
    left, top, across, down = cv2.boundingRect(cv2.threshold(cv2.max(*layers), STRONG, WHITE, cv2.THRESH_BINARY)[1])
    space = rng.uniform(1, 6) if rng.random() < 0.65 else rng.uniform(2, 0.5 * height)  # pixels above and below
    scale = (height - space) / max(down, X_HEIGHT, 0.02 * across)
    above = space * (rng.uniform(0.2, 0.8) if rng.random() < 0.7 else rng.uniform(0, 1))
    wide = scale * np.clip(rng.normal(1, 0.08), 0.8, 1.25)
    slant, slope = rng.normal(0, 0.05), np.tan(np.radians(rng.normal(0, 0.2)))
    waves = rng.uniform(0, 1.0) * rng.normal(0, 1, (2, 4, 3 + width // 56)).astype(np.float32)
    bent = [cv2.resize(wave, (width, height), interpolation=cv2.INTER_CUBIC) for wave in waves]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x - MARGIN + bent[0], y - above + bent[1]
    source_x = x / wide + slant * (y - height / 2) / scale + left
    source_y = y / scale + slope * (x - width / 2) / scale + top
    # Unblurred, thin strokes would break where a row is made smaller.
    soft = [cv2.GaussianBlur(layer, (0, 0), 0.35 / scale) if scale < 1 else layer for layer in layers]
    written, printed = (
        cv2.remap(layer, source_x.astype(np.float32), source_y.astype(np.float32), cv2.INTER_LINEAR) for layer in soft
    )
    return written, printed


def _in_ink(layer: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give a layer a strength, and soften its edges or spread its ink."""
    if rng.random() < 0.3:
        layer = cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.3, 1.1))
    if rng.random() < 0.25:
        change = cv2.dilate if rng.random() < 0.6 else cv2.erode
        share = rng.uniform(0, 0.7)
        layer = cv2.addWeighted(layer, 1 - share, change(layer, np.ones((2, 2), np.uint8)), share, 0)
    return cv2.convertScaleAbs(layer, alpha=rng.uniform(0.5, 1))
