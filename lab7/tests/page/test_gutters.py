"""Lines that run across the gutter between two columns are split there, and other lines stay whole."""

import numpy as np
import pytest

from tests.page.drawn_maps import curve
from text_recognizer.page.gutters import split_at_gutters
from text_recognizer.page.text_line import TextLine

HEIGHT = 12.0
SHAPE = (400, 400)
LEFT, GUTTER, RIGHT = 20, (180, 192), 360


def words_along(ink, line, gaps):
    """Draw strokes along a line, with gaps (x, x) between words."""
    for x in range(round(line.left), round(line.right) + 1):
        if not any(first < x < last for first, last in gaps):
            y = round(float(line.at(x)))
            ink[y - 2 : y + 3, x] = 1


def two_columns(num=8, slope=0.0, crossing=(2, 5), gap=GUTTER):
    """Return lines of two columns, of which those of the rows `crossing` are one, and their ink."""
    ink = np.zeros(SHAPE, np.uint8)
    lines = []
    for i in range(num):
        y = 60 + 20 * i
        shift = -slope * 20 * i  # columns stand upright on the level page
        ends = [(LEFT, GUTTER[0]), (GUTTER[1], RIGHT)] if i not in crossing else [(LEFT, RIGHT)]
        for left, right in ends:
            points = curve(left + shift, right + shift, y + slope * (left - LEFT), slope)
            lines.append(TextLine(points, HEIGHT))
            words_along(ink, lines[-1], [(gap[0] + shift, gap[1] + shift)])
    return lines, ink


@pytest.mark.parametrize("slope", [0.0, 0.05, -0.05])
def test_a_line_across_a_gutter_is_two(slope):
    lines, ink = two_columns(slope=slope)
    parts = split_at_gutters(lines, ink, slope)
    assert len(parts) == 16
    assert all(part.right - part.left < 200 for part in parts)
    lengths = sorted(part.length for part in parts)
    assert lengths[0] == pytest.approx(160, abs=8)
    assert lengths[-1] == pytest.approx(168, abs=8)


def test_a_line_with_ink_in_the_gutter_stays_whole():
    lines, ink = two_columns(gap=(0, 0))
    assert split_at_gutters(lines, ink, 0.0) == lines


@pytest.mark.parametrize("num_apart", [0, 1, 2])
def test_a_note_is_cut_off_a_text_if_at_least_one_of_its_lines_stands_apart(num_apart):
    lines, ink = two_columns(num=12, crossing=(1, 2, 3))
    apart = [line for line in lines if line.right < GUTTER[1]][num_apart:]
    lines = [line for line in lines if not any(line is other for other in apart)]
    assert len(split_at_gutters(lines, ink, 0.0)) == len(lines) + (3 if num_apart else 0)


def test_a_line_without_ink_beside_the_gutter_stays_whole():
    lines, ink = two_columns()
    ink[95:105, : GUTTER[1]] = 0  # the left part of the third line is too faint
    parts = split_at_gutters(lines, ink, 0.0)
    assert all(len(part.points) >= 2 and part.length >= HEIGHT for part in parts)
    assert any(part is lines[4] for part in parts)


def test_a_title_across_two_columns_stays_whole():
    lines, ink = two_columns(crossing=())
    title = TextLine(curve(60, 330, 20), HEIGHT)
    words_along(ink, title, [(120, 126), (200, 206)])
    assert split_at_gutters([title, *lines], ink, 0.0) == [title, *lines]


def test_the_lines_of_one_column_stay_whole():
    ink = np.zeros(SHAPE, np.uint8)
    lines = [TextLine(curve(LEFT + 30 * (i % 3 == 0), RIGHT - 9 * i, 60 + 20 * i), HEIGHT) for i in range(9)]
    for i, line in enumerate(lines):
        words_along(ink, line, [(80 + 7 * i, 87 + 7 * i), (180, 190)])
    assert split_at_gutters(lines, ink, 0.0) == lines
