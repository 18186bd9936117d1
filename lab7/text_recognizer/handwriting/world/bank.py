"""A bank of lines, drawn once and used on many pages, which makes drawing pages some ten times as fast.

Letters in this file: N lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from text_recognizer.handwriting.hands import Hands
from text_recognizer.handwriting.world.printed import find_printed, print_line
from text_recognizer.handwriting.world.written import Written, write_line
from text_recognizer.handwriting.writer import draw_writer

LINES_OF_HAND = 8
FULL = 0.2  # share of a line's width that may stay empty before more words are taken
LEAST = 6.0  # x-heights: the least room for another word
WORD_GAP = 1.2  # x-heights between two parts of lines that are joined
NUMBERS = ("x_height", "ascent", "descent", "lean", "printed")


@dataclass(frozen=True)
class LineBank:
    """Lines to compose pages of.

    Parameters
    ----------
    written
        Lines of handwriting, grouped by hand.
    printed
        Lines of print, grouped by font.
    """

    written: tuple[tuple[Written, ...], ...]
    printed: tuple[tuple[Written, ...], ...]

    def hand(self, rng: np.random.Generator) -> tuple[Written, ...]:
        """Draw a hand."""
        return self.written[rng.integers(len(self.written))]

    def font(self, rng: np.random.Generator) -> tuple[Written, ...]:
        """Draw a printed font."""
        return self.printed[rng.integers(len(self.printed))]

    def with_hands(self, more: Sequence[Sequence[Written]]) -> "LineBank":
        """Return a bank with additional hands."""
        return LineBank((*self.written, *(tuple(hand) for hand in more)), self.printed)


def take(hand: Sequence[Written], width: float, rng: np.random.Generator) -> Written:
    """Take consecutive words that fill a width, in x-heights, as far as whole words allow; at least one word."""
    line = hand[int(rng.integers(len(hand)))]
    limit = width * line.x_height
    num = len(line.words)
    fits = line.places[:, 1][None] - line.places[:, 0][:, None] <= limit  # (N, N): words i to j fit
    lengths = np.maximum((np.triu(fits).sum(axis=1)), 1)
    starts = np.flatnonzero(lengths == lengths.max()) if lengths.max() < num else np.arange(1)
    first = int(starts[rng.integers(len(starts))])
    part = line.part(first, min(num, first + int(lengths[first])))
    left = width - (part.places[-1, 1] - part.places[0, 0]) / line.x_height
    if left < FULL * width or left < LEAST:
        return part
    more = take(hand, left - WORD_GAP, rng)
    if (more.places[-1, 1] - more.places[0, 0]) / more.x_height > left - WORD_GAP:  # a single word, too long
        return part
    return part.followed_by(more, WORD_GAP * line.x_height)


def take_words(hand: Sequence[Written], num_words: int, rng: np.random.Generator) -> Written:
    """Take `num_words` consecutive words, or a whole line if it has fewer."""
    line = hand[int(rng.integers(len(hand)))]
    num = min(num_words, len(line.words))
    first = int(rng.integers(len(line.words) - num + 1))
    return line.part(first, first + num)


def draw_bank(
    hands: Hands, texts: Any, split: str, num_hands: int, rng: np.random.Generator, with_print: bool = True
) -> LineBank:
    """Draw a bank: `num_hands` writers, and each printed font unless `with_print` is false.

    Parameters
    ----------
    hands
        The handwriting families of the split.
    texts
        The texts to write: a `TextSource` of the split.
    """
    written = (tuple(_lines_of(hands, texts, rng)) for _ in range(num_hands))
    fonts = find_printed(split) if with_print else ()
    printed = tuple(tuple(print_line(font, texts.line(rng), rng) for _ in range(3 * LINES_OF_HAND)) for font in fonts)
    return LineBank(tuple(lines for lines in written if lines), printed)


def _lines_of(hands: Hands, texts: Any, rng: np.random.Generator) -> Iterator[Written]:
    writer = draw_writer(hands, rng)
    for _ in range(LINES_OF_HAND):
        line = write_line(writer.varied(rng), texts.line(rng), rng)
        if line is not None and line.ink.max() > 0:
            yield line


def save_bank(bank: LineBank, file: IO[bytes]) -> None:
    """Write a bank to a NumPy file, with all its arrays concatenated."""
    groups = [*bank.written, *bank.printed]
    lines = [line for group in groups for line in group]
    np.savez(
        file,
        num_written=len(bank.written),
        sizes=[len(group) for group in groups],
        shapes=[line.ink.shape for line in lines],
        lengths=[len(line.baseline) for line in lines],
        counts=[len(line.words) for line in lines],
        numbers=[[getattr(line, name) for name in NUMBERS] for line in lines],
        ink=np.concatenate([line.ink.ravel() for line in lines]),
        baseline=np.concatenate([line.baseline for line in lines]),
        places=np.concatenate([line.places for line in lines]),
        words=np.array([word for line in lines for word in line.words]),
    )


def load_bank(file: Any) -> LineBank:
    """Read a file written by `save_bank`; the lines are views of its arrays."""
    with np.load(file) as stored:
        data = {name: stored[name] for name in stored.files}
    lines = list(_unpack(data))
    ends = np.cumsum(data["sizes"])
    groups = [tuple(lines[end - size : end]) for size, end in zip(data["sizes"], ends, strict=True)]
    num = int(data["num_written"])
    return LineBank(tuple(groups[:num]), tuple(groups[num:]))


def _unpack(data: dict[str, np.ndarray]) -> Iterator[Written]:
    pixel = column = word = 0
    columns = (data[name] for name in ("shapes", "lengths", "counts", "numbers"))
    for shape, length, count, numbers in zip(*columns, strict=True):
        x_height, ascent, descent, lean, printed = numbers.tolist()
        yield Written(
            data["ink"][pixel : pixel + shape[0] * shape[1]].reshape(shape),
            data["baseline"][column : column + length],
            x_height,
            ascent,
            descent,
            lean,
            tuple(data["words"][word : word + count].tolist()),
            data["places"][word : word + count],
            bool(printed),
        )
        pixel, column, word = pixel + shape[0] * shape[1], column + length, word + count
