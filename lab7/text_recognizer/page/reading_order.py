"""Sorts the lines of a page into reading order: columns, rows of tables, and notes in the margin last.

Two rules of Breuel ("High Performance Document Layout Analysis", 2003) order the lines: a line comes before those
below it, and before those to its right unless a line between them runs below or above both. Lines that stand beside
each other are classified first: columns of text are read one after the other, a table row by row, and a narrow note
beside a text after that text.

Letters in this file: L lines. Lengths are in heights of a line where nothing else is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from text_recognizer.page.tables import Table, lines_by_row
from text_recognizer.page.text_line import TextLine

WIDE = 8.0  # the least width of a column of running text; cells, labels and notes are narrower
NARROW = 5.5  # the same, if the column beside it has
LIKE_WIDTHS = 1.6  # less than so many times its width,
SEVERAL = 4  # and both have so many lines
SAME_ROW = 0.45  # the largest vertical distance of two lines beside each other on one row
OVERLAP = 0.15  # share of the shorter of two lines that must lie above or below the other; else they are side by side
NEAR = 6.0  # a line that is further below starts another block
ALIGNED = 0.6  # two blocks are rows of a table if this share of their lines stands on common rows
NOTE_SHARE = 0.5  # a note in the margin has this share of a text's lines at most
LEVEL = 0.25  # the largest vertical distance of a label, or an amount, from the line that it belongs to
SHORT_GAP = 3.0  # a piece that follows this closely belongs to the row, whatever its width, unless it has a column
WORD_GAP = 1.5  # the same, if the piece before it is alone too and nothing stands above or below it, as in columns


@dataclass(frozen=True)
class Box:
    """The place of a line on the levelled page, and its height, in pixels."""

    left: float
    right: float
    y_left: float
    y_right: float
    height: float

    @property
    def y(self) -> float:
        """The y of its centre."""
        return (self.y_left + self.y_right) / 2

    @property
    def length(self) -> float:
        """Its length from left to right."""
        return self.right - self.left


def in_reading_order(
    lines: Sequence[TextLine], tables: Sequence[Table] = (), narrow: bool = True
) -> list[list[TextLine]]:
    """Return rows of lines in reading order; most rows hold a single line, a table's rows hold its cells.

    The lines of a table that has rules are read together, where the table stands among the other lines.

    Parameters
    ----------
    lines
        Lines of an upright picture.
    tables
        Its tables with rules.
    narrow
        Take narrow blocks of several lines for columns; on a form they are the entries beside its labels.
    """
    rows_of: dict[int, list[list[TextLine]]] = {}
    others = list(lines)
    for table in tables:
        own = [line for line in others if table.cell_of(line)]
        if own:
            others = [line for line in others if not table.cell_of(line)]
            middle = float(table.rows[[0, -1]].mean())
            place = TextLine(np.array([[x, middle] for x in table.columns[[0, -1]]]), own[0].height)
            rows_of[id(place)] = lines_by_row(table, own)
            others.append(place)
    rows: list[list[TextLine]] = []
    for row in _ordered(others, narrow):
        holds_table = any(id(line) in rows_of for line in row)  # and then perhaps a line beside it
        rows += [part for line in row for part in rows_of.get(id(line), [[line]])] if holds_table else [row]
    return rows


def _ordered(lines: Sequence[TextLine], narrow: bool) -> list[list[TextLine]]:
    """Return rows of lines in reading order."""
    if not lines:
        return []
    boxes = _level(lines)
    blocks = _blocks(boxes)
    rows, notes = _settle(boxes, blocks, narrow)
    is_note = [all(i in notes for i in row) for row in rows]
    body = _sorted_rows([row for row, note in zip(rows, is_note, strict=True) if not note], boxes)
    margin = _sorted_rows([row for row, note in zip(rows, is_note, strict=True) if note], boxes)
    return [[lines[i] for i in row] for row in body + margin]


def common_slope(lines: Sequence[TextLine]) -> float:
    """Return the median slope of the lines, weighted by length; 0 if there are none."""
    if not lines:
        return 0.0
    slopes, lengths = (np.array([getattr(line, name) for line in lines]) for name in ("slope", "length"))
    order = np.argsort(slopes)
    share = np.cumsum(lengths[order]) / max(lengths.sum(), 1e-6)
    return float(slopes[order[np.searchsorted(share, 0.5)]])


def _level(lines: Sequence[TextLine]) -> list[Box]:
    """Rotate the page so that its lines are level: L lines -> L boxes."""
    angle = np.arctan(common_slope(lines))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    boxes = []
    for line in lines:
        (left, y_left), (right, y_right) = (line.points[[0, -1]] @ turn.T).tolist()
        boxes.append(Box(left, max(right, left + 1), y_left, y_right, line.height))
    return boxes


def _overlap(one: Box, other: Box) -> bool:
    """Tell whether one line lies above the other or below it."""
    shared = min(one.right, other.right) - max(one.left, other.left)
    return shared > OVERLAP * min(one.length, other.length)


def _on_one_row(left: Box, right: Box) -> bool:
    """Tell whether a line stands, at any distance, on one row with another to its left."""
    if left.left >= right.left or _overlap(left, right):
        return False
    return abs(left.y_right - right.y_left) < SAME_ROW * max(left.height, right.height)


def _blocks(boxes: Sequence[Box]) -> list[list[int]]:
    """Group lines into blocks: each line but a block's first is the only one below the only one above it."""
    below = [_next(i, boxes, 1) for i in range(len(boxes))]
    above = [_next(i, boxes, -1) for i in range(len(boxes))]
    follower = {i: below[i][0] for i in range(len(boxes)) if len(below[i]) == 1 and above[below[i][0]] == [i]}
    blocks = []
    for start in sorted(set(range(len(boxes))) - set(follower.values())):
        block = [start]
        while block[-1] in follower:
            block.append(follower[block[-1]])
        blocks.append(block)
    return blocks


def _next(i: int, boxes: Sequence[Box], way: int) -> list[int]:
    """Return the lines next below a line (way 1) or above it (way -1): several if they stand side by side."""
    one = boxes[i]
    candidates = [
        (way * (other.y - one.y), j)
        for j, other in enumerate(boxes)
        if j != i and 0 < way * (other.y - one.y) < NEAR * max(one.height, other.height) and _overlap(one, other)
    ]
    nearest = min(candidates, default=(0.0, -1))[0]
    return sorted(j for distance, j in candidates if distance < nearest + one.height / 2)


def _settle(boxes: Sequence[Box], blocks: Sequence[list[int]], narrow: bool) -> tuple[list[list[int]], set[int]]:
    """Join lines to rows where their blocks are a table; return the rows, and the lines of notes in the margin."""
    row_of = {i: i for i in range(len(boxes))}
    notes: set[int] = set()
    for block in blocks:
        if any(_is_short_note(block, other, boxes) for other in blocks if other != block):
            notes |= set(block)
    for a, left in enumerate(blocks):
        for b, right in enumerate(blocks):
            pairs = _pairs(left, right, boxes) if a != b and not notes & {left[0], right[0]} else []
            if pairs and _are_rows(left, right, pairs, boxes, narrow):
                for i, j in pairs:
                    row_of = {k: row_of[i] if row == row_of[j] else row for k, row in row_of.items()}
    joined = {i for i in row_of if list(row_of.values()).count(row_of[i]) > 1}
    for block in blocks:
        if not joined & set(block) and any(_is_note_beside(block, other, boxes) for other in blocks if other != block):
            notes |= set(block)
    rows: dict[int, list[int]] = {}
    for i in sorted(row_of, key=lambda i: boxes[i].left):
        rows.setdefault(row_of[i], []).append(i)
    return list(rows.values()), notes


def _pairs(left: Sequence[int], right: Sequence[int], boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Return pairs of lines, one of each block, that stand on one row with nothing between them."""
    pairs = [(i, j) for i in left for j in right if _on_one_row(boxes[i], boxes[j])]
    return [(i, j) for i, j in pairs if not any(_is_between(k, i, j, boxes) for k in range(len(boxes)))]


def _is_between(k: int, i: int, j: int, boxes: Sequence[Box]) -> bool:
    return k not in (i, j) and _on_one_row(boxes[i], boxes[k]) and _on_one_row(boxes[k], boxes[j])


def _are_rows(
    left: Sequence[int], right: Sequence[int], pairs: Sequence[tuple[int, int]], boxes: Sequence[Box], narrow: bool
) -> bool:
    """Tell whether two blocks beside each other are read row by row."""
    if _are_columns(left, right, boxes, narrow):
        gaps = [(boxes[j].left - boxes[i].right) / boxes[i].height for i, j in pairs]
        if len(left) > 1 or len(right) > 1:
            return len(right) == 1 and max(gaps) < SHORT_GAP
        is_alone = not any(_next(right[0], boxes, way) for way in (1, -1))
        return is_alone and max(gaps) < WORD_GAP
    smaller, larger = sorted((left, right), key=len)
    if len(smaller) < len(larger) and len(smaller) > 1 and max(_width(block, boxes) for block in (left, right)) >= WIDE:
        beside = [i for i in larger if _beside(boxes[i], smaller, boxes)]
        return len(pairs) >= ALIGNED * max(len(smaller), len(beside)) and _are_close(pairs, boxes)
    return len(pairs) >= ALIGNED * len(smaller)


def _are_columns(left: Sequence[int], right: Sequence[int], boxes: Sequence[Box], narrow: bool) -> bool:
    """Tell whether two blocks are wide enough for columns of text.

    Narrow columns have several lines and similar widths.
    """
    narrower, wider = sorted((_width(left, boxes), _width(right, boxes)))
    if narrower >= WIDE:
        return True
    is_alike = narrower >= NARROW and wider < LIKE_WIDTHS * narrower
    return narrow and is_alike and min(len(left), len(right)) >= SEVERAL


def _are_close(pairs: Sequence[tuple[int, int]], boxes: Sequence[Box]) -> bool:
    """Tell whether most lines closely follow those to their left, as in lists with numbers and forms with labels."""
    gaps = [(boxes[j].left - boxes[i].right) / boxes[i].height for i, j in pairs]
    return bool(np.median(gaps) < SHORT_GAP)


def _width(block: Sequence[int], boxes: Sequence[Box]) -> float:
    """Return the width of a block's longer lines, in heights."""
    return float(np.percentile([boxes[i].length / boxes[i].height for i in block], 75))


def _beside(box: Box, block: Sequence[int], boxes: Sequence[Box]) -> bool:
    """Tell whether a line lies within the vertical extent of a block."""
    ys = [boxes[i].y for i in block]
    return min(ys) - box.height / 2 <= box.y <= max(ys) + box.height / 2


def _is_note_beside(block: Sequence[int], other: Sequence[int], boxes: Sequence[Box]) -> bool:
    """Tell whether a block is a note in the margin of another: narrow, shorter, and wholly beside wide text."""
    if _width(other, boxes) < WIDE or _width(block, boxes) >= min(WIDE, 0.5 * _width(other, boxes)):
        return False
    if len(other) < 4 or len(block) >= len(other):
        return False
    inside = [_beside(boxes[i], other, boxes) for i in block]
    is_apart = not any(_overlap(boxes[i], boxes[j]) for i in block for j in other)
    return all(inside) and is_apart


def _is_short_note(block: Sequence[int], other: Sequence[int], boxes: Sequence[Box]) -> bool:
    """Tell whether a block of some lines is a note in the margin of a text with many more, and not a part of its rows.

    Labels and amounts stand close to the lines that they belong to, at the same height; the lines of a note do not.
    """
    if not 1 < len(block) <= NOTE_SHARE * len(other) or not _is_note_beside(block, other, boxes):
        return False
    pairs = [(i, j) for i in block for j in other if _on_one_row(boxes[i], boxes[j])]
    pairs = pairs or [(j, i) for i in block for j in other if _on_one_row(boxes[j], boxes[i])]
    level = {k for pair in pairs if _is_level(*(boxes[k] for k in pair)) for k in pair}
    return not (set(block) <= level and _are_close(pairs, boxes))


def _is_level(left: Box, right: Box) -> bool:
    """Tell whether two lines beside each other stand at the same height."""
    return abs(left.y_right - right.y_left) < LEVEL * max(left.height, right.height)


def _sorted_rows(rows: Sequence[list[int]], boxes: Sequence[Box]) -> list[list[int]]:
    """Sort rows by Breuel's two rules; rows that these leave unordered go from top to bottom."""
    hulls = [_hull(row, boxes) for row in rows]
    num = len(rows)
    before = np.zeros((num, num), bool)
    for a in range(num):
        for b in range(num):
            before[a, b] = a != b and _comes_before(a, b, hulls)
    order: list[int] = []
    left = sorted(range(num), key=lambda a: (hulls[a].y, hulls[a].left))
    while left:
        ready = [a for a in left if not before[left, a].any()]
        last = hulls[order[-1]] if order else None
        # The same column continues before a new column begins.
        chosen = min(
            ready or left[:1], key=lambda a: (last is not None and not _overlap(last, hulls[a]), left.index(a))
        )
        order.append(chosen)
        left.remove(chosen)
    return [rows[a] for a in order]


def _hull(row: Sequence[int], boxes: Sequence[Box]) -> Box:
    """Return the box around the lines of a row."""
    first, last = boxes[row[0]], boxes[row[-1]]
    return Box(first.left, last.right, first.y_left, last.y_right, max(boxes[i].height for i in row))


def _comes_before(a: int, b: int, hulls: Sequence[Box]) -> bool:
    one, other = hulls[a], hulls[b]
    if _overlap(one, other):
        return (one.y, a) < (other.y, b)
    if one.left >= other.left:
        return False
    top, bottom = sorted((one.y, other.y))
    return not any(
        top < hull.y < bottom and _overlap(hull, one) and _overlap(hull, other)
        for c, hull in enumerate(hulls)
        if c not in (a, b)
    )
