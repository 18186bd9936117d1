"""The recogniser as people use it: in Python, as a script, and with nothing of what trained it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from tests.tiny_artifact import LETTERS, LINES, TINY, draw_page, make_config, write_artifact
from text_recognizer.page.layout import page_to_canvas
from text_recognizer.recognizer.artifact_files import find_artifact
from text_recognizer.recognizer.first_pass import FirstPass, better_orientation
from text_recognizer.recognizer.reader import Decoded, Reader, default_mode
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.result import Character, Reading
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING, Tokenizer

LAB_DIRNAME = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore:the model stops")  # random weights hardly ever find an end
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


class Parrot(Reader):
    """Writes the same tokens on every image, and keeps the image."""

    modes, pixels_per_cell, merges_cells = ("careful",), None, True
    config, tokenizer = make_config(), Tokenizer(LETTERS)

    def __init__(self, text):
        self.tokens = self.tokenizer.encode(text, len(text) + 2, with_start_end_tokens=True)

    def decode(self, pixels, with_details=False):
        self.pixels = pixels
        return Decoded(self.tokens, [0.5] * (len(self.tokens) - 1) if with_details else [])


@pytest.fixture
def parrot(recognizer, monkeypatch):
    """Let a parrot read."""
    monkeypatch.setattr(recognizer, "reader", Parrot("Hi\n!"))
    return recognizer.reader


def test_what_the_model_writes_is_the_text_without_special_tokens(recognizer, parrot):
    page = draw_page()
    assert recognizer.predict(page) == "Hi\n!"
    assert np.array_equal(parrot.pixels, page_to_canvas(page, (576, 640)).pixels)


def test_details_of_what_is_written(recognizer, parrot):
    reading = recognizer.predict(draw_page(), return_details=True)
    assert (reading.text, reading.confidence, reading.mode) == ("Hi\n!", 0.5, "careful")
    assert not reading.hit_length_limit
    assert [(line.text, line.confidence, line.box) for line in reading.lines] == [("Hi", 0.5, None), ("!", 0.5, None)]


def test_a_text_that_hits_the_length_limit_is_reported(recognizer, parrot):
    parrot.tokens.pop()  # the end token
    with pytest.warns(UserWarning, match="stops after 4 characters"):
        assert recognizer.predict(draw_page()) == "Hi\n!"
    assert recognizer.predict(draw_page(), return_details=True).hit_length_limit


def test_an_empty_page_is_not_shown_to_the_model(recognizer, monkeypatch):
    monkeypatch.setattr(recognizer, "reader", None)
    page = Image.new("L", (800, 1000), 230)
    assert recognizer.predict(page, None) == ""
    assert recognizer.predict(page, None, return_details=True).lines == ()


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
    recognizer.reader.model.forward = lambda x: logits
    assert recognizer.predict(draw_page(["a line"], (600, 200), corner=(50, 50))) == expected


def test_a_real_model_of_lines_reads(tmp_path):
    write_artifact(tmp_path, make_config((56, 256), mapping=MAPPING, model_flags=TINY))
    assert isinstance(ParagraphTextRecognizer(tmp_path).predict(draw_page(["a line"], (600, 200))), str)


def test_the_artifact_of_the_package_is_the_default(monkeypatch, artifact_dirname, tmp_path):
    from text_recognizer.recognizer import artifact_files as module

    monkeypatch.setattr(module, "ARTIFACTS_DIRNAME", artifact_dirname.parent)
    assert ParagraphTextRecognizer().shape == [576, 640]
    monkeypatch.setattr(module, "ARTIFACTS_DIRNAME", tmp_path)
    with pytest.raises(UserError, match="paragraph_text_recognizer: there is no trained model"):
        ParagraphTextRecognizer()


def test_others_of_the_package_are_known_by_name_and_any_by_path(monkeypatch, artifact_dirname, tmp_path):
    from text_recognizer.recognizer import artifact_files as module

    monkeypatch.setattr(module, "ARTIFACTS_DIRNAME", artifact_dirname.parent)
    monkeypatch.chdir(tmp_path)
    assert ParagraphTextRecognizer(artifact_dirname.name).dirname == artifact_dirname
    assert find_artifact(str(artifact_dirname)) == artifact_dirname
    with pytest.raises(UserError, match="nowhere: there is no trained model"):
        ParagraphTextRecognizer("nowhere")
    (tmp_path / artifact_dirname.name).mkdir()  # what lies here comes first
    assert find_artifact(artifact_dirname.name).resolve() == tmp_path / artifact_dirname.name


@pytest.mark.parametrize(
    ("upright", "turned", "better"),
    [
        ([0.6] * 30, [0.7] * 25, "turned"),
        ([0.6] * 30, [0.5] * 40, "upright"),
        ([0.6] * 30, [0.99] * 3, "upright"),  # some specks that are surely full stops
        ([0.6] * 30, [], "upright"),
    ],
)
def test_a_page_is_turned_around_if_it_reads_better_so(upright, turned, better):
    passes = {
        name: FirstPass(None, None, (1, 1), [Character("a", confidence) for confidence in confidences])
        for name, confidences in (("upright", upright), ("turned", turned))
    }
    assert better_orientation(passes["upright"], passes["turned"]) is passes[better]


def test_only_a_page_that_reads_badly_is_turned_around(page_reader, monkeypatch):
    confidences = iter([0.9, 0.6, 0.7])
    canvases = []

    def characters_in(cells, canvas, *args):
        canvases.append(canvas)
        return [Character("a", confidence, (0.0, 0.0))] * 30 if (confidence := next(confidences)) else []

    monkeypatch.setattr(page_reader, "_characters_in", characters_in)
    page = draw_page()
    page_reader.predict(page)
    assert len(canvases) == 1
    page_reader.predict(page)
    assert len(canvases) == 3
    assert canvases[2].page.matrix[0, 0] == pytest.approx(-1)  # half a turn


def run(code_or_script, *argv, cwd="/", **environment):
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, *code_or_script, *map(str, argv)]
    return subprocess.run(command, cwd=cwd, env=clean | environment, capture_output=True, text=True)


def test_reading_imports_nothing_of_what_trains(artifact_dirname, tmp_path):
    draw_page().save(tmp_path / "page.png")
    code = "import sys; from text_recognizer.recognizer.command import main; main(sys.argv[1:]); "
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
    assert "error: missing.png: cannot be read (No such file or directory)\n" in result.stderr
    assert result.returncode == 1


SIZES = {"stem_dim": 2, "lstm_dim": 4}
RESNET = {"tf_dim": 8, "tf_fc_dim": 8, "tf_nhead": 1, "tf_layers": 1}


@pytest.fixture(scope="module")
def page_reader(tmp_path_factory):
    """Return a recogniser that reads in one pass."""
    dirname = tmp_path_factory.mktemp("page_reader")
    config = make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc")
    weights = write_artifact(dirname, config).state_dict()
    weights["classifier.weight"] *= 100  # of many minds
    write_artifact(dirname, config, weights)
    return ParagraphTextRecognizer(dirname)


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory):
    """Return a recogniser with a CTC head beside its decoder."""
    dirname = tmp_path_factory.mktemp("both_ways")
    config = make_config(model_class="ResnetTransformer", model_flags=RESNET)
    weights = write_artifact(dirname, config).state_dict()
    weights |= {"ctc_head.weight": torch.randn(len(LETTERS), 8), "ctc_head.bias": torch.zeros(len(LETTERS))}
    write_artifact(dirname, config, weights)
    return ParagraphTextRecognizer(dirname)


def test_a_page_model_finds_characters_where_there_is_text(page_reader):
    reading = page_reader.predict(draw_page(), return_details=True)
    assert reading.mode == "fast"
    assert reading.text == page_reader.predict(draw_page())
    width, height = draw_page().size
    assert any(line.characters for line in reading.lines)
    for line in reading.lines:
        assert (line.box is None) == (not line.characters)
        for one in line.characters:
            assert 0 < one.confidence <= 1
            assert (0, 0) < one.place < (width, 600)
        if line.box is not None:
            left, top, right, bottom = line.box
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height


def test_a_page_model_sees_only_as_much_of_the_canvas_as_has_text(page_reader, monkeypatch):
    shapes = []
    read_cells = page_reader.reader.read_cells
    spy = lambda pixels: shapes.append(pixels.shape) or read_cells(pixels)  # noqa: E731
    monkeypatch.setattr(page_reader.reader, "read_cells", spy)
    page_reader.predict(draw_page(["one", "two", "six"]))
    ((height, width),) = shapes
    assert 3 * 44 < height < 250
    assert width < 300
    assert (height % 16, width % 4) == (0, 0)


def test_both_ways_of_reading(both_ways):
    page = draw_page()
    careful, fast = (both_ways.predict(page, mode, return_details=True) for mode in ("careful", "fast"))
    assert (careful.mode, fast.mode) == ("careful", "fast")
    assert careful.text == both_ways.predict(page, "careful") == both_ways.predict(page)
    assert fast.text == both_ways.predict(page, "fast") != careful.text
    assert all(0 < one.confidence <= 1 for line in careful.lines for one in line.characters)


def test_written_characters_are_where_the_ctc_head_sees_them(both_ways, monkeypatch):
    fast = both_ways.predict(draw_page(), "fast", return_details=True)
    tokens = Tokenizer(LETTERS).encode(fast.text, len(fast.text) + 2, with_start_end_tokens=True)
    monkeypatch.setattr(both_ways.reader.model, "predict", lambda x: torch.tensor([tokens]))
    tokens[12:] = []  # the tiny decoder writes no more
    careful = both_ways.predict(draw_page(), "careful", return_details=True)
    places = [[one.place for line in reading.lines for one in line.characters] for reading in (careful, fast)]
    assert places[0] == places[1][: len(places[0])]
    assert careful.hit_length_limit


@pytest.mark.parametrize(
    ("name", "mode", "expected"),
    [
        ("recognizer", "fast", "mode 'fast': this model has one mode only. Expected 'careful'"),
        ("page_reader", "careful", "mode 'careful': this model has one mode only. Expected 'fast'"),
        ("both_ways", "quick", "mode 'quick': expected one of careful, fast"),
    ],
)
def test_a_mode_that_the_model_does_not_know_is_one_line(name, mode, expected, request):
    for predict in ("predict", "predict_many"):
        with pytest.raises(UserError, match=expected):
            getattr(request.getfixturevalue(name), predict)([], mode)


@pytest.mark.parametrize(
    ("modes", "metrics", "expected"),
    [
        (("fast",), {}, "fast"),
        (("careful",), {"val_ctc_cer": 0.0, "val_cer": 0.5}, "careful"),
        (("careful", "fast"), {}, "careful"),
        (("careful", "fast"), {"val_cer": 0.1}, "careful"),
        (("careful", "fast"), {"val_cer": 0.1, "val_ctc_cer": 0.2}, "careful"),
        (("careful", "fast"), {"val_cer": 0.2, "val_ctc_cer": 0.2}, "fast"),
    ],
)
def test_the_default_mode_is_chosen_by_measurement(modes, metrics, expected):
    assert default_mode(modes, metrics) == expected


def test_one_page_that_fails_stops_no_other(recognizer, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no image")
    results = [*recognizer.predict_many([draw_page(), tmp_path / "broken.png", Image.new("L", (90, 90), 255)])]
    assert [type(result) for result in results] == [str, UserError, str]
    assert results[::2] == [recognizer.predict(draw_page()), ""]
    details = [*recognizer.predict_many(iter([draw_page()]), return_details=True)]
    assert isinstance(details[0], Reading)


def a_drawing():
    page = Image.new("RGB", (700, 500), "white")
    draw = ImageDraw.Draw(page)
    for i in range(8):
        draw.ellipse((60 * i, 30 * i, 60 * i + 200, 30 * i + 150), outline="black", width=4)
    return page


def a_photograph():
    light = np.random.default_rng(0).normal(size=(40, 50, 3)).cumsum(0).cumsum(1)
    light = (light - light.min()) / np.ptp(light)
    return Image.fromarray((255 * light).astype(np.uint8)).resize((1000, 800))


NOT_HANDWRITING = [a_drawing(), a_photograph(), draw_page(LINES * 5, pitch=20), Image.effect_noise((300, 200), 90)]
NOT_HANDWRITING += [Image.linear_gradient("L"), Image.new("1", (5, 5)), draw_page(["i"], (90, 2000), corner=(40, 900))]


@pytest.mark.parametrize("name", ["recognizer", "page_reader", "both_ways"])
@pytest.mark.parametrize("number", range(len(NOT_HANDWRITING)))
def test_what_is_no_handwriting_is_never_a_crash(name, number, request):
    reading = request.getfixturevalue(name).predict(NOT_HANDWRITING[number], return_details=True)
    assert 0 <= reading.confidence <= 1
    assert reading.text == "\n".join(line.text for line in reading.lines)


def test_bf16_computes_with_fewer_bits_and_sees_about_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("text_recognizer.recognizer.recognizer.bf16_if_fast", bool)  # on any processor
    config = make_config(model_class="ParagraphResNetLSTM", model_flags={"stem_dim": 16, "lstm_dim": 16}, loss="ctc")
    weights = write_artifact(tmp_path, config).state_dict()
    weights["classifier.weight"] *= 100
    write_artifact(tmp_path, config, weights)
    pixels = np.random.default_rng(0).integers(0, 256, (64, 128), dtype=np.uint8)
    exact, rough = (ParagraphTextRecognizer(tmp_path, bf16=bf16).reader.read_cells(pixels) for bf16 in (False, True))
    assert exact.dtype == rough.dtype == np.float32
    assert 0 < np.abs(exact - rough).max() < 0.1 * np.abs(exact).max()
