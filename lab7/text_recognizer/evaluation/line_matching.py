"""Which lines of a page were found, missed, invented or joined, and whether they were read in order.

Each character that was read stands somewhere on the picture. It lies on the reference line whose middle it is nearest
to, if it is no further from it than 0.75 of that line's height, measured across the line, and no further beyond its
ends than one height. Then, without spaces:

- a reference line is *found* if at least half as many characters lie on it as it has, and *missed* if not;
- a line that was read is *invented* if fewer than half of its characters lie on any reference line, print included;
- it is *joined* if at least 3 of its characters, and 30 % of them, lie on each of two reference lines. Cells of a table
  that are read as one row count one by one;
- *out of order* are the fewest lines that have to be moved for the rest to be in the references' order: all lines that
  were read and lie on a reference line, less the longest rising sequence.

Letters in this file: K points of a line, T characters, L reference lines. Points are (x, y) in pixels of the picture.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

NEAR = 0.75  # heights from a line's middle
BEYOND = 1.0  # heights from its ends
FOUND = 0.5
INVENTED = 0.5
JOINED, JOINED_CHARACTERS = 0.3, 3


class ReferenceLine(NamedTuple):
    """A line as it is written.

    Parameters
    ----------
    text
        What it says.
    polyline
        (K, 2) its middle, in reading direction.
    height
        From ascenders to descenders.
    printed
        Whether it is print: such a line need not be read.
    """

    text: str
    polyline: np.ndarray
    height: float
    printed: bool = False


class ReadLine(NamedTuple):
    """A line as it was read: its text, and where each character but spaces stands, (T, 2)."""

    text: str
    places: np.ndarray


@dataclass(frozen=True)
class LineCounts:
    """How many lines there are, by hand, and how many were found, missed, invented, joined or out of order."""

    num: int = 0
    found: int = 0
    missed: int = 0
    read: int = 0
    invented: int = 0
    joined: int = 0
    out_of_order: int = 0

    def __add__(self, other: "LineCounts") -> "LineCounts":
        return LineCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def match_lines(references: Sequence[ReferenceLine], lines: Sequence[ReadLine]) -> LineCounts:
    """Count how the lines that were read lie on those that are written."""
    votes = np.zeros((len(lines), len(references)), int)
    for votes_of_line, line in zip(votes, lines, strict=True):
        for owner in owners_of(line.places, references):
            if owner >= 0:
                votes_of_line[owner] += 1
    sizes = np.array([len(line.places) for line in lines])
    by_hand = np.array([not line.printed for line in references], bool)
    needed = np.array([max(1.0, FOUND * len("".join(line.text.split()))) for line in references])
    found = votes.sum(axis=0) >= needed if len(lines) else np.zeros(len(references), bool)
    invented = votes.sum(axis=1) < INVENTED * np.maximum(sizes, 1)
    joined = ((votes >= JOINED_CHARACTERS) & (votes >= JOINED * sizes[:, None])).sum(axis=1) > 1
    on_reference = [int(row.argmax()) for row, is_invented in zip(votes, invented, strict=True) if not is_invented]
    return LineCounts(
        num=int(by_hand.sum()),
        found=int((found & by_hand).sum()),
        missed=int((~found & by_hand).sum()),
        read=len(lines),
        invented=int(invented.sum()),
        joined=int(joined.sum()),
        out_of_order=len(on_reference) - longest_rising(on_reference),
    )


def owners_of(places: np.ndarray, references: Sequence[ReferenceLine]) -> list[int]:
    """Return for each place (T, 2) the reference line that it lies on, -1 for none."""
    if not len(references) or not len(places):
        return [-1] * len(places)
    distances = np.stack([_distance(places, line) for line in references])  # (L, T)
    nearest = distances.argmin(axis=0)
    return np.where(distances.min(axis=0) <= NEAR, nearest, -1).tolist()


def longest_rising(numbers: Sequence[int]) -> int:
    """Return the length of the longest sequence that never falls, taken out of a row of numbers."""
    ends: list[int] = []
    for number in numbers:
        place = bisect_left(ends, number + 1)  # the same number again goes on: a line that was read in two parts
        ends[place : place + 1] = [number]
    return len(ends)


def _distance(places: np.ndarray, line: ReferenceLine) -> np.ndarray:
    """Return how far places (T, 2) are from a line across it, in its heights; infinite beyond its ends."""
    starts, ends = line.polyline[:-1], line.polyline[1:]
    if not len(starts):
        starts, ends = line.polyline, line.polyline + np.array([1, 0])
    way = ends - starts
    lengths = np.maximum(np.hypot(*way.T), 1e-6)
    offset = places[:, None] - starts  # (T, K - 1, 2)
    along = (offset * way).sum(axis=2) / lengths
    across = np.abs(offset[..., 0] * way[:, 1] - offset[..., 1] * way[:, 0]) / lengths
    beyond = np.maximum(np.maximum(-along, along - lengths), 0)
    is_end = np.zeros((2, len(starts)), bool)
    is_end[0, 0] = is_end[1, -1] = True
    # Before the first point and behind the last a line goes on straight for a height; elsewhere corners are round.
    free = BEYOND * line.height * ((is_end[0] & (along < 0)) | (is_end[1] & (along > lengths)))
    distance = np.where(beyond <= free, across, np.hypot(across, np.maximum(beyond - free, 0)))
    distance = np.where((free > 0) & (beyond > free), np.inf, distance)
    return distance.min(axis=1) / line.height
