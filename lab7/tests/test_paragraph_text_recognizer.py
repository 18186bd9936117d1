"""The recogniser as people use it: in Python, as a script, and with nothing of what trained it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tiny_artifact import TINY, draw_page, make_config, write_artifact
from text_recognizer.data.vocabulary import MAPPING
from text_recognizer.page_image import page_to_canvas
from text_recognizer.paragraph_text_recognizer import ParagraphTextRecognizer, main
from text_recognizer.util import UserError

LAB_DIRNAME = Path(__file__).resolve().parents[1]
SCRIPT = LAB_DIRNAME / "text_recognizer" / "paragraph_text_recognizer.py"
TRAINING_ONLY = ["pytorch_lightning", "torchmetrics", "wandb", "jsonargparse", "h5py", "nltk", "boltons", "rich"]
TRAINING_ONLY += ["yaml", "scipy", "sklearn", "rapidfuzz", "text_recognizer.data", "text_recognizer.lit_models"]
TRAINING_ONLY += ["training"]


@pytest.fixture(scope="module")
def artifact_dirname(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("artifacts") / "paragraph_text_recognizer"
    write_artifact(dirname)
    return dirname


@pytest.fixture(scope="module")
def recognizer(artifact_dirname):
    return ParagraphTextRecognizer(artifact_dirname)


class Parrot(torch.nn.Module):
    """Reads the same tokens on every image, and keeps the image."""

    def __init__(self, text):
        super().__init__()
        self.tokens = torch.tensor([[MAPPING.index(token) for token in text]])

    def predict(self, x):
        self.x = x
        return self.tokens


def test_what_the_model_writes_is_the_text_without_special_tokens(recognizer, monkeypatch):
    parrot = Parrot(["<S>", "H", "i", " ", "!", "<E>", "<P>", "<P>"])
    monkeypatch.setattr(recognizer, "model", parrot)
    page = draw_page()
    assert recognizer.predict(page) == "Hi !"
    assert (parrot.x.shape, parrot.x.dtype) == ((1, 1, 576, 640), torch.float32)
    assert np.array_equal(parrot.x[0, 0].numpy(), page_to_canvas(page, (576, 640)).astype(np.float32) / 255)


def test_an_empty_page_is_not_shown_to_the_model(recognizer, monkeypatch):
    monkeypatch.setattr(recognizer, "model", None)
    assert recognizer.predict(Image.new("L", (800, 1000), 230)) == ""


def test_all_ways_to_name_an_image_give_the_same_text(recognizer, tmp_path):
    draw_page().save(tmp_path / "page.png")
    with (tmp_path / "page.png").open("rb") as file:
        texts = [recognizer.predict(it) for it in (tmp_path / "page.png", str(tmp_path / "page.png"), file)]
    assert {*texts} == {recognizer.predict(draw_page())}
    assert texts[0] != ""


@pytest.mark.parametrize(("loss", "expected"), [("ctc", "ab"), ("cross_entropy", "aabb")])
def test_models_of_lines_without_a_decoder_are_read_as_they_were_trained(loss, expected, tmp_path):
    shape = (56, 256)
    config = make_config(shape, mapping=MAPPING, loss=loss, model_class="LineCNN")
    config["model_flags"] = {"conv_dim": 2, "fc_dim": 4}
    write_artifact(tmp_path, config)
    recognizer = ParagraphTextRecognizer(tmp_path)
    path = torch.tensor([[0, 0, MAPPING.index("a"), MAPPING.index("a"), 0, MAPPING.index("b"), MAPPING.index("b")]])
    logits = torch.nn.functional.one_hot(path, len(MAPPING)).mT
    recognizer.model.forward = lambda x: logits
    assert recognizer.predict(draw_page(["a line"], (600, 200), corner=(50, 50))) == expected


def test_a_real_model_of_lines_reads(tmp_path):
    write_artifact(tmp_path, make_config((56, 256), mapping=MAPPING, model_flags=TINY))
    assert isinstance(ParagraphTextRecognizer(tmp_path).predict(draw_page(["a line"], (600, 200))), str)


def test_the_artifact_of_the_package_is_the_default(monkeypatch, artifact_dirname, tmp_path):
    from text_recognizer import paragraph_text_recognizer as module

    monkeypatch.setattr(module, "ARTIFACTS_DIRNAME", artifact_dirname.parent)
    assert ParagraphTextRecognizer().shape == [576, 640]
    monkeypatch.setattr(module, "ARTIFACTS_DIRNAME", tmp_path)
    with pytest.raises(UserError, match="paragraph_text_recognizer: there is no trained model"):
        ParagraphTextRecognizer()


def run(code_or_script, *argv, cwd="/", **environment):
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, *code_or_script, *map(str, argv)]
    return subprocess.run(command, cwd=cwd, env=clean | environment, capture_output=True, text=True, timeout=300)


def test_reading_imports_nothing_of_what_trains(artifact_dirname, tmp_path):
    draw_page().save(tmp_path / "page.png")
    code = "import sys; from text_recognizer.paragraph_text_recognizer import main; main(sys.argv[1:]); "
    code += f"print([name for name in {TRAINING_ONLY} if name in sys.modules])"
    argv = [tmp_path / "page.png", f"--artifact_dirname={artifact_dirname}"]
    result = run(["-c", code], *argv, PYTHONPATH=str(LAB_DIRNAME))
    assert result.stdout.splitlines()[-1] == "[]", result.stderr


def test_the_script_uses_this_lab_even_where_another_package_is_installed(artifact_dirname, tmp_path):
    (tmp_path / "text_recognizer").mkdir()
    (tmp_path / "text_recognizer" / "__init__.py").write_text("raise SystemExit('the wrong package')")
    draw_page().save(tmp_path / "page.png")
    argv = [f"--artifact_dirname={artifact_dirname}", "page.png", "missing.png", "page.png"]
    result = run([SCRIPT], *argv, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert result.stdout.count("== page.png\n") == 2  # the others are read although one is missing
    assert result.stderr == "error: missing.png: cannot be read (No such file or directory)\n"
    assert result.returncode == 1


def test_the_command_prints_the_text_of_one_image_and_nothing_else(artifact_dirname, recognizer, tmp_path, capsys):
    draw_page().save(tmp_path / "page.png")
    assert main([str(tmp_path / "page.png"), f"--artifact_dirname={artifact_dirname}"]) == 0
    assert capsys.readouterr().out == recognizer.predict(draw_page()) + "\n"


def test_the_command_without_a_model_says_how_to_make_one(tmp_path, capsys):
    assert main(["page.png", f"--artifact_dirname={tmp_path / 'none'}"]) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'none'}: there is no trained model. In lab7, train")
