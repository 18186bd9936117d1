"""The demo and the data commands on a machine that has neither data nor network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

TOOLS_DIRNAME = Path(__file__).resolve().parents[1]
# Stands in for a machine without a network: no name is looked up, and every connection is refused at once.
NO_NETWORK = "import socket; socket.socket.connect = socket.getaddrinfo = "
NO_NETWORK += "lambda *a, **k: (_ for _ in ()).throw(OSError('no network'))"


def run_offline(script, *argv, data_dirname):
    code = f"{NO_NETWORK}; import runpy, sys; sys.argv = [{script!r}, *{list(argv)!r}]"
    code += f"\nrunpy.run_path({str(TOOLS_DIRNAME / script)!r}, run_name='__main__')"
    environment = os.environ | {"TEXT_RECOGNIZER_DATA": str(data_dirname)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


def test_the_demo_says_that_mnist_is_missing_and_shows_smaller_real_digits(tmp_path):
    result = run_offline("demo.py", "--output", str(tmp_path / "demo"), data_dirname=tmp_path)
    assert result.returncode == 0, result.stderr
    page = (TOOLS_DIRNAME.parent / "lab7" / "pictures" / "page.txt").read_text()
    assert page.split()[0] in result.stdout.split("Now the first steps")[0]
    assert "MNIST cannot be used: train-images-idx3-ubyte.gz is missing and could not be downloaded" in result.stdout
    assert str(tmp_path / "downloaded" / "mnist") in result.stdout
    assert "goes on with UCIDigits: 1,797 real digits" in result.stdout
    assert "Data: UCI handwritten digits, 8 x 8 pixels scaled to 28 x 28" in result.stdout
    assert "█" in result.stdout
    with Image.open(tmp_path / "demo" / "digits.png") as picture:
        assert picture.width > 400
        assert picture.height > 200
    accuracy = float(result.stdout.split("Test accuracy: ")[1].split("%")[0])
    assert accuracy > 90


@pytest.mark.parametrize("action", ["download", "generate"])
def test_what_cannot_be_had_is_named_and_the_rest_is_done(action, tmp_path):
    result = run_offline("data.py", action, data_dirname=tmp_path)
    assert result.returncode == 1
    assert "UCIDigits: ready" in result.stdout
    assert "MNIST: train-images-idx3-ubyte.gz is missing and could not be downloaded" in result.stderr
    assert "matlab.zip is missing" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.rglob("*.part")) == []


def test_an_unknown_action_is_refused(tmp_path):
    result = run_offline("data.py", "fetch", data_dirname=tmp_path)
    assert result.returncode == 1
    assert "expected one of download, generate, got fetch" in result.stderr
