"""Every line that is drawn on a finder's maps is found, none is invented, and they come in reading order."""

import numpy as np
import pytest

from tests.page.drawn_maps import curve, draw_maps
from text_recognizer.page import core_pieces
from text_recognizer.page.find_lines import find_lines
from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.page.reading_order import in_reading_order
from text_recognizer.page.text_line import TextLine

SEEDS = range(12)


def paragraph(rng, num, left=40, width=300, top=60, slope=0.0, bend=0.0, height=9.0, pitch=14.0):
    """Return lines (points, height) of a paragraph with a ragged right edge."""
    ends = left + width * rng.uniform(0.35, 1.0, num)
    return [(curve(left, end, top + i * pitch, slope, bend), height) for i, end in enumerate(ends)]


def assert_found(lines, maps):
    """Assert that the lines were found, in their order, each along its points."""
    found = find_lines(maps).lines
    assert len(found) == len(lines)
    for (points, height), line in zip(lines, found, strict=True):
        assert line.left == pytest.approx(points[0, 0], abs=0.3 * height)
        assert line.right == pytest.approx(points[-1, 0], abs=0.3 * height)
        assert np.abs(line.at(points[:, 0]) - points[:, 1]).max() < 0.2 * height
        assert line.height == pytest.approx(height, rel=0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_curved_and_sloped_lines_are_found_in_order(seed):
    rng = np.random.default_rng(seed)
    slope, bend, num = rng.uniform(-0.4, 0.4), rng.uniform(-6, 6), int(rng.integers(1, 31))
    pitch = rng.uniform(12, 18)
    lines = paragraph(rng, num, top=190, slope=slope, bend=bend, height=0.65 * pitch, pitch=pitch)
    assert_found(lines, draw_maps(lines, (900, 384)))


@pytest.mark.parametrize("seed", SEEDS)
def test_two_columns_are_read_one_after_the_other(seed):
    rng = np.random.default_rng(seed)
    slope = rng.uniform(-0.08, 0.08)
    left = paragraph(rng, int(rng.integers(3, 20)), 30, 150, slope=slope)
    right = paragraph(rng, int(rng.integers(3, 20)), 210, 150, 60 + slope * 180 + rng.uniform(-7, 7), slope)
    title = (curve(60, 330, 30 + slope * 30, slope), 12.0)
    assert_found([title, *left, *right], draw_maps([title, *left, *right], (400, 400)))


@pytest.mark.parametrize("seed", SEEDS)
def test_notes_in_the_margin_are_read_last(seed):
    rng = np.random.default_rng(seed)
    body = [(curve(100, 100 + rng.uniform(180, 240), 50 + 14 * i), 9.0) for i in range(14)]
    notes = [(curve(20, 20 + rng.uniform(20, 50), 80 + rng.uniform(-3, 3) + 14 * i), 8.0) for i in range(3)]
    assert_found(body + notes, draw_maps(body + notes, (320, 384)))


@pytest.mark.parametrize("num_columns", [2, 3])
def test_narrow_columns_of_several_lines_are_read_one_after_the_other_even_if_their_lines_are_level(num_columns):
    rng = np.random.default_rng(num_columns)
    columns = [paragraph(rng, 8, 20 + 110 * i, 66) for i in range(num_columns)]
    for column in columns:
        column[0] = (curve(column[0][0][0, 0], column[0][0][0, 0] + 66, 60), 9.0)
        column[1] = (curve(column[1][0][0, 0], column[1][0][0, 0] + 66, 74), 9.0)
        column[2] = (curve(column[2][0][0, 0], column[2][0][0, 0] + 66, 88), 9.0)
    lines = [line for column in columns for line in column]
    found = find_lines(draw_maps(lines, (256, 384)))
    assert [len(row) for row in found.rows] == [1] * len(lines)
    assert_found(lines, draw_maps(lines, (256, 384)))
    as_form = in_reading_order(found.lines, narrow=False)
    assert [len(row) for row in as_form] == [num_columns] * 8


def test_a_note_on_the_rows_of_a_text_is_read_last():
    body = [(curve(20, 240, 40 + 14 * i), 9.0) for i in range(14)]
    note = [(curve(270, 300 + 9 * i, 82 + 14 * i), 9.0) for i in range(4)]
    assert_found(body + note, draw_maps(body + note, (280, 384)))


@pytest.mark.parametrize("places", [(0, 2), (1, 2)])
def test_numbers_before_some_lines_of_a_text_stay_beside_them(places):
    body = [(curve(60, 240, 40 + 14 * i), 9.0) for i in range(6)]
    numbers = [(curve(28, 40, 40 + 14 * i), 9.0) for i in places]
    found = find_lines(draw_maps(body + numbers, (160, 320)))
    assert [len(row) for row in found.rows] == [2 if i in places else 1 for i in range(6)]


def test_columns_that_touch_in_some_lines_are_split_where_the_ink_is():
    touching = [(curve(20, 330, 60 + 14 * i), 9.0) for i in (3, 6)]
    left = [(curve(20, 160, 60 + 14 * i), 9.0) for i in range(9) if i not in (3, 6)]
    right = [(curve(175, 330, 60 + 14 * i), 9.0) for i in range(9) if i not in (3, 6)]
    maps = draw_maps(left + right + touching, (256, 384))
    ink = (maps.core > 0.5).astype(np.uint8)
    assert len(find_lines(maps, ink).lines) == 16  # without a gap in the ink
    ink[:, 161:175] = 0
    found = find_lines(maps, ink).lines
    assert len(found) == 18
    assert [line.left < 100 for line in found] == [True] * 9 + [False] * 9


def test_the_cells_of_a_table_make_rows():
    cells = [(curve(30 + 90 * column, 75 + 90 * column, 40 + 20 * row), 9.0) for row in range(4) for column in range(3)]
    found = find_lines(draw_maps(cells, (160, 320)))
    assert [len(row) for row in found.rows] == [3, 3, 3, 3]
    assert [line.left for line in found.rows[0]] == sorted(line.left for line in found.rows[0])


def test_numbers_before_the_items_of_a_list_stand_on_their_rows():
    numbers = [(curve(30, 36, 40 + 16 * i), 9.0) for i in range(5)]
    items = [(curve(52, 150 + 20 * i, 40 + 16 * i), 9.0) for i in range(5)]
    found = find_lines(draw_maps(numbers + items, (160, 320)))
    assert [len(row) for row in found.rows] == [2] * 5


@pytest.mark.parametrize(("gap", "num_rows"), [(10, 2), (25, 3)])
def test_pieces_of_a_line_that_stands_alone_are_one_row_unless_a_gutter_lies_between(gap, num_rows):
    pieces = [TextLine(curve(left, right, 80), 9.0) for left, right in ((40, 130), (130 + gap, 300))]
    rows = in_reading_order([*pieces, TextLine(curve(40, 110, 200), 9.0)])
    assert len(rows) == num_rows
    assert (rows[0] == pieces) is (num_rows == 2)


def test_a_piece_with_lines_above_it_may_be_of_a_column():
    pieces = [TextLine(curve(left, right, 80), 9.0) for left, right in ((40, 130), (140, 300))]
    above = [TextLine(curve(left, right, 66), 9.0) for left, right in ((140, 200), (220, 300))]
    rows = in_reading_order([*pieces, *above])
    assert [len(row) for row in rows if row[0] is pieces[0]] == [1]


def test_a_gap_in_a_line_is_bridged_and_a_gutter_is_not():
    line = [(curve(20, 100, 50), 10.0), (curve(106, 200, 50), 10.0)]
    assert [len(row) for row in find_lines(draw_maps(line, (100, 256))).rows] == [1]
    apart = [(curve(20, 100, 50), 10.0), (curve(125, 230, 50), 10.0)]
    assert len(find_lines(draw_maps(apart, (100, 256))).lines) == 2


def test_lines_that_touch_are_two():
    lines = [(curve(20, 200, 50), 10.0), (curve(20, 200, 60), 10.0)]
    maps = draw_maps(lines, (100, 256))
    maps.core[46:64, 100:108] = 0.95  # a blot that joins them
    assert_found(lines, maps)


def test_a_single_letter_is_a_line_and_a_speck_is_none():
    letter = [(curve(100, 105, 50), 10.0)]
    assert_found(letter, draw_maps(letter, (100, 256)))
    speck = draw_maps([], (100, 256))
    speck.core[50, 100] = 1
    assert find_lines(speck).rows == []


def test_of_the_many_pieces_of_noise_only_the_longest_are_lines(monkeypatch):
    lines = [(curve(20, 60 + 10 * i, 20 + 16 * i), 10.0) for i in range(6)]
    maps = draw_maps(lines, (128, 160))
    assert len(find_lines(maps).lines) == 6
    monkeypatch.setattr(core_pieces, "MAX_PIECES", 4)
    assert_found(lines[2:], maps)


def test_an_empty_picture_has_no_lines():
    empty = np.zeros((64, 96), np.float32)
    assert find_lines(FinderMaps(empty, empty, empty, empty, empty, np.full(4, 0.25, np.float32))).lines == []
