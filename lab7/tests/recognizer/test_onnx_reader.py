"""A model that was exported is read with ONNX Runtime, where that is installed."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.recognizer import load as load_reader
from text_recognizer.recognizer.onnx_reader import OnnxReader
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.torch_reader import TorchReader
from text_recognizer.util import UserError


@pytest.fixture(scope="module")
def dirname(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("exported")
    config = make_config(model_class="ParagraphResNetLSTM", model_flags={"stem_dim": 2, "lstm_dim": 4}, loss="ctc")
    weights = write_artifact(dirname, config).state_dict()
    weights["classifier.weight"] *= 100
    write_artifact(dirname, config, weights)
    (dirname / "model.onnx").write_bytes(b"exported")
    return dirname


@pytest.fixture
def onnxruntime(dirname, monkeypatch):
    """Let PyTorch play ONNX Runtime."""

    class Session:
        def __init__(self, filename, options, providers):
            if filename.read_bytes() != b"exported":
                raise RuntimeError("Protobuf parsing failed\nand more")
            self.reader = TorchReader(dirname)

        def get_modelmeta(self):
            return SimpleNamespace(custom_metadata_map={"pixels_per_cell": "16 4"})

        def get_inputs(self):
            return [SimpleNamespace(name="x")]

        def run(self, outputs, inputs):
            return [self.reader.read_cells((inputs["x"][0, 0] * 255).round().astype("uint8"))]

    module = ModuleType("onnxruntime")
    module.InferenceSession, module.SessionOptions = Session, SimpleNamespace
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    monkeypatch.setattr(load_reader.importlib.util, "find_spec", lambda name: name == "onnxruntime")


def test_an_exported_model_reads_the_same(dirname, onnxruntime, monkeypatch):
    exported = ParagraphTextRecognizer(dirname)
    assert isinstance(exported.reader, OnnxReader)
    assert (exported.default_mode, exported.reader.modes) == ("fast", ("fast",))
    monkeypatch.setattr(load_reader.importlib.util, "find_spec", lambda name: None)
    other = ParagraphTextRecognizer(dirname)
    assert isinstance(other.reader, TorchReader)
    readings = [one.predict(draw_page(), return_details=True) for one in (exported, other)]
    assert readings[0] == readings[1]
    assert readings[0].text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"", "Protobuf parsing failed. In lab7, type"),
    ],
)
def test_a_broken_file_is_one_line(content, expected, dirname, onnxruntime, tmp_path):
    (tmp_path / "config.json").write_bytes((dirname / "config.json").read_bytes())
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(UserError, match=expected) as error:
        ParagraphTextRecognizer(tmp_path)
    assert "\n" not in str(error.value)


def test_bf16_needs_pytorch(dirname, onnxruntime, monkeypatch):
    monkeypatch.setattr("text_recognizer.recognizer.recognizer.bf16_if_fast", bool)  # on any processor
    recognizer = ParagraphTextRecognizer(dirname, bf16=True)
    assert isinstance(recognizer.reader, TorchReader)
    assert recognizer.reader.bf16
