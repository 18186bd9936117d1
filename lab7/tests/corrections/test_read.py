"""Corrections come back as they were kept."""

import pytest

from tests.corrections.test_keep import correction
from tests.drawn_readings import SIZE
from text_recognizer.corrections.keep import keep
from text_recognizer.corrections.read import read_corrections
from text_recognizer.util import UserError


def test_lines_come_back_with_their_places(tmp_path):
    filename = keep(correction("won", "two"), tmp_path)
    one, two = read_corrections(tmp_path)
    assert (one.picture, one.text, two.text) == (filename, "won", "two")
    assert next((x * SIZE[0], y * SIZE[1]) for x, y in one.frame) == pytest.approx((40, 50), abs=1e-3)


@pytest.mark.parametrize(
    "row",
    [
        "{",
        "[]",
        "[" * 100_000,
        '{"content": "a.jpg"}',
        '{"content": 3, "annotation": []}',
        '{"content": "a", "annotation": [{"points": [[0, 0]], "notes": ""}]}',
        '{"content": "a", "annotation": [{"points": [[0, 1' + "0" * 400 + ']], "notes": ""}]}',
    ],
)
def test_a_row_that_is_something_else_is_named(row, tmp_path):
    (tmp_path / "corrections.jsonl").write_text(row + "\n")
    with pytest.raises(UserError, match=r"corrections.jsonl, row 1: not a corrected page"):
        read_corrections(tmp_path)


def test_a_file_that_is_no_utf_8_is_named(tmp_path):
    (tmp_path / "corrections.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"corrections.jsonl: not a text in UTF-8"):
        read_corrections(tmp_path)


def test_without_corrections_it_says_what_was_expected(tmp_path):
    with pytest.raises(UserError, match="Expected a folder of corrections"):
        read_corrections(tmp_path)
