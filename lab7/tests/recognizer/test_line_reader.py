"""A model of lines looks closer at the lines that a model of pages has found."""

import numpy as np
import pytest

from tests.tiny_artifact import LINES, TINY, draw_page, make_config, write_artifact
from text_recognizer.page.layout import find_page
from text_recognizer.page.line_strips import STRIP_MARGIN, cut_strips
from text_recognizer.recognizer.artifact_files import LINES_DIRNAME
from text_recognizer.recognizer.line_reader import LineReader
from text_recognizer.recognizer.reader import Reader
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.result import Character, Line
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING, Tokenizer

SIZES = {"stem_dim": 2, "lstm_dim": 4}
CTC = {"loss": "ctc", "model_flags": SIZES}
LINE_CONFIG = make_config((56, 1024), mapping=MAPPING, model_class="LineResNetLSTM", **CTC)
PLACES = [[(x, 220.0 + 60 * i) for x in range(150, 450, 40)] for i in range(len(LINES))]


class Shows(Reader):
    """Sees the same cells on every strip, or blank ones; keeps the strips."""

    config, tokenizer = LINE_CONFIG, Tokenizer(MAPPING)
    modes, merges_cells, pixels_per_cell = ("fast",), True, (56, 4)

    def __init__(self, cells=None):
        self.cells = cells
        self.seen = []

    def read_cells(self, pixels):
        self.seen.append(pixels)
        return np.zeros((1, pixels.shape[1] // 4, len(MAPPING))) if self.cells is None else self.cells


def of_many_minds(dirname, config):
    """Write an artifact whose model reads different characters in different places."""
    weights = write_artifact(dirname, config).state_dict()
    weights["classifier.weight"] *= 100
    write_artifact(dirname, config, weights)


@pytest.fixture(scope="module")
def artifact_dirname(tmp_path_factory):
    """Write a model of pages with one of lines in it."""
    dirname = tmp_path_factory.mktemp("artifacts") / "paragraph_text_recognizer"
    of_many_minds(dirname, make_config(model_class="ParagraphResNetLSTM", **CTC))
    of_many_minds(dirname / LINES_DIRNAME, LINE_CONFIG)
    return dirname


@pytest.fixture(scope="module")
def recognizer(artifact_dirname):
    recognizer = ParagraphTextRecognizer(artifact_dirname)
    recognizer.page_reader = None  # lines are found by the page model, even where a line finder is shipped
    return recognizer


@pytest.fixture
def strips():
    return cut_strips(find_page(draw_page()), PLACES, 60)


def test_a_strip_is_read_with_places_on_the_picture(artifact_dirname, strips):
    reader = LineReader(artifact_dirname / LINES_DIRNAME)
    logits = np.zeros((1, -(-strips[1].pixels.shape[1] // 4), len(MAPPING)))
    for column, letter in ((10, "o"), (60, "k")):
        logits[0, column, MAPPING.index(letter)] = 9
    reader.reader = Shows(logits)
    line = reader.read(strips[1])
    assert line.box == strips[1].box
    assert line.text == "ok"
    left, top, right, bottom = line.box
    first, second = (one.place for one in line.characters)
    assert second[0] - first[0] == pytest.approx(50 * 4 * strips[1].step)
    assert first[0] == pytest.approx(left + (10.5 * 4 - STRIP_MARGIN) * strips[1].step, abs=1)
    assert second[0] < right
    assert top < first[1] < bottom


def test_no_column_of_a_strip_is_lost(artifact_dirname, strips):
    reader = LineReader(artifact_dirname / LINES_DIRNAME)
    reader.reader = Shows()
    for strip in strips:
        reader.read(strip)
        assert reader.reader.seen[-1].shape[1] % 4 == 0
        assert np.array_equal(reader.reader.seen[-1][:, : strip.pixels.shape[1]], strip.pixels)


def test_careful_reading_looks_at_each_line_that_fast_reading_found(recognizer, monkeypatch):
    assert recognizer.modes == ("careful", "fast")
    assert recognizer.default_mode == "careful"
    found = [[Character(one, 0.5, (x, y)) for one, (x, y) in zip("abcdefgh", row, strict=True)] for row in PLACES]
    characters = [one for row in found for one in [*row, Character("\n", 0.5)]]
    monkeypatch.setattr(recognizer, "_characters_in", lambda *args: characters)
    strips = []

    def read(strip):
        strips.append(strip)
        return Line((Character("x", 0.9, (0.0, 0.0)),), strip.box)

    monkeypatch.setattr(recognizer.line_reader, "read", read)
    reading = recognizer.predict(draw_page(), return_details=True)
    assert (reading.text, reading.mode) == ("x\nx\nx\nx", "careful")
    assert [line.box for line in reading.lines] == [strip.box for strip in strips]
    assert recognizer.predict(draw_page(), "fast") == "\n".join(["abcdefgh"] * 4)


def test_what_was_found_counts_where_the_closer_look_reads_nothing(recognizer, monkeypatch):
    fast = recognizer.predict(draw_page(), "fast")
    monkeypatch.setattr(recognizer.line_reader, "read", lambda strip: Line((), strip.box))
    assert recognizer.predict(draw_page(), "careful") == fast


def test_a_model_that_cannot_read_strips_is_one_line(tmp_path):
    write_artifact(tmp_path / "a", make_config((56, 256), mapping=MAPPING, model_flags=TINY))
    with pytest.raises(UserError, match="a LineCNNTransformer for lines 56 pixels high cannot read strips of lines"):
        LineReader(tmp_path / "a")
    write_artifact(tmp_path / "b", make_config((28, 999), mapping=MAPPING, model_class="LineResNetLSTM", **CTC))
    with pytest.raises(UserError, match=r"for lines 28 pixels high .* Expected .* for 56 pixels"):
        LineReader(tmp_path / "b")
    with pytest.raises(UserError, match="there is no trained model"):
        LineReader(tmp_path / "c")
