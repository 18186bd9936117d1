"""The exported model reads as the trained one does, and without PyTorch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.recognizer import artifact_files
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING
from training.export import export_onnx

LAB_DIRNAME = Path(__file__).resolve().parents[3]
SIZES = {"stem_dim": 2, "lstm_dim": 4}


@pytest.fixture(autouse=True)
def no_shared_networks(monkeypatch, tmp_path):
    """Leave the shipped networks as they are: an export would write beside them."""
    monkeypatch.setattr(artifact_files, "SHIPPED_FINDER_DIRNAME", tmp_path / "nowhere")
    for name in ("PRINT_DIRNAME", "WAY_UP_DIRNAME"):
        monkeypatch.setattr(export_onnx, name, tmp_path / "nowhere")


def test_a_model_that_looks_through_windows_is_refused(tmp_path, monkeypatch):
    write_artifact(tmp_path, make_config((56, 256), model_class="LineCNN", model_flags={"conv_dim": 2}, loss="ctc"))
    monkeypatch.setattr(export_onnx, "PACKAGES", ())
    with pytest.raises(SystemExit, match=r"a LineCNN cannot be exported\. Expected a model"):
        export_onnx.main([f"--artifact_dirname={tmp_path}"])


def test_packages_that_are_missing_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(export_onnx, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="onnx and onnxscript and onnxruntime: not installed; run: python -m pip"):
        export_onnx.main([f"--artifact_dirname={tmp_path}"])


@pytest.mark.extras
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
        flags = SIZES | {"lstm_layers": 2}  # as the shipped model of lines has them
        lines = {"model_class": "LineResNetLSTM", "model_flags": flags, "data_config": data_config}
        write_artifact(tmp_path / "lines", config | lines)
    draw_page().save(tmp_path / "page.png")
    export_onnx.main([str(tmp_path / "page.png"), f"--artifact_dirname={tmp_path}"])
    assert "1 of 1 pages read alike to the letter" in capsys.readouterr().out
    assert reads_without_pytorch(tmp_path)


@pytest.mark.extras
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


@pytest.fixture
def exporting(monkeypatch):
    """Let an export write a word, and compare nothing."""
    monkeypatch.setattr(export_onnx, "PACKAGES", ())
    monkeypatch.setattr(export_onnx, "write_onnx", lambda reader, filename: filename.write_text("new"))
    for name in ("compare_noise", "compare_pages"):
        monkeypatch.setattr(export_onnx, name, lambda *_: None)


def artifact(dirname):
    """Write an artifact that was exported once, with a decoder; and notes beside it."""
    write_artifact(dirname, make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc"))
    for name in ("model.onnx", "decoder.onnx", "notes.txt"):
        (dirname / name).write_text("old")
    return dirname


def test_files_that_belong_together_are_replaced_together(tmp_path, exporting):
    dirname = artifact(tmp_path / "artifact")
    assert export_onnx.export(dirname, []) == [dirname / "model.onnx"]
    assert (dirname / "model.onnx").read_text() == "new"
    assert {path.name for path in dirname.iterdir()} == {
        *("config.json", "model.pt", "run_command.txt"),
        *("model.onnx", "notes.txt"),
    }


def test_an_export_that_is_not_the_same_leaves_all_as_it_was(tmp_path, exporting, monkeypatch):
    dirname = artifact(tmp_path / "artifact")

    def refuse(*_):
        raise UserError("2 pages were read otherwise. Nothing is saved")

    monkeypatch.setattr(export_onnx, "compare_pages", refuse)
    with pytest.raises(SystemExit, match=r"^error: 2 pages were read otherwise\. Nothing is saved$"):
        export_onnx.main([f"--artifact_dirname={dirname}"])
    assert {name: (dirname / name).read_text() for name in ("model.onnx", "decoder.onnx")} == {
        "model.onnx": "old",
        "decoder.onnx": "old",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["artifact"]


def test_the_disk_may_be_full(tmp_path, exporting, monkeypatch):
    dirname = artifact(tmp_path / "artifact")

    def no_space(reader, filename):
        raise OSError(28, "No space left on device", str(filename))

    monkeypatch.setattr(export_onnx, "write_onnx", no_space)
    with pytest.raises(
        SystemExit, match=r"^error: .*model\.onnx: cannot be read or written \(No space left on device\)$"
    ):
        export_onnx.main([f"--artifact_dirname={dirname}"])
    assert (dirname / "model.onnx").read_text() == "old"


def reads_without_pytorch(tmp_path):
    """Tell whether the command reads tmp_path/page.png, and never loads PyTorch, as the shipped line finder would."""
    code = "import sys; from pathlib import Path; from text_recognizer.recognizer import artifact_files; "
    code += "artifact_files.SHIPPED_FINDER_DIRNAME = Path('nowhere'); "
    code += "from text_recognizer.recognizer.command import main; status = main(sys.argv[1:]); "
    code += "print('torch' in sys.modules, status)"
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "page.png"), f"--artifact_dirname={tmp_path}"],
        env=os.environ | {"PYTHONPATH": str(LAB_DIRNAME)},
        capture_output=True,
        text=True,
    )
    return result.stdout.splitlines()[-1] == "False 0"
