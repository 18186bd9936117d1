"""The exported model reads as the trained one does, and without PyTorch."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.data.vocabulary import MAPPING
from text_recognizer.util import UserError
from training import export_onnx

LAB_DIRNAME = Path(__file__).resolve().parents[2]
SIZES = {"stem_dim": 2, "lstm_dim": 4}


def test_a_model_that_looks_through_windows_is_refused(tmp_path, monkeypatch):
    write_artifact(tmp_path, make_config((56, 256), model_class="LineCNN", model_flags={"conv_dim": 2}, loss="ctc"))
    monkeypatch.setattr(export_onnx, "PACKAGES", ())
    with pytest.raises(SystemExit, match=r"a LineCNN cannot be exported\. Expected a model"):
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
    assert reads_without_pytorch(tmp_path)


@pytest.mark.slow  # half a minute
@pytest.mark.parametrize("model_class", ["ResnetTransformer", "LineCNNTransformer"])
def test_an_exported_decoder_writes_without_pytorch(model_class, tmp_path, capsys):
    for name in export_onnx.PACKAGES:
        pytest.importorskip(name)
    flags = {"tf_dim": 8, "tf_fc_dim": 8, "tf_nhead": 2, "tf_layers": 2}
    write_artifact(tmp_path, make_config((64, 320), length=40, model_class=model_class, model_flags=flags))
    draw_page().save(tmp_path / "page.png")
    with pytest.warns(UserWarning, match="the model stops after"):
        export_onnx.main([str(tmp_path / "page.png"), f"--artifact_dirname={tmp_path}"])
    printed = capsys.readouterr().out
    assert f"{model_class}: 40 tokens the same" in printed
    assert "1 of 1 pages read alike to the letter" in printed
    assert {path.name for path in tmp_path.glob("*.onnx*")} == {"model.onnx", "decoder.onnx"}
    assert reads_without_pytorch(tmp_path)


def test_files_that_belong_together_are_replaced_together(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for dirname, names in ((old, ["model.onnx", "decoder.onnx"]), (new, ["model.onnx"])):
        dirname.mkdir()
        for name in names:
            (dirname / name).write_text(dirname.name)
    assert export_onnx.put_into(old, new) == [old / "model.onnx"]
    assert {path.name: path.read_text() for path in old.iterdir()} == {"model.onnx": "new"}


def test_an_export_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    old, new = tmp_path / "old", tmp_path / "new"
    for dirname in (old, new):
        dirname.mkdir()
        for name in ("model.onnx", "decoder.onnx"):
            (dirname / name).write_text(dirname.name)
    copy = shutil.copy

    def fail(source, target):
        copy(source, target)
        if source.name == "model.onnx":
            raise OSError("No space left on device")

    monkeypatch.setattr(export_onnx.shutil, "copy", fail)
    with pytest.raises(UserError, match=r"cannot be written .*No space left.* Nothing is saved"):
        export_onnx.put_into(old, new)
    assert {path.name: path.read_text() for path in old.iterdir()} == {"model.onnx": "old", "decoder.onnx": "old"}


def reads_without_pytorch(tmp_path):
    """Tell whether the command reads tmp_path/page.png, and never loads PyTorch."""
    code = "import sys; from text_recognizer.read_command import main; status = main(sys.argv[1:]); "
    code += "print('torch' in sys.modules, status)"
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "page.png"), f"--artifact_dirname={tmp_path}"],
        env=os.environ | {"PYTHONPATH": str(LAB_DIRNAME)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return result.stdout.splitlines()[-1] == "False 0"
