"""Reading what a model sees together with what is likely in English."""

import json

import numpy as np
import pytest
import torch

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.recognizer.language_reader import LanguageReader
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.util import UserError
from text_recognizer.vocabulary import BLANK, CHARACTERS, MAPPING

LETTERS = (*MAPPING, "\n")
TEXT = "the cat sat on the mat and the hat sat on that cat " * 20


@pytest.fixture
def dirname(tmp_path):
    config = make_config(
        shape=(96, 320), model_class="ParagraphResNetLSTM", model_flags={"stem_dim": 2, "lstm_dim": 4}, loss="ctc"
    )
    write_artifact(tmp_path, config)
    NGrams.count([TEXT], CHARACTERS, order=4).save(tmp_path / "ngrams.npz")
    return tmp_path


def cells_of(text, unsure, shape=(3, 12)):
    """Return the logits of a map whose middle row shows a text; where it is unsure, another letter is as likely."""
    logits = np.zeros((*shape, len(LETTERS)), dtype=np.float32)
    logits[..., BLANK] = 9
    for column, letter in enumerate(text):
        logits[1, column] = 0
        logits[1, column, LETTERS.index(letter)] = 9
        if column in unsure:
            logits[1, column, LETTERS.index(unsure[column])] = 9.2
    return logits


def read(reader, cells):
    return "".join(LETTERS[token.token] for token in reader.tokens_of_cells(cells))


def test_what_is_likely_in_english_decides_where_the_eye_cannot(dirname):
    reader = LanguageReader(dirname, json.loads((dirname / "config.json").read_text()))
    assert read(reader, cells_of("the cat sat", {})) == "the cat sat"
    assert read(reader, cells_of("the cat sat", {2: "c", 5: "e"})) == "the cat sat"


def test_each_character_has_its_cell_and_its_likelihood(dirname):
    reader = LanguageReader(dirname, json.loads((dirname / "config.json").read_text()))
    tokens = reader.tokens_of_cells(cells_of("the cat", {2: "c"}))
    assert [token.cell for token in tokens] == [(1, column) for column in range(7)]
    assert tokens[2].confidence == pytest.approx(1 / (1 + np.exp(0.2)), abs=0.05)
    assert tokens[0].confidence > 0.98


def test_the_weight_is_the_artifacts(dirname):
    config = json.loads((dirname / "config.json").read_text())
    cells = cells_of("thc cat", {})
    assert read(LanguageReader(dirname, config | {"language_model": {"weight": 0.0, "bonus": 0.0}}), cells) == "thc cat"
    assert read(LanguageReader(dirname, config | {"language_model": {"weight": 9.0, "bonus": 0.0}}), cells) != "thc cat"


def test_an_artifact_with_a_language_model_is_read_with_it_unless_told_otherwise(dirname):
    recognizer = ParagraphTextRecognizer(dirname)
    assert (recognizer.modes, recognizer.default_mode) == (("careful", "fast"), "careful")
    page = draw_page(["the cat", "sat on"], (400, 300), 60, (30, 40))
    for mode in ("careful", "fast"):
        reading = recognizer.predict(page, mode, return_details=True)
        assert reading.mode == mode
        assert all(one.place for line in reading.lines for one in line.characters)
    (dirname / "ngrams.npz").unlink()
    with pytest.raises(UserError, match="has one mode only"):
        ParagraphTextRecognizer(dirname).predict(page, "careful")


def test_a_broken_language_model_is_said_at_once(dirname):
    (dirname / "ngrams.npz").write_bytes(b"half a fi")
    with pytest.raises(UserError, match="not a language model"):
        ParagraphTextRecognizer(dirname)


def test_reading_with_the_language_sees_the_same_cells_as_the_fast_way(dirname):
    torch.manual_seed(1)
    recognizer = ParagraphTextRecognizer(dirname)
    seen = []
    recognizer.language.tokens_of_cells = lambda cells: seen.append(cells) or []
    page = draw_page(["the cat"], (400, 200), 60, (30, 40))
    assert recognizer.predict(page) == ""
    assert seen[0].shape[2] == len(LETTERS)
