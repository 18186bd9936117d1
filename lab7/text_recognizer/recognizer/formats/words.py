"""Finds the place of each word of a line from the places of its characters.

Letters in this file: T characters of a line, N points. Along a line, 0 is its beginning and 1 its end.
"""

import re
from dataclasses import dataclass

import numpy as np

from text_recognizer.images.constants import Box
from text_recognizer.recognizer.formats.page_result import Frame
from text_recognizer.recognizer.result import Line, mean_confidence

NUM_STEPS = 256  # samples along a line, among which the nearest to a point is searched


@dataclass(frozen=True)
class Word:
    """A word of a line.

    Parameters
    ----------
    text
        The word, without spaces.
    confidence
        The mean of its characters' confidences.
    frame
        Its corners on the picture, clockwise from above its first character.
    """

    text: str
    confidence: float
    frame: Frame

    @property
    def box(self) -> Box:
        """The upright box around it."""
        return box_around(self.frame)


def words_of(line: Line, frame: Frame) -> list[Word]:
    """Split a line with a frame on the picture into its words.

    Words meet half-way between the characters on either side of their edges. If the places of characters are unknown,
    or the text was corrected by hand, all characters are taken to be equally wide.
    """
    edges = _edges(line, frame)
    upper, lower = sides_of(frame)
    words = []
    for match in re.finditer(r"\S+", line.text):
        start, end = match.span()
        ends = np.array([edges[start], edges[end]])
        (top_left, top_right), (low_left, low_right) = along(upper, ends).tolist(), along(lower, ends).tolist()
        corners = tuple((x, y) for x, y in (top_left, top_right, low_right, low_left))
        words.append(Word(match[0], mean_confidence(line.characters[start:end]), corners))
    return words


def sides_of(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """Return a frame's upper and lower side from the line's beginning to its end: (N, 2), (N, 2)."""
    half = len(frame) // 2
    return np.array(frame[:half]), np.array(frame[half:][::-1])


def along(side: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the points at some shares of a side (N, 2): (M,) from 0 to 1 -> (M, 2)."""
    lengths = np.hypot(*np.diff(side, axis=0).T)
    passed = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = shares * passed[-1]
    return np.stack([np.interp(wanted, passed, side[:, i]) for i in (0, 1)], axis=1)


def box_around(frame: Frame) -> Box:
    """Return the upright box around corners, in whole pixels."""
    xs, ys = zip(*frame, strict=True)
    return round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys))


def _edges(line: Line, frame: Frame) -> np.ndarray:
    """Return the share of the line at which each character begins, and at which the last ends: (T + 1,)."""
    number = len(line.characters)
    places = [one.place for one in line.characters]
    known = [i for i, place in enumerate(places) if place is not None]
    if not known or len(line.text) != number:
        return np.linspace(0, 1, len(line.text) + 1)
    shares = _shares(np.array([places[i] for i in known]), frame)
    middles = np.maximum.accumulate(np.interp(np.arange(number), known, shares))
    return np.concatenate([[0.0], (middles[1:] + middles[:-1]) / 2, [1.0]])


def _shares(places: np.ndarray, frame: Frame) -> np.ndarray:
    """Return the share of the line's centre line that is nearest to points of the picture: (N, 2) -> (N,)."""
    steps = np.linspace(0, 1, NUM_STEPS + 1)
    upper, lower = sides_of(frame)
    middle = (along(upper, steps) + along(lower, steps)) / 2
    distances = np.hypot(*(places[:, None] - middle[None]).transpose(2, 0, 1))  # (N, NUM_STEPS + 1)
    return steps[distances.argmin(axis=1)]
