"""A model with a decoder that was exported writes with ONNX Runtime, where that is installed."""

import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.recognizer import load as load_reader
from text_recognizer.recognizer.onnx_decoder import OnnxDecoder, likelihood_of
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.torch_reader import TorchReader
from text_recognizer.util import UserError
from text_recognizer.vocabulary import CHARACTERS
from training.export.export_decoder import DecoderStepExport, EncoderExport
from training.export.export_onnx import compare_decoding

FLAGS = {"tf_dim": 8, "tf_fc_dim": 8, "tf_nhead": 2, "tf_layers": 2}
LENGTH = 12
OF_IMAGE = ["keys_of_image_0", "values_of_image_0", "keys_of_image_1", "values_of_image_1"]
OF_TOKENS = ["keys_of_tokens_0", "values_of_tokens_0", "keys_of_tokens_1", "values_of_tokens_1"]


@pytest.fixture(params=[False, True], ids=["decoder alone", "with a CTC head"])
def dirname(request, tmp_path, monkeypatch):
    """Write the artifact of a model, exported, and let PyTorch play ONNX Runtime."""
    config = make_config((64, 320), LENGTH, model_class="ResnetTransformer", model_flags=FLAGS)
    model = write_artifact(tmp_path, config)
    if request.param:
        model.add_ctc_head()
    weights = model.state_dict()
    weights["decoder.classifier.weight"] *= 5  # likelihoods that differ
    write_artifact(tmp_path, config, weights)
    for name in ("model.onnx", "decoder.onnx"):
        (tmp_path / name).touch()
    model = TorchReader(tmp_path).model

    class Session:
        def __init__(self, filename, options, providers):
            self.sees = filename.name == "model.onnx"

        def get_inputs(self):
            if self.sees:
                return [SimpleNamespace(name="x", shape=[1, 1, 64, 320])]
            of_tokens = [SimpleNamespace(name=name, shape=[1, 2, "length", 4]) for name in OF_TOKENS]
            of_image = [SimpleNamespace(name=name, shape=[1, 2, 80, 4]) for name in OF_IMAGE]
            return [SimpleNamespace(name="token", shape=[1]), *of_tokens, *of_image]

        def get_outputs(self):
            return [SimpleNamespace(name=name) for name in [*OF_IMAGE, *["cells"] * request.param]]

        @torch.inference_mode()
        def run(self, outputs, inputs):
            given = {name: torch.from_numpy(value) for name, value in inputs.items()}
            if self.sees:
                return [part.numpy() for part in EncoderExport(model)(given["x"])]
            so_far, memory = ([given[name] for name in names] for names in (OF_TOKENS, OF_IMAGE))
            return [part.numpy() for part in DecoderStepExport(model.decoder)(given["token"], so_far, memory)]

    module = ModuleType("onnxruntime")
    module.InferenceSession, module.SessionOptions = Session, SimpleNamespace
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    return tmp_path


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (64, 320), dtype=np.uint8)


def test_it_writes_what_the_trained_model_writes(dirname, pixels):
    one, other = TorchReader(dirname), OnnxDecoder(dirname)
    assert one.modes == other.modes
    expected, written = (reader.decode(pixels, with_details=True) for reader in (one, other))
    assert written.tokens == expected.tokens
    assert len(written.tokens) == LENGTH
    assert written.likelihoods == pytest.approx(expected.likelihoods, abs=1e-5)
    assert (written.cells is None) == (expected.cells is None) == (other.modes == ("careful",))
    if written.cells is not None:
        assert np.allclose(written.cells, expected.cells, atol=1e-5)
        assert np.allclose(other.read_cells(pixels), one.read_cells(pixels), atol=1e-5)


def test_it_stops_after_the_end(dirname, pixels, monkeypatch):
    one, other = TorchReader(dirname), OnnxDecoder(dirname)
    third = one.decode(pixels).tokens[3]
    for reader in (one, other):
        monkeypatch.setattr(reader.tokenizer, "special", reader.tokenizer.special._replace(end=third))
    tokens = other.decode(pixels).tokens
    assert tokens == one.decode(pixels).tokens
    assert tokens[-1] == third
    assert len(tokens) <= 4


def test_without_details_there_are_none(dirname, pixels):
    written = OnnxDecoder(dirname).decode(pixels)
    assert not written.likelihoods
    assert written.cells is None


def test_the_recogniser_writes_with_it_where_it_can(dirname, monkeypatch):
    monkeypatch.setattr(load_reader.importlib.util, "find_spec", lambda name: name == "onnxruntime")
    exported = ParagraphTextRecognizer(dirname)
    assert isinstance(exported.reader, OnnxDecoder)
    monkeypatch.setattr(load_reader.importlib.util, "find_spec", lambda name: None)
    other = ParagraphTextRecognizer(dirname)
    assert isinstance(other.reader, TorchReader)
    one, two = (recognizer.predict(draw_page(), return_details=True) for recognizer in (exported, other))
    assert one.text == two.text
    assert one.confidence == pytest.approx(two.confidence, abs=1e-5)
    assert one.hit_length_limit == two.hit_length_limit


@pytest.mark.parametrize("name", ["decoder.classifier.bias", "decoder.norm.weight"])
def test_an_export_of_other_weights_is_refused(dirname, name):
    other = TorchReader(dirname)
    compare_decoding(other, dirname)
    with torch.no_grad():
        dict(other.model.named_parameters())[name][::2] += 3
    with pytest.raises(UserError, match=r"Nothing is saved"):
        compare_decoding(other, dirname)


def test_the_likelihood_with_large_logits():
    logits = np.array([1000.0, 1000.0, -1000.0], dtype=np.float32)
    assert likelihood_of(logits, 1) == pytest.approx(0.5)
    assert likelihood_of(logits, 2) == 0


def test_a_language_model_beside_the_weights_is_heard(dirname, pixels, monkeypatch):
    greedy = TorchReader(dirname).decode(pixels)
    config = json.loads((dirname / "config.json").read_text())
    (dirname / "config.json").write_text(json.dumps(config | {"language_model": {"weight": 50.0, "bonus": 600.0}}))
    NGrams.count(["the cat sat on the mat"], CHARACTERS, order=4).save(dirname / "ngrams.npz")
    one, other = (kind(dirname).decode(pixels, with_details=True) for kind in (TorchReader, OnnxDecoder))
    assert one.tokens == other.tokens != greedy.tokens
    assert len(one.tokens) == LENGTH  # the longest text: without an end
    written = "".join(config["data_config"]["mapping"][token] for token in one.tokens[1:]).replace("\n", " ")
    assert set(written) <= set("the cat sat on the mat")
    assert one.likelihoods == pytest.approx(other.likelihoods, abs=1e-5)  # the model's own, not the language's
    assert max(one.likelihoods) <= 1
    monkeypatch.setattr(load_reader.importlib.util, "find_spec", lambda name: name == "onnxruntime")
    text = ParagraphTextRecognizer(dirname).predict(draw_page())
    assert set(text) <= set("the cat sat on the mat\n")
