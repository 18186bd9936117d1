"""The exported model reads as the trained one does, and without PyTorch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.data.vocabulary import MAPPING
from training import export_onnx

LAB_DIRNAME = Path(__file__).resolve().parents[2]
SIZES = {"stem_dim": 2, "lstm_dim": 4}


def test_a_model_with_a_decoder_is_refused(tmp_path, monkeypatch):
    write_artifact(tmp_path, make_config((56, 256)))
    monkeypatch.setattr(export_onnx, "PACKAGES", ())
    with pytest.raises(SystemExit, match=r"a LineCNNTransformer cannot be exported\. Expected a model"):
        export_onnx.main([f"--artifact_dirname={tmp_path}"])


def test_packages_that_are_missing_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(export_onnx, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="onnx and onnxscript and onnxruntime: not installed; run: python -m pip"):
        export_onnx.main([f"--artifact_dirname={tmp_path}"])


@pytest.mark.slow  # a minute or two
@pytest.mark.parametrize("with_lines", [False, True])
def test_an_exported_model_reads_without_pytorch(with_lines, tmp_path, capsys):
    for name in export_onnx.PACKAGES:
        pytest.importorskip(name)
    config = make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc")
    weights = write_artifact(tmp_path, config).state_dict()
    weights["classifier.weight"] *= 20
    write_artifact(tmp_path, config, weights)
    if with_lines:
        data_config = make_config((56, 1024), mapping=MAPPING)["data_config"]
        write_artifact(tmp_path / "lines", config | {"model_class": "LineResNetLSTM", "data_config": data_config})
    draw_page().save(tmp_path / "page.png")
    export_onnx.main([str(tmp_path / "page.png"), f"--artifact_dirname={tmp_path}"])
    assert "1 of 1 pages read alike to the letter" in capsys.readouterr().out
    code = "import sys; from text_recognizer.read_command import main; status = main(sys.argv[1:]); "
    code += "print('torch' in sys.modules, status)"
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "page.png"), f"--artifact_dirname={tmp_path}"],
        env=os.environ | {"PYTHONPATH": str(LAB_DIRNAME)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.stdout.splitlines()[-1] == "False 0", result.stderr
