"""Joins pieces of text lines to whole lines, where one goes on as the other ended.

Letters in this file: h w map, N points, P pieces.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from text_recognizer.page.text_line import TextLine

# How far apart two pieces of one line may be, in heights. Where the finder sees nothing between them it may be the
# gutter between two columns; where it sees a little core, it is a gap between words or a stain.
MAX_GAP = 0.9
MAX_GAP_WITH_CORE = 4.0
SOME_CORE = 0.3  # on average between two pieces
MAX_OVERLAP = 0.6  # heights
MAX_STEP = 0.3  # heights that one piece may lie above or below where the other was heading
STEP_PER_GAP = 0.1  # and more the further apart they are
MAX_RATIO = 1.8  # of two pieces' heights
TAIL, BESIDE = 1.2, 0.7  # heights: shorter bits so close to a line are tails of its letters
SAME = 0.45  # heights: two pieces above each other that are closer are one
# A gap is a gutter where the lines nearby end before it or begin behind it, and none goes across.
NEAR_GUTTER = 6.0  # heights above and below
PAST_GUTTER = 1.0  # heights: what reaches further to both sides goes across
AT_GUTTER = 1.5  # heights: a column begins where others' lines do
NUM_BESIDE = 2  # so many lines of each column


class Joint(NamedTuple):
    """Two pieces that may be one: their indices, and how badly they fit."""

    left: int
    right: int
    cost: float


def join_pieces(pieces: list[TextLine], core: np.ndarray) -> list[TextLine]:
    """Join pieces to lines, those first that fit best; leave out doubles.

    Parameters
    ----------
    pieces
        P pieces, in pixels of the map.
    core
        (h, w) probabilities.
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
    """Return all pairs of pieces of which the second may go on where the first ended."""
    found = []
    order = sorted(range(len(pieces)), key=lambda i: pieces[i].left)
    for i, one in enumerate(pieces):
        for j in order:
            other = pieces[j]
            if i != j and (cost := _cost_of(one, other, core)) is not None and not _is_gutter(one, other, pieces):
                found.append(Joint(i, j, cost))
    return found


def _is_gutter(one: TextLine, other: TextLine, pieces: list[TextLine]) -> bool:
    """Tell whether what lies between two pieces lies between two columns."""
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
    """Tell how badly a piece goes on where another ended; None if it does not at all."""
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
    """Return the mean likelihood of core on the straight way from one piece's end to the other's beginning."""
    (x0, y0), (x1, y1) = one.points[-1], other.points[0]
    num = max(2, round(abs(x1 - x0)) + 1)
    x = np.clip(np.round(np.linspace(x0, x1, num)), 0, core.shape[1] - 1).astype(int)
    y = np.clip(np.round(np.linspace(y0, y1, num)), 0, core.shape[0] - 1).astype(int)
    return float(core[y, x].mean())


def _as_one(pieces: list[TextLine]) -> TextLine:
    """Make one line of pieces in order."""
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
    """Leave out each piece that lies beside a longer one, all the way."""
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
    """Leave out bits that lie right above or below a longer line: tails of its letters, and their dots."""
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
