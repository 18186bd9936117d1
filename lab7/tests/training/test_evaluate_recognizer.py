"""Evaluating the recogniser on pictures of pages."""

import json

import numpy as np
import pytest

from tests.tiny_artifact import TINY, make_config, write_artifact
from text_recognizer.data.iam import IAM
from training import evaluate_recognizer
from training.evaluate_recognizer import Evaluation, evaluate, main, page_pictures

LINES = make_config((56, 1024))["data_config"]


@pytest.fixture(scope="module")
def artifact_dirname(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("artifact")
    write_artifact(dirname, make_config(model_flags=TINY))
    return dirname


def test_pictures_show_the_handwriting_dark_on_light_and_nothing_is_cut():
    pages = list(page_pictures(IAM(), "val"))
    assert [page.name for page in pages] == IAM().splits["val"]
    for page in pages:
        grey = np.asarray(page.picture)
        ink = grey < np.median(grey) - 60
        assert ink.any()
        assert not ink[[0, -1]].any()
        assert not ink[:, [0, -1]].any()
        assert page.text


def test_each_version_of_each_page_is_read_and_everything_written_down(artifact_dirname, tmp_path, capsys):
    output = tmp_path / "figures.json"
    args = Evaluation(degradations="clean,inverted", artifact_dirname=str(artifact_dirname), output=str(output))
    reports = evaluate(args)
    assert list(reports) == ["clean", "inverted"]
    written = json.loads(output.read_text())
    assert written["inverted"]["num_examples"] == len(IAM().splits["val"])
    assert written["clean"]["cer"]["value"] == pytest.approx(reports["clean"].total.cer.value)
    assert "non-commercial" in capsys.readouterr().out


def test_mistakes_are_one_line(artifact_dirname):
    with pytest.raises(SystemExit, match="'inside out' is not one of clean"):
        main(["--degradations=inside out"])
    with pytest.raises(SystemExit, match="there is no trained model"):
        main(["--artifact_dirname=nowhere"])
    with pytest.raises(SystemExit, match="mode 'quick': expected one of careful, fast"):
        main([f"--artifact_dirname={artifact_dirname}", "--mode=quick"])
    with pytest.raises(SystemExit, match=r"--lr=1: no such flag here\. Expected one of --help --split") as stop:
        main(["--lr=1"])
    assert "Trainer" not in str(stop.value)


def test_figures_that_are_there_are_replaced_only_if_one_says_so(artifact_dirname, tmp_path, monkeypatch):
    output, flags = tmp_path / "figures.json", [f"--artifact_dirname={artifact_dirname}", "--num_pages=1"]
    output.write_text("of last week")
    with pytest.raises(SystemExit, match=r"figures\.json is there already\. Add --overwrite .*figures-2\.json"):
        main([*flags, f"--output={output}"])
    assert output.read_text() == "of last week"
    main([*flags, f"--output={output}", "--overwrite"])
    assert "clean" in json.loads(output.read_text())
    monkeypatch.setattr(evaluate_recognizer, "LOG_DIRNAME", tmp_path / "logs")
    for _ in range(2):
        main(flags)
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == [
        "evaluate_recognizer-2.json",
        "evaluate_recognizer.json",
    ]


def test_pages_are_read_in_the_mode_that_was_asked_for(tmp_path, capsys):
    config = make_config(model_class="ParagraphResNetLSTM", model_flags={"stem_dim": 2, "lstm_dim": 4}, loss="ctc")
    write_artifact(tmp_path, config)
    write_artifact(tmp_path / "lines", config | {"model_class": "LineResNetLSTM", "data_config": LINES})
    for mode in ("careful", "fast"):
        output = tmp_path / f"{mode}.json"
        evaluate(Evaluation(artifact_dirname=str(tmp_path), output=str(output), mode=mode, num_pages=1))
        assert json.loads(output.read_text())["clean"]["mode"] == mode
        assert f"mode: {mode}\n" in capsys.readouterr().out
