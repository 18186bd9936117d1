"""Corrections are added to a folder, in a format that other tools import, and never written over."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.drawn_readings import SIZE, line_of
from text_recognizer.corrections.keep import Correction, keep
from text_recognizer.data.labelling.importer import Import, import_export
from text_recognizer.recognizer.result import Character, Line, Reading
from text_recognizer.util import UserError

PICTURE = Image.new("L", SIZE, 200)


def correction(*texts, lines=None, **about):
    lines = lines or [line_of("one"), line_of("two", top=120)]
    return Correction(PICTURE, Reading(tuple(lines), "fast"), texts, "letter.png", **about)


def rows(dirname):
    return [json.loads(row) for row in (dirname / "corrections.jsonl").read_text().splitlines()]


def test_a_page_is_kept_with_places_and_what_was_typed(tmp_path):
    filename = keep(correction("won", "two", writer="anna", model="a_model"), tmp_path)
    (row,) = rows(tmp_path)
    assert (tmp_path / row["content"]) == filename
    assert Image.open(filename).size == SIZE
    assert [one["notes"] for one in row["annotation"]] == ["won", "two"]
    assert [one["read_as"] for one in row["annotation"]] == ["one", "two"]
    points = np.array(row["annotation"][0]["points"]) * SIZE
    assert points == pytest.approx(np.array([[40, 50], [70, 50], [70, 80], [40, 80]]), abs=1e-3)
    assert (row["annotation"][0]["imageWidth"], row["annotation"][0]["imageHeight"]) == SIZE
    assert (row["writer"], row["model"], row["source"]) == ("anna", "a_model", "letter.png")


def test_nothing_is_written_over(tmp_path):
    first = keep(correction("a", "b"), tmp_path)
    content = first.read_bytes()
    (tmp_path / "images" / "0002.jpg").write_bytes(b"somebody's")
    assert keep(correction("c", "d"), tmp_path).name == "0003.jpg"
    assert (first.read_bytes(), (tmp_path / "images" / "0002.jpg").read_bytes()) == (content, b"somebody's")
    assert [row["content"] for row in rows(tmp_path)] == ["images/0001.jpg", "images/0003.jpg"]


def test_lines_without_text_or_place_are_left_out(tmp_path):
    lines = [line_of("one"), Line((Character("x", 1.0),)), line_of("two")]
    keep(correction(" ", "x", "two", lines=lines), tmp_path)
    assert [one["notes"] for one in rows(tmp_path)[0]["annotation"]] == ["two"]


def test_nothing_at_all_is_not_kept(tmp_path):
    with pytest.raises(UserError, match="there is no line to store"):
        keep(correction("", ""), tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_lab_6_imports_what_was_kept(tmp_path):
    keep(correction("won", "two", writer="anna"), tmp_path / "kept")
    keep(correction("three", "four", lines=[line_of("thee", slope=0.1), line_of("four", top=150)]), tmp_path / "kept")
    manifest = import_export(Import(tmp_path / "kept" / "corrections.jsonl"), tmp_path / "v1")
    assert manifest.counts["lines"] == 4
    stored = [json.loads(row) for row in (tmp_path / "v1" / "lines.jsonl").read_text().splitlines()]
    assert [row["text"] for row in stored] == ["won", "two", "three", "four"]
    assert len({row["page"] for row in stored}) == 2
