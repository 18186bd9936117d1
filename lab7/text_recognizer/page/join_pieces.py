"""Joins pieces of text lines to whole lines, where one piece continues another.

Letters in this file: h w map, N points, P pieces.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from text_recognizer.page.text_line import TextLine

# How far apart two pieces of one line may be, in heights. A gap without core may be the gutter between two columns;
# one with a little core is a gap between words, or a stain.
MAX_GAP = 0.9
MAX_GAP_WITH_CORE = 4.0
SOME_CORE = 0.3  # mean probability of core between two pieces
MAX_OVERLAP = 0.6  # heights
MAX_STEP = 0.3  # heights that one piece may lie above or below the continuation of the other
STEP_PER_GAP = 0.1  # heights that are allowed in addition, for each height between them
MAX_RATIO = 1.8  # of two pieces' heights
TAIL = 1.2  # heights: shorter pieces close to a line are tails of its letters
BESIDE = 0.7  # heights: so close
SAME = 0.45  # heights: of two pieces above each other that are closer, one is a double
# A gap is a gutter if the lines nearby end before it or begin behind it, and none crosses it.
NEAR_GUTTER = 6.0  # heights above and below
PAST_GUTTER = 1.0  # heights: a line that reaches further to both sides crosses it
AT_GUTTER = 1.5  # heights: lines of one column begin within this distance
NUM_BESIDE = 2  # lines needed of each column


class Joint(NamedTuple):
    """Two pieces that may belong to one line: their indices, and the cost of joining them."""

    left: int
    right: int
    cost: float


def join_pieces(pieces: list[TextLine], core: np.ndarray) -> list[TextLine]:
    """Join pieces to lines, in order of their cost; leave out doubles.

    Parameters
    ----------
    pieces
        P pieces, in pixels of the map.
    core
        (h, w) probabilities of core.
    """
    pieces = _without_doubles(pieces)
    follower: dict[int, int] = {}
    taken: set[int] = set()
    for left, right, _ in sorted(_joints(pieces, core), key=lambda joint: joint.cost):
        if left not in follower and right not in taken:
            follower[left] = right
            taken.add(right)
    lines = []
    for start in sorted(set(range(len(pieces))) - taken):
        chain = [start]
        while chain[-1] in follower:
            chain.append(follower[chain[-1]])
        lines.append(_as_one([pieces[i] for i in chain]))
    return _without_tails(_without_doubles(lines))


def _joints(pieces: list[TextLine], core: np.ndarray) -> list[Joint]:
    """Return all pairs of pieces of which the second may continue the first."""
    found = []
    order = sorted(range(len(pieces)), key=lambda i: pieces[i].left)
    for i, one in enumerate(pieces):
        for j in order:
            other = pieces[j]
            if i != j and (cost := _cost_of(one, other, core)) is not None and not _is_gutter(one, other, pieces):
                found.append(Joint(i, j, cost))
    return found


def _is_gutter(one: TextLine, other: TextLine, pieces: list[TextLine]) -> bool:
    """Tell whether the gap between two pieces is a gutter between two columns."""
    height = max(one.height, other.height)
    near = [
        piece
        for piece in pieces
        if piece is not one and piece is not other and abs(piece.y - one.y) < NEAR_GUTTER * height
    ]
    before, behind = one.right - PAST_GUTTER * height, other.left + PAST_GUTTER * height
    if any(piece.left < before and piece.right > behind for piece in near):
        return False
    ending = [piece for piece in near if piece.left < before and piece.right <= behind]
    beginning = [piece for piece in near if abs(piece.left - other.left) < AT_GUTTER * height and piece.right > behind]
    return min(len(ending), len(beginning)) >= NUM_BESIDE


def _cost_of(one: TextLine, other: TextLine, core: np.ndarray) -> float | None:
    """Return the cost of joining two pieces; None if they cannot belong to one line."""
    height = max(one.height, other.height)
    gap = (other.left - one.right) / height
    if not -MAX_OVERLAP <= gap <= MAX_GAP_WITH_CORE or other.left <= one.left or other.right <= one.right:
        return None
    if height > MAX_RATIO * min(one.height, other.height) or (one.printed > 0.5) != (other.printed > 0.5):
        return None
    middle = (one.right + other.left) / 2
    step = abs(float(one.at(middle) - other.at(middle))) / height
    if step > MAX_STEP + STEP_PER_GAP * max(0.0, gap):
        return None
    between = core_between(one, other, core)
    if gap > (MAX_GAP_WITH_CORE if between > SOME_CORE else MAX_GAP):
        return None
    return max(0.0, gap) + 3 * step - 2 * between


def core_between(one: TextLine, other: TextLine, core: np.ndarray) -> float:
    """Return the mean probability of core on the straight line from one piece's end to the other's beginning."""
    (x0, y0), (x1, y1) = one.points[-1], other.points[0]
    num = max(2, round(abs(x1 - x0)) + 1)
    x = np.clip(np.round(np.linspace(x0, x1, num)), 0, core.shape[1] - 1).astype(int)
    y = np.clip(np.round(np.linspace(y0, y1, num)), 0, core.shape[0] - 1).astype(int)
    return float(core[y, x].mean())


def _as_one(pieces: list[TextLine]) -> TextLine:
    """Concatenate pieces, sorted from left to right, to one line."""
    if len(pieces) == 1:
        return pieces[0]
    lengths = np.array([piece.length for piece in pieces])
    points = [pieces[0].points]
    for piece in pieces[1:]:
        left = points[-1][-1, 0]
        ahead = piece.points[piece.points[:, 0] > left + 0.2 * piece.height]
        points.append(ahead if len(ahead) else piece.points[-1:])
    height, printed, certainty = (
        float(np.average([getattr(piece, name) for piece in pieces], weights=lengths))
        for name in ("height", "printed", "certainty")
    )
    return replace(pieces[0], points=np.concatenate(points), height=height, printed=printed, certainty=certainty)


def _without_doubles(pieces: list[TextLine]) -> list[TextLine]:
    """Leave out each piece that runs beside a longer one for its whole length."""
    kept: list[TextLine] = []
    for piece in sorted(pieces, key=lambda piece: -piece.length):
        if not any(_is_beside(piece, other) for other in kept):
            kept.append(piece)
    return kept


def _is_beside(piece: TextLine, other: TextLine) -> bool:
    overlap = min(piece.right, other.right) - max(piece.left, other.left)
    if overlap < 0.7 * (piece.right - piece.left):
        return False
    x = np.linspace(max(piece.left, other.left), min(piece.right, other.right), 8)
    return bool(np.abs(piece.at(x) - other.at(x)).mean() < SAME * max(piece.height, other.height))


def _without_tails(lines: list[TextLine]) -> list[TextLine]:
    """Leave out short pieces right above or below a longer line: tails and dots of its letters."""
    return [
        line
        for line in lines
        if line.length > TAIL * line.height
        or not any(_is_tail(line, other) for other in lines if other.length > 2 * line.length)
    ]


def _is_tail(bit: TextLine, other: TextLine) -> bool:
    x = (bit.left + bit.right) / 2
    is_within = other.left - 0.3 * other.height < x < other.right + 0.3 * other.height
    return is_within and abs(float(bit.at(x) - other.at(x))) < BESIDE * other.height
