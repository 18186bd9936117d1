"""Stand-ins are known wherever they lie, real files never pass for one, and every result on one says so."""

import gzip
import io
import struct
import urllib.request
import zipfile

import numpy as np
import pytest
import torchvision.datasets

from tests.small_mnist import write_idx
from text_recognizer.data import MNIST, mnist
from text_recognizer.data.download import find_or_download
from text_recognizer.data.stand_in import MARKER_NAME, NOTICE, STAND_IN, is_stand_in, marker_of
from text_recognizer.util import UserError
from training import run_experiment
from training.flags import parse

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
TEXT = f"{NOTICE}. For mnist"


def gzipped(content, name):
    file = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=file) as compressed:
        compressed.write(content)
    return file.getvalue()


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def write_stand_in(dirname):
    """Write MNIST's four files with the marker that a stand-in has."""
    digits = np.arange(240) % 10
    for name in NAMES:
        array = np.kron(digits[:, None, None], np.ones((28, 28))) * 20 if "images" in name else digits
        header = struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape)
        (dirname / f"{name}.gz").write_bytes(gzipped(header + array.astype(np.uint8).tobytes(), TEXT))


def write_real(dirname, suffix=".gz"):
    for name in NAMES:
        write_idx(dirname / f"{name}{suffix}", np.full((24, 28, 28), 7) if "images" in name else np.arange(24) % 10)


@pytest.fixture
def dirname(tmp_path, monkeypatch):
    """A directory for MNIST on a machine without a network."""
    dirname = tmp_path / "mnist"
    dirname.mkdir()
    monkeypatch.setattr(mnist, "DIRNAME", dirname)
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", ["http://127.0.0.1:1/"])

    def refuse(*args, **kwargs):
        raise OSError("no network here")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    return dirname


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.gz", gzipped(b"data", TEXT), True),
        ("a.gz", gzipped(b"data", "train-images-idx3-ubyte"), False),
        ("a.gz", gzip.compress(b"data"), False),
        ("a.gz", gzipped(b"data", TEXT)[:5], False),
        ("a.zip", zipped(**{MARKER_NAME: TEXT, "data": "x"}), True),
        ("a.zip", zipped(**{f"iamdb__{MARKER_NAME}": TEXT}), True),
        ("a.zip", zipped(data=TEXT), False),
        ("a.zip", zipped(**{MARKER_NAME: "something else"}), False),
        ("a.zip", zipped(**{MARKER_NAME: TEXT})[:40], False),
        ("a.zip", b"", False),
        ("train-images-idx3-ubyte", b"\0\0\x08\x03", False),
    ],
)
def test_what_a_file_is_stands_in_it(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    assert is_stand_in(tmp_path / name) is expected
    assert marker_of(tmp_path / name) == TEXT * expected


def test_a_directory_says_it_with_a_file_in_it(tmp_path):
    assert not is_stand_in(tmp_path)
    assert not is_stand_in(tmp_path / "missing")
    (tmp_path / MARKER_NAME).write_text(TEXT)
    assert is_stand_in(tmp_path)


def test_a_download_replaces_a_stand_in_and_no_real_file(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("text_recognizer.data.download._download", lambda url, filename, sha256: asked.append(url))
    filename = tmp_path / "a.zip"
    filename.write_bytes(zipped(data="x"))
    find_or_download(filename, "0" * 64, ["http://there/a.zip"])
    assert asked == []
    filename.write_bytes(zipped(**{MARKER_NAME: TEXT}))
    find_or_download(filename, "0" * 64, ["http://there/a.zip"])
    assert asked == ["http://there/a.zip"]


def test_a_stand_in_stays_where_the_download_fails(dirname):
    write_stand_in(dirname)
    before = {path.name: path.read_bytes() for path in dirname.iterdir()}
    with pytest.raises(
        UserError, match=r"train-images-idx3-ubyte.gz is a STAND-IN, which stays: the real one could not"
    ):
        MNIST().download()
    assert {path.name: path.read_bytes() for path in dirname.iterdir()} == before


def test_a_training_takes_the_stand_in_as_it_is_and_says_so(dirname, tmp_path, capsys):
    write_stand_in(dirname)
    data = MNIST()
    data.prepare_data()  # without a network
    assert data.is_stand_in
    assert str(data).startswith(f"MNIST ({STAND_IN}): 220 training")
    assert NOTICE in str(data)
    argv = ["--model_class=MLP", "--fc1=8", "--fc2=8", "--max_epochs=1", "--enable_progress_bar=false"]
    run_experiment.run(parse([*argv, f"--default_root_dir={tmp_path}"]))
    printed = capsys.readouterr().out
    assert printed.count(f"Data: {NOTICE}") == 2
    assert f"These figures: {NOTICE}" in printed.split("test_acc")[-1]
    config = (tmp_path / "MNIST_MLP_cross_entropy" / "version_0" / "config.yaml").read_text()
    assert config.startswith(f"# {NOTICE}\n")


@pytest.mark.parametrize("suffix", [".gz", ""])
def test_real_files_take_the_place_of_a_stand_in(dirname, suffix, capsys):
    write_stand_in(dirname)
    write_real(dirname, suffix)
    data = MNIST()
    data.prepare_data()
    data.setup()
    assert not data.is_stand_in
    assert STAND_IN not in str(data)
    assert len(data.data_test) == 24


def test_one_file_of_a_stand_in_among_real_ones_is_enough_to_say_so(dirname):
    write_stand_in(dirname)
    keep = (dirname / f"{NAMES[1]}.gz").read_bytes()
    write_real(dirname)
    assert not MNIST().is_stand_in
    (dirname / f"{NAMES[1]}.gz").write_bytes(keep)
    assert MNIST().is_stand_in


def test_without_any_file_the_errors_name_the_stand_in(dirname):
    assert not MNIST().is_stand_in
    for action in (MNIST().prepare_data, MNIST().setup):
        with pytest.raises(UserError, match=r"`make standin` draws a stand-in"):
            action()
