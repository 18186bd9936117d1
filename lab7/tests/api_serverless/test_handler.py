"""The function: what it answers to events, and its loop against a double of Lambda's runtime interface on loopback."""

import base64
import io
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from api_serverless import handler as module
from api_serverless.handler import handler
from api_serverless.runtime import Runtime

from tests.tiny_artifact import draw_page, make_config, write_artifact
from training.benchmarks.runtime_interface import RuntimeInterfaceDouble

LAB_DIRNAME = Path(__file__).resolve().parents[2]
SIZES = {"stem_dim": 2, "lstm_dim": 4}
GIVEN_UP_SECONDS = 1200  # what hangs is to end, and a machine may be busy


@pytest.fixture(scope="module")
def artifact_dirname(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("artifact")
    write_artifact(dirname, make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc"))
    return dirname


@pytest.fixture(autouse=True)
def model(artifact_dirname, monkeypatch):
    monkeypatch.setenv(module.ARTIFACT, str(artifact_dirname))
    module.load.cache_clear()


def body(**fields):
    file = io.BytesIO()
    draw_page(size=(500, 700), pitch=30, corner=(60, 60)).save(file, "PNG")
    return {"image": base64.b64encode(file.getvalue()).decode(), **fields}


def test_an_event_of_any_form_is_answered_with_a_reading():
    plain = {"body": json.dumps(body())}
    encoded = {"body": base64.b64encode(json.dumps(body()).encode()).decode(), "isBase64Encoded": True}
    answers = [handler(event) for event in (plain, encoded, body())]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["statusCode"] == 200
    assert json.loads(answers[0]["body"]).keys() >= {"text", "lines", "mode"}


def test_other_formats_are_answered():
    answer = handler(body(format="alto"))
    assert (answer["headers"]["Content-Type"], answer["isBase64Encoded"]) == ("application/xml", False)
    assert answer["body"].startswith("<?xml")


@pytest.mark.parametrize(
    ("event", "status", "message"),
    [
        ({"body": "{"}, 400, "not JSON"),
        ({"body": None}, 400, "not JSON"),
        ({"body": "%", "isBase64Encoded": True}, 400, "not base64"),
        ({"image": "https://example.org/a.png"}, 400, "addresses are not fetched"),
        ({"image": base64.b64encode(b"x").decode()}, 422, "not an image"),
        ({"image": "", "mode": "careful"}, 422, "mode 'careful'"),
    ],
)
def test_what_cannot_be_read_is_refused(event, status, message):
    answer = handler(event)
    assert answer["statusCode"] == status
    assert message in json.loads(answer["body"])["error"]


def test_the_loop_answers_one_event_after_the_other_and_survives_errors(capsys):
    def shout(event):
        return {"said": event["word"].upper()}

    with RuntimeInterfaceDouble({"1": {"word": "a"}, "2": {}, "3": {"word": "c"}}) as double:
        runtime = Runtime(double.address)
        for _ in range(3):
            runtime.serve_one(shout)
    assert double.answers == {
        "invocation/1/response": {"said": "A"},
        "invocation/2/error": {"errorType": "KeyError", "errorMessage": "'word'"},
        "invocation/3/response": {"said": "C"},
    }
    assert "KeyError" in capsys.readouterr().err


@contextmanager
def running_function(double, artifact_dirname, errors, *flags):
    """Let the function run, and write its errors into a file, which never is full as a pipe may be."""
    environment = os.environ | {"AWS_LAMBDA_RUNTIME_API": double.address, module.ARTIFACT: str(artifact_dirname)}
    command = [sys.executable, *flags, "-m", "api_serverless.runtime"]
    with errors.open("w") as file, subprocess.Popen(command, cwd=LAB_DIRNAME, env=environment, stderr=file) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_the_function_runs_as_its_image_runs_it(artifact_dirname, tmp_path):
    with (
        RuntimeInterfaceDouble({"1": body(), "2": {"body": "{"}}) as double,
        running_function(double, artifact_dirname, tmp_path / "errors"),
    ):
        assert double.is_done.wait(GIVEN_UP_SECONDS), (tmp_path / "errors").read_text()
    assert [one["statusCode"] for one in double.answers.values()] == [200, 400]


@pytest.mark.slow
def test_a_function_that_cannot_start_says_why(tmp_path):
    with (
        RuntimeInterfaceDouble({"never": {}}) as double,
        running_function(double, tmp_path / "none", tmp_path / "errors") as process,
    ):
        assert process.wait(GIVEN_UP_SECONDS) != 0
    assert "there is no trained model" in double.answers["init/error"]["errorMessage"]


@pytest.mark.slow
@pytest.mark.extras
def test_the_function_reads_without_pytorch(tmp_path):
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason="packages for the export are not installed")
    from training.export.export_onnx import export

    write_artifact(tmp_path, make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc"))
    export(tmp_path, [])
    (tmp_path / "model.pt").unlink()
    errors = tmp_path / "errors"
    with (
        RuntimeInterfaceDouble({"1": body()}) as double,
        running_function(double, tmp_path, errors, "-X", "importtime"),
    ):
        assert double.is_done.wait(GIVEN_UP_SECONDS), errors.read_text()
    imported = {line.rpartition("|")[2].strip() for line in errors.read_text().splitlines()}
    assert double.answers["invocation/1/response"]["statusCode"] == 200
    assert "onnxruntime" in imported
    assert not {"torch", "torchvision", "starlette", "pytorch_lightning"} & imported


def test_the_image_copies_what_the_function_imports():
    lines = (LAB_DIRNAME / "api_serverless" / "Dockerfile").read_text().splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY")}
    assert copied == {"api_serverless/requirements.txt", "api_serverless", "text_recognizer"}
    assert 'CMD ["python", "-m", "api_serverless.runtime"]' in lines
    needed = (LAB_DIRNAME / "api_serverless" / "requirements.txt").read_text()
    assert all(name in needed for name in ("numpy", "onnxruntime", "opencv-python-headless", "pillow", "smart_open"))
    assert "torch" not in needed.replace("PyTorch", "")
