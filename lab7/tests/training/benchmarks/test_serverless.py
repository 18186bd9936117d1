"""The measurement of the serverless function: what it needs, and what it prints."""

import os

import pytest

from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.util import UserError
from training.benchmarks.serverless import Serverless, measure, memory

SIZES = {"stem_dim": 2, "lstm_dim": 4}


@pytest.fixture
def artifact_dirname(tmp_path):
    config = make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc")
    write_artifact(tmp_path / "artifact", config)
    return tmp_path / "artifact"


def test_what_is_not_exported_is_refused_with_the_command(artifact_dirname):
    with pytest.raises(UserError, match=r"artifact: no model.onnx. Type: python training/export/export_onnx.py"):
        measure(Serverless(str(artifact_dirname)))
    with pytest.raises(UserError, match="--num_events=0: expected 1 or more"):
        Serverless(num_events=0)


def test_memory_is_that_of_a_process_or_not_known():
    most = memory(os.getpid(), "VmHWM")
    assert most is None or most > 1
    assert memory(-1, "VmHWM") is None


@pytest.mark.slow
@pytest.mark.extras
def test_starts_and_pages_are_timed(artifact_dirname, capsys):
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason="packages for the export are not installed")
    from training.export.export_onnx import export

    export(artifact_dirname, [])
    measure(Serverless(str(artifact_dirname), num_starts=1, num_events=2))
    printed = capsys.readouterr().out
    assert printed.count(" s\n") == 3
    assert printed.count(" MiB\n") + printed.count("not known\n") == 2


@pytest.mark.slow
@pytest.mark.extras
def test_a_function_that_fails_is_told(artifact_dirname):
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason="packages for the export are not installed")
    (artifact_dirname / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(UserError, match="the function answered"):
        measure(Serverless(str(artifact_dirname), num_starts=1, num_events=1))
