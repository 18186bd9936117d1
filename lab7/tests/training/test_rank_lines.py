"""Ranking recorded lines by a model's error: what goes, and why."""

import csv
import re

import numpy as np
import pytest

from text_recognizer.data.iam_ondb import OnlineLine
from text_recognizer.data.iam_ondb_lines import read_left_out
from text_recognizer.handwriting.traces import Trace
from text_recognizer.vocabulary import MAPPING, Tokenizer
from training import rank_lines
from training.rank_lines import LOST, OTHER, SHORT, Ranked, Ranking, fault_of, main, read_line

TRACE = Trace((np.array([(0, 0), (40, 40), (80, 0)], np.float32),), 40.0)


def ranked(label, reading):
    return Ranked(OnlineLine("a01-000u-01", label, TRACE), label, reading)


class Reads:
    """A reader that finds the same text in whatever it sees."""

    pixels_per_cell = (56, 4)
    tokenizer = Tokenizer(MAPPING)

    def __init__(self, text):
        self.labels = self.tokenizer.labels_of(text)

    def read_cells(self, pixels):
        assert pixels.shape[0] == 56
        assert pixels.shape[1] % 4 == 0
        cells = np.zeros((1, 4 * len(self.labels), len(MAPPING)))
        for i, label in enumerate(self.labels):
            cells[0, 4 * i : 4 * i + 2, label] = 9
            cells[0, 4 * i + 2 : 4 * i + 4, self.tokenizer.blank] = 9
        return cells


@pytest.fixture
def reads(monkeypatch):
    """Let all lines be read as the words that most of the small set has."""
    monkeypatch.setattr(rank_lines, "load_reader", lambda dirname: Reads("A row of words"))


@pytest.mark.parametrize(
    ("label", "reading", "reason"),
    [
        ("as it was written", "as it wes writlen", ""),
        ("as it was written", "as it", LOST),
        ("as it was written", "quite another label", OTHER),
        ("no", "xx", SHORT),
        ("no", "n0", ""),
    ],
)
def test_a_line_goes_for_a_reason(label, reading, reason):
    assert fault_of(ranked(label, reading), Ranking()) == reason


def test_repeated_characters_are_read_where_a_blank_parts_them():
    assert read_line(Reads("all too well"), np.zeros((56, 33), np.uint8)) == "all too well"


@pytest.mark.usefixtures("reads")
def test_the_list_is_what_the_data_read(tmp_path, capsys):
    filename = tmp_path / "left_out.csv"
    main([f"--output={filename}", f"--picture={tmp_path / 'worst.png'}", "--num_shown=3"])
    with filename.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["id"]: row["reason"] for row in rows} == read_left_out(filename)
    assert all(row["label"] != "A row of words" for row in rows)
    assert [float(row["error"]) for row in rows] == sorted((float(row["error"]) for row in rows), reverse=True)
    said = capsys.readouterr().out
    assert re.search(rf"left out: {len(rows)} ", said)
    assert (tmp_path / "worst.png").stat().st_size > 0


@pytest.mark.usefixtures("reads")
def test_some_lines_are_ranked_without_a_list_and_a_list_is_not_replaced(tmp_path, capsys):
    filename = tmp_path / "left_out.csv"
    main([f"--output={filename}", "--num_lines=5"])
    assert not filename.exists()
    filename.write_text("mine")
    with pytest.raises(SystemExit, match="is there already"):
        main([f"--output={filename}"])
    assert filename.read_text() == "mine"


@pytest.mark.parametrize("flag", ["--most_errors=0", "--most_missing=2", "--num_lines=0"])
def test_settings_that_make_no_sense_are_a_message(flag):
    with pytest.raises(SystemExit, match=rf"error: {flag.split('=')[0]}"):
        main([flag])
