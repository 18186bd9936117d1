import numpy as np
import pytest

from text_recognizer.page.reading_order import in_reading_order
from text_recognizer.page.tables import find_tables, lines_by_row
from text_recognizer.page.text_line import TextLine

HEIGHT = 10.0
SHAPE = (160, 200)


def rules_at(rows, columns, slope=0.0, gap=None):
    """Draw the rules of a table, two pixels wide, on a map."""
    rules = np.zeros(SHAPE, np.float32)
    xs, ys = np.arange(columns[0], columns[-1] + 2), np.arange(rows[0], rows[-1] + 2)
    for row in rows:
        for thick in (0, 1):
            rules[np.round(row + thick + slope * (xs - xs[0])).astype(int), xs] = 0.9
    for column in columns:
        rules[ys[0] : ys[-1] + 1, column : column + 2] = 0.9
    if gap:
        rules[gap] = 0.1
    return rules


def line(left, y, right=None):
    return TextLine(np.array([[left, y], [right or left + 15, y]], np.float64), HEIGHT)


@pytest.mark.parametrize("slope", [0.0, 0.01, -0.01])
def test_rules_that_cross_are_a_table(slope):
    (table,) = find_tables(rules_at((30, 50, 70), (20, 60, 120, 180), slope), HEIGHT)
    assert table.rows == pytest.approx([30.5, 50.5, 70.5], abs=2)
    assert table.columns == pytest.approx([20.5, 60.5, 120.5, 180.5], abs=1)


def test_a_letter_that_hides_a_part_of_a_rule_does_no_harm():
    (table,) = find_tables(rules_at((30, 50, 70), (20, 60, 120, 180), gap=np.s_[46:56, 70:100]), HEIGHT)
    assert len(table.rows) == 3


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (range(10, 150, 10), range(10, 190, 10)),  # squared paper
        (range(10, 150, 14), (20, 20)),  # ruled paper with a margin
        ((30, 120), (20, 180)),  # a frame
        ((30, 120), (20, 100, 180)),  # two columns in a frame
    ],
)
def test_other_rules_are_none(rows, columns):
    assert find_tables(rules_at(list(rows), list(columns)), HEIGHT) == []


def test_cells_are_read_row_by_row():
    (table,) = find_tables(rules_at((30, 50, 70, 90), (20, 60, 120, 180)), HEIGHT)
    a, b, c, d = line(25, 40), line(125, 38), line(65, 60), line(25, 82)
    assert lines_by_row(table, [d, c, b, a]) == [[a, b], [c], [d]]


def test_a_line_that_begins_slightly_before_its_cell_belongs_to_it():
    (table,) = find_tables(rules_at((30, 50, 70, 90), (20, 60, 120, 180)), HEIGHT)
    assert table.cell_of(line(53, 40, 100)) == (0, 1)  # the rule is taken for a part of it
    assert table.cell_of(line(25, 40, 100)) == (0, 0)  # it runs into the next cell


def test_several_lines_in_a_cell_are_read_before_the_next_cell():
    (table,) = find_tables(rules_at((30, 60, 90), (20, 60, 120, 180)), HEIGHT)
    above, below, beside, under = line(25, 40), line(25, 52), line(65, 45), line(65, 75)
    assert lines_by_row(table, [beside, under, below, above]) == [[above], [below], [beside], [under]]


def test_a_line_beside_a_table_is_no_part_of_its_rows():
    (table,) = find_tables(rules_at((30, 60, 90), (60, 110, 180)), HEIGHT)
    cells = line(65, 45), line(125, 45), line(65, 75), line(125, 75)
    for beside in (line(20, 60, 45), line(190, 60, 198)):
        rows = in_reading_order([*cells, beside], [table], narrow=False)
        assert sorted(id(one) for row in rows for one in row) == sorted(id(one) for one in (*cells, beside))
        assert [list(cells[:2]), list(cells[2:])] == [row for row in rows if len(row) > 1]


def test_a_table_stands_between_the_lines_above_and_below_it():
    (table,) = find_tables(rules_at((30, 50, 70, 90), (20, 60, 120, 180)), HEIGHT)
    title, end = line(20, 15, 150), line(20, 110, 150)
    sparse = line(65, 40), line(25, 60), line(125, 60), line(125, 82)
    rows = in_reading_order([end, *sparse[::-1], title], [table])
    assert rows == [[title], [sparse[0]], [sparse[1], sparse[2]], [sparse[3]], [end]]
