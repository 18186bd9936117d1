"""What was read on a page: its text, how sure the model is of it, and where its lines lie.

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
    """What was read: it knows where its points lie on the picture."""

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
        The likelihood that the model gives it, from 0 to 1, where it sees it best.
    place
        Where it sees it best: x and y in pixels of the picture; None if the model does not tell.
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
        Roughly where it lies: (left, top, right, bottom) in pixels of the picture, upright as its EXIF data says; None
        if the model does not tell.
    outline
        The corners of that box as the line lies, clockwise from above its first character: askew, or upside down.
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
    """All that was read on a page.

    Parameters
    ----------
    lines
        From top to bottom; none if there is no ink on the page.
    mode
        How it was read, "fast" or "careful"; see ParagraphTextRecognizer.predict.
    hit_length_limit
        Whether the model had to stop at its longest text: the page may go on.
    warnings
        What else its reader has to know: what was not read, and why.
    unread
        The share of the page's ink that lies in no line, as far as that is known.
    licence
        Of the weights that it was read with; empty if the artifact does not say.
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

        Were the model's likelihoods exact, this would be the share of characters that are right. They are not: it is
        too sure of itself, and cannot know of characters that it did not see. Compare pages by it; do not take it for
        a percentage. It is 1 for a page without ink, which cannot be read wrongly, and 0 where there is ink and no
        character was found.
        """
        sure = mean_confidence([one for line in self.lines for one in line.characters]) if self.lines else 1.0
        return sure * (1 - self.unread)


def mean_confidence(characters: Sequence[Character]) -> float:
    """Return the mean of the characters' confidences, 0 if there are none."""
    return sum(one.confidence for one in characters) / len(characters) if characters else 0.0


class Token(NamedTuple):
    """A token that a model read, and where on its map, if it tells."""

    token: int
    confidence: float
    cell: tuple[int, int] | None = None


def tokens_of_cells(logits: np.ndarray, merge: bool) -> list[Token]:
    """Take the likeliest class of each cell, row after row: (H', W', C) logits -> tokens, blanks among them.

    With `merge`, as CTC wants it, a run of the same class is one token, which stands in the cell that is surest of it.
    """
    path = logits.argmax(axis=2).ravel()
    best = 1 / np.exp(logits - logits.max(axis=2, keepdims=True)).sum(axis=2).ravel()  # softmax of the likeliest
    changes = np.flatnonzero(path[1:] != path[:-1]) + 1 if merge else np.arange(1, len(path))
    tokens = []
    for start, end in pairwise([0, *changes.tolist(), len(path)]):
        cell = start + int(best[start:end].argmax())
        tokens.append(Token(int(path[cell]), float(best[cell]), divmod(cell, logits.shape[1])))
    return tokens


def characters_of(
    tokens: Sequence[Token], tokenizer: Tokenizer, canvas: Surface, cell_size: tuple[float, float]
) -> list[Character]:
    """Turn tokens into characters, without special tokens; `cell_size` is a cell's height and width on the canvas."""
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
    """Give characters the places of the same ones in another reading of the page."""
    placed = list(characters)
    one_text, other_text = ("".join(one.text for one in some) for some in (characters, others))
    for i, j, length in SequenceMatcher(None, one_text, other_text, autojunk=False).get_matching_blocks():
        for k in range(length):
            one = characters[i + k]
            placed[i + k] = Character(one.text, one.confidence, others[j + k].place)
    return placed


def lines_of(characters: Sequence[Character], canvas: Canvas) -> tuple[Line, ...]:
    """Cut characters into lines; newlines themselves are in none of them.

    A line without characters is left out, unless there is no other: ink on which nothing was read.
    """
    return tuple(_line_of(row, canvas) for row in rows_of(characters, canvas) if row) or (Line(()),)


def rows_of(characters: Sequence[Character], canvas: Canvas) -> list[list[Character]]:
    """Cut characters at newlines, and where the next stands further left: there a newline was missed.

    A map is read row after row, from left to right. Letters of a word may stand in two rows where a line is askew, and
    seem to go back a little: by less than lines are apart.
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
    """Return how far along a line each character stands, in pixels of the picture; NaN if it has no place."""
    places = np.array([one.place or (math.nan, math.nan) for one in characters]).reshape(-1, 2)
    along: np.ndarray = canvas.page.from_picture(places)[:, 0] * canvas.page.zoom
    return along.tolist()


def _without_space_behind(row: list[Character]) -> list[Character]:
    while row and row[-1].text.isspace():
        row = row[:-1]
    return row


def _line_of(characters: Sequence[Character], canvas: Canvas) -> Line:
    """Draw a box around a line: as high as lines are apart, and a little wider than from first to last character."""
    places = [one.place for one in characters if one.place is not None]
    if not places:
        return Line(tuple(characters))
    page, half = canvas.page, canvas.line_distance / canvas.page.zoom / 2
    (left, top), (right, bottom) = (ends(page.from_picture(np.array(places)), axis=0) for ends in (np.min, np.max))
    xs, ys = (left - half / 2, right + half / 2), (top - half, bottom + half)
    outline = tuple(page.on_picture(xs[i], ys[j]) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1)))
    across, down = zip(*outline, strict=True)
    return Line(tuple(characters), page.clip(min(across), min(down), max(across), max(down)), outline)
