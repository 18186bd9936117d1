"""The result of reading a page: its text, the model's confidences, and the places of lines and characters.

Letters in this file: H' W' the map's rows and columns, C classes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from text_recognizer.images.constants import Box
from text_recognizer.page.geometry import Canvas, Point
from text_recognizer.recognizer.page_warnings import PageWarning
from text_recognizer.vocabulary import NEWLINE, Tokenizer


class Surface(Protocol):
    """An image that was read, such as a canvas or a strip; it maps its points to the picture."""

    def on_picture(self, x: float, y: float) -> Point:
        """Return where a point lies on the picture."""
        ...


@dataclass(frozen=True)
class Character:
    """One character.

    Parameters
    ----------
    text
        The character.
    confidence
        The model's probability of the character, from 0 to 1, where it is highest.
    place
        The place of that highest probability: x and y in pixels of the picture; None if unknown.
    """

    text: str
    confidence: float
    place: Point | None = None


@dataclass(frozen=True)
class Line:
    """A line of text.

    Parameters
    ----------
    characters
        Its characters, from left to right.
    box
        Roughly its place: (left, top, right, bottom) in pixels of the picture after its EXIF rotation; None if
        unknown.
    outline
        Its corners, clockwise from above its first character; the line may be skewed or upside down.
    """

    characters: tuple[Character, ...]
    box: Box | None = None
    outline: tuple[Point, ...] | None = None

    @property
    def text(self) -> str:
        """The characters in one string."""
        return "".join(character.text for character in self.characters)

    @property
    def confidence(self) -> float:
        """The mean of the characters' confidences, 0 if there are none."""
        return mean_confidence(self.characters)


@dataclass(frozen=True)
class Reading:
    """The reading of a page.

    Parameters
    ----------
    lines
        From top to bottom; none if there is no ink on the page.
    mode
        The mode of reading, "fast" or "careful"; see ParagraphTextRecognizer.predict.
    hit_length_limit
        Whether the model stopped at its longest text: the page may have more.
    warnings
        What else its reader has to know: what was not read, and why.
    unread
        The share of the page's ink that lies in no line, if it is known; else 0.
    licence
        The licence of the weights; empty if the artifact does not state one.
    """

    lines: tuple[Line, ...]
    mode: str
    hit_length_limit: bool = False
    warnings: tuple[PageWarning, ...] = ()
    unread: float = 0.0
    licence: str = ""

    @property
    def text(self) -> str:
        """The lines, joined by newlines."""
        return NEWLINE.join(line.text for line in self.lines)

    @property
    def confidence(self) -> float:
        """The mean of all characters' confidences, less the share of the ink that was not read.

        If the model's probabilities were exact, this would be the share of right characters. They are not: the model is
        overconfident, and knows nothing of characters that it did not see. Use it to compare pages, not as a
        percentage. It is 1 for a page without ink, which cannot be read wrongly, and 0 for a page with ink on which no
        character was found.
        """
        sure = mean_confidence([one for line in self.lines for one in line.characters]) if self.lines else 1.0
        return sure * (1 - self.unread)


def mean_confidence(characters: Sequence[Character]) -> float:
    """Return the mean of the characters' confidences, 0 if there are none."""
    return sum(one.confidence for one in characters) / len(characters) if characters else 0.0


class Token(NamedTuple):
    """A token that a model read, its probability, and its place on the model's map if that is known."""

    token: int
    confidence: float
    cell: tuple[int, int] | None = None


def tokens_of_cells(logits: np.ndarray, merge: bool) -> list[Token]:
    """Take the most probable class of each cell, row by row: (H', W', C) logits -> tokens, including blanks.

    With `merge`, as in CTC's greedy decoding, a run of one class is one token, placed at its most probable cell.
    """
    path = logits.argmax(axis=2).ravel()
    best = 1 / np.exp(logits - logits.max(axis=2, keepdims=True)).sum(axis=2).ravel()  # softmax of the best class
    changes = np.flatnonzero(path[1:] != path[:-1]) + 1 if merge else np.arange(1, len(path))
    tokens = []
    for start, end in pairwise([0, *changes.tolist(), len(path)]):
        cell = start + int(best[start:end].argmax())
        tokens.append(Token(int(path[cell]), float(best[cell]), divmod(cell, logits.shape[1])))
    return tokens


def characters_of(
    tokens: Sequence[Token], tokenizer: Tokenizer, canvas: Surface, cell_size: tuple[float, float]
) -> list[Character]:
    """Turn tokens into characters and drop special tokens; `cell_size` is a cell's height and width on the canvas."""
    characters = []
    for token, confidence, cell in tokens:
        text = tokenizer.decode([token])
        if not text:
            continue
        place = None
        if cell is not None:
            place = canvas.on_picture((cell[1] + 0.5) * cell_size[1], (cell[0] + 0.5) * cell_size[0])
        characters.append(Character(text, confidence, place))
    return characters


def with_places_of(characters: Sequence[Character], others: Sequence[Character]) -> list[Character]:
    """Give characters the places of the characters aligned with them in another reading of the page."""
    placed = list(characters)
    one_text, other_text = ("".join(one.text for one in some) for some in (characters, others))
    for i, j, length in SequenceMatcher(None, one_text, other_text, autojunk=False).get_matching_blocks():
        for k in range(length):
            one = characters[i + k]
            placed[i + k] = Character(one.text, one.confidence, others[j + k].place)
    return placed


def lines_of(characters: Sequence[Character], canvas: Canvas) -> tuple[Line, ...]:
    """Split characters into lines at newlines, which belong to no line.

    An empty line is left out, unless it is the only one: then there is ink, and nothing was read.
    """
    return tuple(_line_of(row, canvas) for row in rows_of(characters, canvas) if row) or (Line(()),)


def rows_of(characters: Sequence[Character], canvas: Canvas) -> list[list[Character]]:
    """Split characters at newlines, and wherever the next character stands further left: a newline was missed there.

    A map is read row by row, from left to right. On a skewed line the letters of a word may lie in two rows of the map,
    and seem to go back by a little, less than the distance between lines.
    """
    rows: list[list[Character]] = [[]]
    last = -math.inf
    for one, x in zip(characters, _across(characters, canvas), strict=True):
        if one.text == NEWLINE or x < last - canvas.line_distance:
            rows[-1] = _without_space_behind(rows[-1])
            rows.append([])
            last = -math.inf
        if one.text != NEWLINE and (rows[-1] or not one.text.isspace()):
            rows[-1].append(one)
            last = last if math.isnan(x) else x
    return rows


def _across(characters: Sequence[Character], canvas: Canvas) -> list[float]:
    """Return the position of each character along its line, in pixels of the picture; NaN if it has no place."""
    places = np.array([one.place or (math.nan, math.nan) for one in characters]).reshape(-1, 2)
    along: np.ndarray = canvas.page.from_picture(places)[:, 0] * canvas.page.zoom
    return along.tolist()


def _without_space_behind(row: list[Character]) -> list[Character]:
    while row and row[-1].text.isspace():
        row = row[:-1]
    return row


def _line_of(characters: Sequence[Character], canvas: Canvas) -> Line:
    """Put a box around a line: as high as the line distance, and a little wider than its characters."""
    places = [one.place for one in characters if one.place is not None]
    if not places:
        return Line(tuple(characters))
    page = canvas.page
    half = canvas.line_distance / page.zoom / 2
    (left, top), (right, bottom) = (ends(page.from_picture(np.array(places)), axis=0) for ends in (np.min, np.max))
    xs, ys = (left - half / 2, right + half / 2), (top - half, bottom + half)
    outline = tuple(page.on_picture(xs[i], ys[j]) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1)))
    across, down = zip(*outline, strict=True)
    return Line(tuple(characters), page.clip(min(across), min(down), max(across), max(down)), outline)
