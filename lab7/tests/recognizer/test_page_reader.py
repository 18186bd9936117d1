"""A page is read line by line: what the finder says goes to the model of lines, and what is not read is said."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.page.drawn_maps import curve, draw_maps
from tests.tiny_artifact import LINES, draw_page
from text_recognizer.page.colour import to_colour
from text_recognizer.page.printed_parts import CELL, GAP
from text_recognizer.page.text_line import TextLine
from text_recognizer.recognizer import page_reader
from text_recognizer.recognizer.batched_lines import WIDTH_STEP, cells_of
from text_recognizer.recognizer.page_finder import SMALL_LINE, SeenPage, _tiles, num_tiles
from text_recognizer.recognizer.page_reader import (
    NUM_ASKED,
    Cut,
    Kept,
    PageReader,
    _ordered_again,
    are_faint,
    choose_lines,
    joined,
)
from text_recognizer.recognizer.result import Character, Line, tokens_of_cells
from text_recognizer.vocabulary import Tokenizer

PAGE = draw_page()
STEP = 4
MAPPING = ["<B>", "x", "y"]
HEIGHT = 40


class Network:
    """Reads x and y by turns, as many as there are cells, and notes what it was shown."""

    pixels_per_cell = (56, 4)

    def __init__(self):
        self.shown = []
        self.tokenizer = Tokenizer(MAPPING)

    def read_batch(self, images):
        self.shown.append(images)
        return np.stack([self.read_cells(image) for image in images])

    def read_cells(self, image):
        labels = 1 + np.arange(image.shape[1] // 4) % 2
        return 9.0 * np.eye(3)[labels][None]


class TurningFinder:
    """Sees the same page in each picture; if a picture is the first one turned, the page is turned as well."""

    def __init__(self, seen):
        self.seen = seen
        self.first = None

    def see(self, picture):
        self.first = picture if self.first is None else self.first
        for quarters in range(4):
            if np.array_equal(np.rot90(self.first, quarters), picture):
                return self.seen._replace(maps=self.seen.maps.turned(quarters))
        return self.seen


def reader_of(lines, size=PAGE.size, quarters=0, keep_print=False, **maps):
    """Return a reader whose finder sees these lines, given in pixels of the upright picture."""
    shape = -(-size[1] // STEP), -(-size[0] // STEP)
    scaled = [((points + 0.5) / STEP - 0.5, height / STEP) for points, height in lines]
    seen = SeenPage(draw_maps(scaled, shape, quarters=quarters)._replace(**maps), STEP)
    network = Network()
    line_reader = SimpleNamespace(reader=network, tokens_of_cells=partial(tokens_of_cells, merge=True), calibrated=list)
    return PageReader(TurningFinder(seen), line_reader, keep_print), network


def drawn_lines(num=4):
    return [(curve(150, 150 + 17 * len(text), 226 + 60 * i), HEIGHT) for i, text in enumerate(LINES[:num])]


def codes(reading):
    return [warning.code for warning in reading.warnings]


@pytest.mark.parametrize("quarters", range(4))
def test_every_line_is_read_where_it_is_whatever_way_up(quarters):
    reader, network = reader_of(drawn_lines(), quarters=quarters)
    reading = reader.read(to_colour(PAGE.rotate(-90 * quarters, expand=True)))
    assert len(reading.lines) == len(LINES)
    assert codes(reading) == []
    assert reading.unread == 0
    assert all(set(line.text) == {"x", "y"} for line in reading.lines)
    upright, _ = reader_of(drawn_lines())
    strips = np.concatenate([batch.ravel() for batch in network.shown])
    _, expected = upright.read(to_colour(PAGE)), upright.line_reader.reader.shown
    assert strips == pytest.approx(np.concatenate([batch.ravel() for batch in expected]), abs=60)


def test_ink_outside_all_lines_is_said():
    reader, _ = reader_of(drawn_lines(2))
    reading = reader.read(to_colour(PAGE))
    assert codes(reading) == ["ink_not_read"]
    assert 0.3 < reading.unread < 0.7
    assert reading.confidence < 0.7


def test_a_blank_sheet_is_not_a_sheet_that_was_not_read():
    reader, _ = reader_of([])
    blank = reader.read(to_colour(Image.new("L", PAGE.size, 235)))
    assert (blank.text, codes(blank), blank.confidence) == ("", [], 1.0)
    unread = reader.read(to_colour(PAGE))
    assert (unread.text, codes(unread), unread.confidence) == ("", ["nothing_found"], 0.0)


def test_lines_that_are_too_steep_or_too_small_are_said():
    steep = [(curve(150, 500, 500 + 80 * i, slope=-0.6), HEIGHT) for i in range(4)]
    assert "askew" in codes(reader_of(steep)[0].read(to_colour(PAGE)))
    small = [(curve(150, 500, 200 + 30 * i), 12) for i in range(4)]
    assert "text_too_small" in codes(reader_of(small)[0].read(to_colour(PAGE)))


def test_print_is_left_out_beside_handwriting_unless_it_is_wanted():
    hand, print_ = (TextLine(curve(0, 100, y), 10, printed) for y, printed in ((0, 0.1), (20, 0.9)))
    kept = choose_lines([[hand], [print_]], keep_print=False)
    assert (kept.rows, kept.num_printed) == ([[hand]], 1)
    assert choose_lines([[hand], [print_]], keep_print=True).num_printed == 0
    assert choose_lines([[print_]], keep_print=False).rows == [[print_]]  # a page of print alone
    printed = np.ones((325, 250), np.float32)
    printed[:75] = 0
    reader, _ = reader_of(drawn_lines(), printed=printed)
    reading = reader.read(to_colour(PAGE))
    assert (len(reading.lines), codes(reading)) == (2, ["print_left_out"])


class FakePrintFinder:
    """Takes the left half of each strip, and all of the second, for print."""

    def see(self, strips):
        seen = []
        for i, strip in enumerate(strips):
            num = -(-strip.shape[1] // CELL)
            printed = (np.arange(num) < num / 2) | (i == 1)
            ink = strip.shape[1] > 0 and np.abs(np.arange(num) - num / 2) > GAP
            seen.append(np.stack([~ink, ink & ~printed, ink & printed], axis=1).astype(float))
        return seen


def test_the_printed_part_of_a_line_is_left_out_and_the_rest_is_read_in_its_place():
    plain, _network = reader_of(drawn_lines())
    before = plain.read(to_colour(PAGE))
    reader = PageReader(plain.finder, plain.line_reader, print_finder=FakePrintFinder())
    reading = reader.read(to_colour(PAGE))
    assert codes(reading) == ["print_left_out"]
    assert len(reading.lines) == len(before.lines) - 1
    one, other = before.lines[0].box, reading.lines[0].box
    assert one[0] + 0.3 * (one[2] - one[0]) < other[0] < other[2] <= one[2] + 1
    assert all(one.place[0] > other[0] - HEIGHT for one in reading.lines[0].characters)
    reader.keep_print = True
    assert reader.read(to_colour(PAGE)) == before


def test_the_entries_of_a_form_are_read_row_by_row():
    shown = [(curve(left, left + 260, 226 + 60 * i), HEIGHT) for left in (60, 460) for i in range(4)]
    plain, _network = reader_of(shown, size=(800, 600))
    page = to_colour(Image.new("L", (800, 600), 235))
    found = plain.put_upright(page).found
    lines = found.lines
    strips = {id(one): SimpleNamespace(of=one) for one in lines}
    cut = Cut(Kept([[one] for one in lines], 1), [[strips[id(one)]] for one in lines])
    ordered = _ordered_again(cut, found)
    assert [len(row) for row in ordered.kept.rows] == [2] * 4
    assert [[strip.of for strip in row] for row in ordered.strips] == ordered.kept.rows
    assert [len(row) for row in found.rows] == [1] * 8  # without print, narrow columns


class FakeWayUpFinder:
    """Gives every line the same vote, and counts them."""

    def __init__(self, vote):
        self.vote = vote
        self.num_asked = 0

    def votes(self, strips):
        self.num_asked += len(strips)
        assert all(strip.shape[0] == 56 for strip in strips)
        return [self.vote] * len(strips)


def test_a_page_is_turned_if_its_lines_say_so():
    plain, _network = reader_of(drawn_lines())
    as_it_is = plain.put_upright(to_colour(PAGE))
    agrees, disagrees, doubts = FakeWayUpFinder(1.0), FakeWayUpFinder(-3.0), FakeWayUpFinder(-0.1)
    reader = PageReader(plain.finder, plain.line_reader, way_up_finder=agrees)
    assert reader.put_upright(to_colour(PAGE)).turn == as_it_is.turn
    assert 0 < agrees.num_asked <= NUM_ASKED
    reader.way_up_finder = doubts  # less sure than the finder
    assert reader.put_upright(to_colour(PAGE)).turn == as_it_is.turn
    reader.way_up_finder = disagrees
    turned = reader.put_upright(to_colour(PAGE))
    assert turned.turn.quarters == (as_it_is.turn.quarters + 2) % 4
    assert np.array_equal(turned.picture, as_it_is.picture[::-1, ::-1])
    assert len(turned.found.lines) == len(as_it_is.found.lines)


def test_lines_are_faint_beside_stronger_ones_only():
    assert are_faint(np.array([100.0, 90.0, 20.0]), [300, 300, 200]).tolist() == [False, False, True]
    assert are_faint(np.array([100.0, 90.0, 50.0]), [300, 300, 200]).tolist() == [False, False, False]
    assert not are_faint(np.array([20.0, 19.0]), [300, 300]).any()
    assert are_faint(np.array([]), []).shape == (0,)


@pytest.mark.parametrize(("sure", "num_read"), [(0.9, 3), (0.7, 4)])
def test_a_faint_line_is_left_out_if_its_mirror_image_is_read_more_surely(monkeypatch, sure, num_read):
    picture = np.full((260, 400, 3), 230, np.uint8)
    for i, strength in enumerate((180, 180, 180, 25)):
        for x in range(60, 300, 12):
            picture[50 + 50 * i : 66 + 50 * i, x : x + (6 if x < 180 else 2)] = 230 - strength
    reader, _ = reader_of([(curve(58, 302, 58 + 50 * i), HEIGHT) for i in range(4)], (400, 260))
    calls = []

    def read(_, strips):
        calls.append([strip.pixels for strip in strips])
        return [Line((Character("x", 0.8 if len(calls) == 1 else sure),)) for _ in strips]

    monkeypatch.setattr(page_reader, "read_strips", read)
    reading = reader.read(picture)
    (mirrored,) = calls[1]
    assert np.array_equal(mirrored[:, ::-1], calls[0][3])
    assert len(reading.lines) == num_read
    assert codes(reading) == (["show_through_left_out"] if num_read == 3 else [])


def test_lines_beside_each_other_are_one_line_with_a_space_between():
    cells = [Line((Character(text, 0.5, (x, 10.0)),), (x, 0, x + 9, 20)) for text, x in (("a", 0), ("b", 50))]
    row = joined(cells)
    assert (row.text, row.box) == ("a b", (0, 0, 59, 20))
    assert row.characters[1].place is None
    assert joined([Line(())]) == Line(())


def test_what_is_equally_wide_is_read_together_and_padding_is_cut_off_again():
    network = Network()
    images = [np.zeros((56, width), np.uint8) for width in (100, WIDTH_STEP + 1, 120, 2 * WIDTH_STEP)]
    cells = cells_of(network, images)
    assert [logits.shape[1] for logits in cells] == [25, 33, 30, 64]
    assert sorted(batch.shape for batch in network.shown) == [(2, 56, WIDTH_STEP), (2, 56, 2 * WIDTH_STEP)]


def test_small_text_is_looked_at_in_tiles_that_cover_the_picture():
    maps = draw_maps([(curve(20, 200, 50), SMALL_LINE / 2)], (100, 256), blur=0)
    assert num_tiles(maps, scale=0.25) == 2
    assert num_tiles(maps, scale=1.0) == 1
    assert num_tiles(draw_maps([(curve(20, 200, 50), 3 * SMALL_LINE)], (100, 256)), scale=0.25) == 1
    for length, num in ((2000, 2), (3071, 3), (1025, 2)):
        tiles = _tiles(length, num)
        covered = np.zeros(-(-length // 2), int)
        for tile in tiles:
            covered[tile.kept] += 1
            assert tile.own.stop - tile.own.start == tile.kept.stop - tile.kept.start
            assert tile.own.stop <= -(-(tile.stop - tile.start) // 2)
        assert (covered == 1).all()
