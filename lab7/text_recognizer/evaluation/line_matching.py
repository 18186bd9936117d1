"""Counts which lines of a page were found, missed, invented or joined, and whether they were read in order.

Each character of the reading has a place on the picture. It lies on the reference line with the nearest centre line, if
its distance across that line is at most 0.75 of the line's height, and it is at most one height beyond the line's ends.
Then, without spaces:

- a reference line is *found* if at least half as many characters lie on it as it has; else it is *missed*;
- a line of the reading is *invented* if fewer than half of its characters lie on any reference line, print included;
- it is *joined* if at least 3 of its characters, and 30 % of them, lie on each of two reference lines. Cells of a table
  that are read as one row count separately;
- the lines *out of order* are the fewest that must be moved to put the others in the references' order: all lines of
  the reading that lie on a reference line, less the longest increasing subsequence.

Letters in this file: K points of a line, T characters, L reference lines. Points are (x, y) in pixels of the picture.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

NEAR = 0.75  # heights from a line's centre line
BEYOND = 1.0  # heights from its ends
FOUND = 0.5
INVENTED = 0.5
JOINED, JOINED_CHARACTERS = 0.3, 3


class ReferenceLine(NamedTuple):
    """A line of the reference.

    Parameters
    ----------
    text
        Its text.
    polyline
        (K, 2) its centre line, in reading direction.
    height
        Its height, from ascenders to descenders.
    printed
        Whether it is print, which need not be read.
    """

    text: str
    polyline: np.ndarray
    height: float
    printed: bool = False


class ReadLine(NamedTuple):
    """A line of the reading: its text, and the places (T, 2) of its characters without spaces."""

    text: str
    places: np.ndarray


@dataclass(frozen=True)
class LineCounts:
    """The number of handwritten lines, and of lines found, missed, invented, joined and out of order."""

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
    """Match the lines of a reading with those of the reference, and count."""
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
    """Return the index of the reference line at each place (T, 2), or -1: T integers."""
    if not len(references) or not len(places):
        return [-1] * len(places)
    distances = np.stack([_distance(places, line) for line in references])  # (L, T)
    nearest = distances.argmin(axis=0)
    return np.where(distances.min(axis=0) <= NEAR, nearest, -1).tolist()


def longest_rising(numbers: Sequence[int]) -> int:
    """Return the length of the longest non-decreasing subsequence."""
    ends: list[int] = []
    for number in numbers:
        place = bisect_left(ends, number + 1)  # equal numbers count too: a line that was read in two parts
        ends[place : place + 1] = [number]
    return len(ends)


def _distance(places: np.ndarray, line: ReferenceLine) -> np.ndarray:
    """Return the distance of places (T, 2) from a line, in its heights: (T,); infinite beyond its ends."""
    starts, ends = line.polyline[:-1], line.polyline[1:]
    has_length = (starts != ends).any(axis=1)  # a point that is repeated has no direction: all places would lie on it
    starts, ends = starts[has_length], ends[has_length]
    if not len(starts):
        starts, ends = line.polyline[:1], line.polyline[:1] + np.array([1, 0])
    way = ends - starts
    lengths = np.hypot(*way.T)
    offset = places[:, None] - starts  # (T, K - 1, 2)
    along = (offset * way).sum(axis=2) / lengths
    across = np.abs(offset[..., 0] * way[:, 1] - offset[..., 1] * way[:, 0]) / lengths
    beyond = np.maximum(np.maximum(-along, along - lengths), 0)
    is_end = np.zeros((2, len(starts)), bool)
    is_end[0, 0] = is_end[1, -1] = True
    # A line is extended straight by one height at both ends; elsewhere the nearest point of a segment counts.
    free = BEYOND * line.height * ((is_end[0] & (along < 0)) | (is_end[1] & (along > lengths)))
    distance = np.where(beyond <= free, across, np.hypot(across, np.maximum(beyond - free, 0)))
    distance = np.where((free > 0) & (beyond > free), np.inf, distance)
    return distance.min(axis=1) / line.height
