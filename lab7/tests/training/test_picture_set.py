"""A folder of pictures with their texts is read and counted."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.tiny_artifact import LINES, draw_page
from text_recognizer.evaluation.line_matching import LineCounts
from text_recognizer.recognizer.result import Character, Line, Reading
from text_recognizer.util import UserError
from training.runs.picture_set import find_pictures, parts_of, read_lines, read_pictures, show_pictures

PITCH, LEFT, TOP, STEP = 60, 150, 200, 18


def line_of(text, y):
    return Line(tuple(Character(letter, 0.9, (LEFT + STEP * i, y)) for i, letter in enumerate(text)))


class Parrot:
    """Reads the drawn page's lines, all but the last, and a line that is not there."""

    def predict(self, page, mode, return_details):
        lines = [line_of(text, TOP + PITCH * i + 30) for i, text in enumerate(LINES[:-1])]
        return Reading((*lines, line_of("invented", 1200)), "careful")


@pytest.fixture
def dirname(tmp_path):
    (tmp_path / "desk").mkdir()
    draw_page().save(tmp_path / "desk" / "page.png")
    (tmp_path / "desk" / "page.txt").write_text("\n".join(LINES) + "\n")
    lines = [
        {
            "text": text,
            "polyline": [(LEFT, TOP + PITCH * i + 30), (LEFT + STEP * len(text), TOP + PITCH * i + 30)],
            "height": 40,
            "printed": False,
        }
        for i, text in enumerate(LINES)
    ]
    (tmp_path / "desk" / "page.lines.json").write_text(json.dumps({"lines": lines}))
    draw_page().save(tmp_path / "without_text.png")
    return tmp_path


def test_pictures_with_texts_are_read_and_their_lines_counted(dirname):
    (picture,) = read_pictures(Parrot(), dirname, None, dirname / "drawn")
    assert picture.name == "desk/page"
    assert picture.counts == LineCounts(num=4, found=3, missed=1, read=4, invented=1)
    assert 0 < picture.cer < 0.4
    assert (dirname / "drawn" / "desk_page.png").is_file()
    shown = show_pictures([picture])
    assert "4 lines by hand: found 75.0%, missed 1, of 4 that were read invented 25.0%" in shown
    assert "confidence of characters: expected calibration error" in shown


def test_a_line_break_may_be_as_good_as_a_space(dirname):
    (picture,) = read_pictures(Parrot(), dirname, None)
    joined = type(picture)("page", "one\ntwo", (Reading((line_of("one two", 0),), "careful"),), None, 0.0)
    assert joined.cer == pytest.approx(1 / 7)
    assert joined.cer_in_one_line == 0
    assert joined.counts is None


def test_every_page_of_a_tiff_belongs_to_its_text(tmp_path):
    page = draw_page()
    page.save(tmp_path / "two.tif", save_all=True, append_images=[page])
    (tmp_path / "two.txt").write_text("text")
    (picture,) = read_pictures(Parrot(), tmp_path, None)
    assert len(picture.readings) == 2


def test_cells_of_a_row_are_counted_one_by_one():
    cells = (*line_of("left", 0).characters, Character(" ", 1.0), *line_of("right", 0).characters)
    assert [part.text for part in parts_of(Line(cells))] == ["left", "right"]


def test_a_folder_without_texts_and_a_broken_description_are_mistakes(tmp_path):
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "page.png")
    with pytest.raises(UserError, match="no picture with a text"):
        find_pictures(tmp_path)
    (tmp_path / "page.lines.json").write_text('{"lines": [{}]}')
    with pytest.raises(UserError, match=r"page\.lines\.json: KeyError"):
        read_lines(tmp_path / "page.png")
