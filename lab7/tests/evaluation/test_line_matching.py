"""Lines that were read are matched with those that are written as the module's docstring says."""

import numpy as np

from text_recognizer.evaluation.line_matching import LineCounts, ReadLine, ReferenceLine, longest_rising, match_lines


def reference(text, y, x=100.0, printed=False):
    points = np.array([(x, y), (x + 10 * len(text), y)])
    return ReferenceLine(text, points, 20.0, printed)


def read(text, y, x=100.0):
    places = [(x + 10 * i + 5, y) for i, letter in enumerate(text) if letter != " "]
    return ReadLine(text, np.array(places, float).reshape(-1, 2))


LINES = [reference("one two three", 100), reference("four five", 140), reference("six", 180)]


def test_all_lines_are_found_where_they_are():
    lines = [read(line.text, line.polyline[0, 1] + 4) for line in LINES]
    assert match_lines(LINES, lines) == LineCounts(num=3, found=3, read=3)


def test_a_point_of_a_centre_line_may_be_repeated():
    lines = [read(line.text, line.polyline[0, 1]) for line in LINES]
    doubled = [line._replace(polyline=line.polyline.repeat(2, axis=0)) for line in LINES]
    assert match_lines(doubled, lines) == LineCounts(num=3, found=3, read=3)
    dot = reference("i", 300)._replace(polyline=np.array([(100.0, 300.0), (100.0, 300.0)]))
    assert match_lines([dot, *LINES], lines) == LineCounts(num=4, found=3, missed=1, read=3)
    assert match_lines([dot], [read("i", 300, x=94)]) == LineCounts(num=1, found=1, read=1)


def test_a_line_is_missed_if_less_than_half_of_it_was_read():
    lines = [read("one", 100), read("four five", 140), read("six", 180)]
    assert match_lines(LINES, lines) == LineCounts(num=3, found=2, missed=1, read=3)


def test_a_line_where_nothing_is_written_is_invented():
    lines = [read(line.text, line.polyline[0, 1]) for line in LINES] + [read("nothing", 400)]
    assert match_lines(LINES, lines) == LineCounts(num=3, found=3, read=4, invented=1)


def test_two_lines_read_as_one_are_joined():
    places = np.concatenate([read("one two three", 100).places, read("four five", 140).places])
    counts = match_lines(LINES, [ReadLine("one two three four five", places), read("six", 180)])
    assert counts == LineCounts(num=3, found=3, read=2, joined=1)


def test_the_order_is_that_of_the_references():
    lines = [read(LINES[i].text, LINES[i].polyline[0, 1]) for i in (2, 0, 1)]
    assert match_lines(LINES, lines).out_of_order == 1
    assert longest_rising([3, 1, 1, 2, 0]) == 3


def test_print_need_not_be_read_and_may_be():
    printed = [reference("Name", 60, printed=True), *LINES]
    lines = [read(line.text, line.polyline[0, 1]) for line in LINES]
    assert match_lines(printed, lines) == LineCounts(num=3, found=3, read=3)
    assert match_lines(printed, [read("Name", 60), *lines]) == LineCounts(num=3, found=3, read=4)


def test_lines_beside_each_other_are_told_apart():
    cells = [reference("left", 100, 100), reference("right", 100, 200)]
    assert match_lines(cells, [read("left", 100, 100)]) == LineCounts(num=2, found=1, missed=1, read=1)


def test_a_line_that_runs_up_the_picture_is_matched_along_its_way():
    up = ReferenceLine("word", np.array([(50.0, 300.0), (50.0, 200.0)]), 20.0)
    places = np.array([(52.0, 280.0), (48.0, 260.0), (50.0, 240.0), (50.0, 210.0)])
    assert match_lines([up], [ReadLine("word", places)]).found == 1
    assert match_lines([up], [ReadLine("word", places + np.array([40, 0]))]).invented == 1


def test_nothing_was_read_and_nothing_is_written():
    assert match_lines(LINES, []) == LineCounts(num=3, missed=3)
    assert match_lines([], []) == LineCounts()
    assert match_lines([], [read("word", 10)]) == LineCounts(read=1, invented=1)
