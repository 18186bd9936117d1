"""Fitting: it learns what it sees, measures on what it does not, and writes nothing that is no better."""

import json

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.corrections.keep import Correction, keep
from text_recognizer.fitting import command
from text_recognizer.fitting.examples import Example
from text_recognizer.fitting.fit import FitSettings, LineModel, count_errors, edit_distance, train
from text_recognizer.paragraph_text_recognizer import main
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.result import Character, Line, Reading
from text_recognizer.vocabulary import MAPPING


@pytest.fixture
def artifact_dirname(tmp_path):
    sizes = {"stem_dim": 2, "lstm_dim": 8}
    page = make_config(model_class="ParagraphResNetLSTM", model_flags=sizes, loss="ctc")
    write_artifact(tmp_path / "artifact", page)
    lines = make_config((56, 1024), mapping=MAPPING, model_class="LineResNetLSTM", model_flags=sizes, loss="ctc")
    write_artifact(tmp_path / "artifact" / "lines", lines)
    return tmp_path / "artifact"


@pytest.fixture
def corrections(tmp_path):
    """Keep a page of eight lines."""
    lines = [
        Line((Character("x", 0.5),), outline=((100, y), (700, y), (700, y + 60), (100, y + 60)))
        for y in range(190, 190 + 8 * 60, 60)
    ]
    texts = [f"line {i} of it" for i in range(8)]
    picture = draw_page(lines=texts, size=(900, 800))
    keep(Correction(picture, Reading(tuple(lines), "fast"), texts, "page.png"), tmp_path / "corrections")
    return tmp_path / "corrections"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3), ("abc", "abc", 0), ("ab", "ba", 2)],
)
def test_edits_are_counted(one, other, expected):
    assert edit_distance(one, other) == expected


def line_picture(text):
    image = Image.new("L", (300, 56), 0)
    ImageDraw.Draw(image).text((28, 8), text, fill=255, font=ImageFont.load_default(32))
    return np.asarray(image)


@pytest.mark.slow
def test_it_learns_what_it_sees(artifact_dirname):
    model = LineModel(artifact_dirname / "lines")
    examples = [Example(line_picture(text), text, artifact_dirname) for text in ("abba", "cab")]
    losses = [float(model.loss([one.pixels for one in examples], [one.text for one in examples]).detach())]
    statistics = {name: value.clone() for name, value in model.model.state_dict().items() if "running" in name}
    assert train(model, examples, FitSettings(epochs=30, lr=0.02, batch_size=2, minutes=600)) == 30
    losses.append(float(model.loss([one.pixels for one in examples], [one.text for one in examples]).detach()))
    assert losses[1] < losses[0] / 2
    assert all(torch.equal(model.model.state_dict()[name], value) for name, value in statistics.items())
    assert not any(parameter.requires_grad for parameter in model.model.parameters())


def test_it_stops_when_time_is_over(artifact_dirname):
    model = LineModel(artifact_dirname / "lines")
    assert train(model, [Example(line_picture("ab"), "ab", artifact_dirname)], FitSettings(minutes=0)) == 1


def test_lines_are_read_as_the_recogniser_reads_them():
    dirname = ARTIFACTS_DIRNAME / "paragraph_text_recognizer"
    model, recognizer = LineModel(dirname / "lines"), ParagraphTextRecognizer(dirname)
    strip = line_picture("hello")
    padded = np.pad(strip, ((0, 0), (0, -strip.shape[1] % 4)))
    cells = recognizer.line_reader.reader.read_cells(padded)
    tokens = recognizer.line_reader.tokens_of_cells(cells)
    expected = model.tokenizer.decode([one.token for one in tokens])
    assert model.read(strip) == expected
    assert count_errors(model, [Example(strip, expected, dirname)]) == (0, len(expected))


@pytest.fixture
def measured(monkeypatch):
    """Return a function that says how many errors there are before and after."""

    def say(*errors):
        results = iter([(one, 100) for one in errors])
        monkeypatch.setattr(command, "count_errors", lambda model, examples: next(results))

    return say


def test_a_better_model_is_written_and_the_old_one_stays(artifact_dirname, corrections, measured, tmp_path, capsys):
    measured(9, 4)
    (artifact_dirname / "lines" / "model.onnx").write_bytes(b"the old weights")
    before = {path: path.read_bytes() for path in artifact_dirname.rglob("*") if path.is_file()}
    argv = [
        "fit",
        str(corrections),
        f"--output={tmp_path / 'hand'}",
        f"--artifact_dirname={artifact_dirname}",
        "--epochs=1",
    ]
    assert main(argv) == 0
    assert "6 lines to train on, 2 held out" in (told := capsys.readouterr().err)
    assert "errors in 100 held-out characters: 9 before, 4 after 1 epochs" in told
    assert {path: path.read_bytes() for path in artifact_dirname.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "hand" / "lines" / "model.onnx").exists()
    assert json.loads((tmp_path / "hand" / "lines" / "config.json").read_text())["fitted"]["after"] == 4
    weights = [torch.load(path / "lines" / "model.pt") for path in (artifact_dirname, tmp_path / "hand")]
    assert any(not torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert ParagraphTextRecognizer(tmp_path / "hand").predict(draw_page()) is not None


@pytest.mark.parametrize("after", [9, 12])
def test_a_model_that_is_no_better_is_not_written(after, artifact_dirname, corrections, measured, tmp_path, capsys):
    measured(9, after)
    argv = [
        "fit",
        str(corrections),
        f"--output={tmp_path / 'hand'}",
        f"--artifact_dirname={artifact_dirname}",
        "--epochs=1",
    ]
    assert main(argv) == 1
    assert "it did not improve" in capsys.readouterr().err
    assert not (tmp_path / "hand").exists()


def test_mistakes_are_told_in_a_line(artifact_dirname, corrections, tmp_path, capsys):
    def told(*argv):
        assert main(["fit", *map(str, argv)]) == 2
        return capsys.readouterr().err

    one, other = f"--output={tmp_path / 'new'}", f"--artifact_dirname={artifact_dirname}"
    assert "nothing is overwritten" in told(corrections, f"--output={tmp_path}", other)
    assert "has no line model" in told(corrections, one, f"--artifact_dirname={artifact_dirname / 'lines'}")
    assert "Expected a folder of corrections" in told(tmp_path / "none", one, other)
    rows = (corrections / "corrections.jsonl").read_text().replace("line 3", "\\u4e00").replace("line 4", "\\u4e00")
    (corrections / "corrections.jsonl").write_text(rows.replace("line 5", "\\u4e00"))
    errors = told(corrections, one, other)
    assert "3 lines left out: some of their characters are not in the model" in errors
    assert "5 lines. Expected 6 or more" in errors
