"""The exported line finder answers as the trained one does, without PyTorch; a recogniser's export brings it along."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.recognizer.finder_network import OnnxFinder, load_finder
from text_recognizer.util import UserError
from training.export import export_onnx
from training.export.export_finder import compare_finders

LAB_DIRNAME = Path(__file__).resolve().parents[3]
FINDER = {"model_class": "LineFinder", "model_flags": {"finder_width": 8}, "loss": "line_finder"}


def write_finder(dirname, **changes):
    config = make_config() | FINDER | changes
    config["data_config"] = {"input_dims": [3, 64, 64], "output_dims": [2, 32, 32], "mapping": list("0123")}
    write_artifact(dirname, config)
    return dirname


def test_what_is_no_line_finder_is_refused(tmp_path):
    write_artifact(tmp_path / "reader")
    with pytest.raises(UserError, match="a LineCNNTransformer does not find lines"):
        load_finder(tmp_path / "reader")


def test_without_an_export_and_pytorch_the_error_says_what_to_type(tmp_path, monkeypatch):
    finder = write_finder(tmp_path / "finder")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=f"python training/export/export_onnx.py --artifact_dirname={finder}"):
        load_finder(finder)


@pytest.mark.extras
def test_an_exported_finder_answers_alike_and_without_pytorch(tmp_path, capsys):
    for name in export_onnx.PACKAGES:
        pytest.importorskip(name)
    finder = write_finder(tmp_path / "finder")
    export_onnx.main([f"--artifact_dirname={finder}"])
    assert "LineFinder: answers differ by" in capsys.readouterr().out
    assert isinstance(load_finder(finder), OnnxFinder)
    code = (
        "import sys, numpy; from pathlib import Path; from text_recognizer.recognizer.page_finder import PageFinder; "
    )
    code += "seen = PageFinder(Path(sys.argv[1])).see(numpy.full((300, 200, 3), 255, numpy.uint8)); "
    code += "print('torch' in sys.modules, *seen.maps.core.shape)"
    command = [sys.executable, "-c", code, str(finder)]
    printed = subprocess.run(command, cwd=LAB_DIRNAME, capture_output=True, text=True, check=True).stdout
    assert printed.split()[0] == "False"


@pytest.mark.extras
def test_an_export_that_answers_otherwise_is_refused(tmp_path):
    for name in export_onnx.PACKAGES:
        pytest.importorskip(name)
    finder, other = (
        write_finder(tmp_path / "finder"),
        write_finder(tmp_path / "other", model_flags={"finder_width": 16}),
    )
    export_onnx.export(finder, [])
    with pytest.raises(UserError, match="answers differ by"):
        compare_finders(other, finder)


@pytest.mark.parametrize(
    ("is_exported", "expected"), [(False, ["finder", "print", "reader"]), (True, ["print", "reader"])]
)
def test_a_recogniser_of_lines_brings_the_shared_networks_along_once(is_exported, expected, tmp_path, monkeypatch):
    finder, reader = write_finder(tmp_path / "finder"), tmp_path / "reader"
    write_artifact(reader)
    (reader / "lines").mkdir()
    if is_exported:
        (finder / "model.onnx").touch()
    exported = []
    monkeypatch.setattr(export_onnx, "finder_of", lambda dirname: finder)
    (tmp_path / "print").mkdir()
    monkeypatch.setattr(export_onnx, "PRINT_DIRNAME", tmp_path / "print")
    monkeypatch.setattr(export_onnx, "WAY_UP_DIRNAME", tmp_path / "nowhere")
    monkeypatch.setattr(export_onnx, "export", lambda dirname, images: exported.append(dirname.name) or [])
    export_onnx.main([f"--artifact_dirname={reader}"])
    assert exported == expected
    assert json.loads((finder / "config.json").read_text())["model_class"] == "LineFinder"
