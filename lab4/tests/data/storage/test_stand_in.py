"""Stand-ins are known wherever they lie, real files never pass for one, and every result on one says so."""

import gzip
import io
import zipfile

import pytest

from text_recognizer.data import UCIDigits
from text_recognizer.data.storage.download import find_or_download
from text_recognizer.data.storage.stand_in import MARKER_NAME, NOTICE, STAND_IN, is_stand_in, marker_of
from text_recognizer.util import UserError
from training import run_experiment
from training.command_line.flags import parse

TEXT = f"{NOTICE}. For emnist"


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
    monkeypatch.setattr(
        "text_recognizer.data.storage.download._download", lambda url, filename, sha256: asked.append(url)
    )
    filename = tmp_path / "a.zip"
    filename.write_bytes(zipped(data="x"))
    find_or_download(filename, "0" * 64, ["http://there/a.zip"])
    assert asked == []
    filename.write_bytes(zipped(**{MARKER_NAME: TEXT}))
    find_or_download(filename, "0" * 64, ["http://there/a.zip"])
    assert asked == ["http://there/a.zip"]


def test_a_stand_in_stays_where_the_download_fails(tmp_path):
    filename = tmp_path / "a.zip"
    filename.write_bytes(content := zipped(**{MARKER_NAME: TEXT}))
    with pytest.raises(UserError, match=r"a.zip is a STAND-IN, which stays: the real one could not"):
        find_or_download(filename, "0" * 64, ["http://127.0.0.1:1/a.zip"])
    assert filename.read_bytes() == content


def test_a_training_says_that_its_data_is_a_stand_in(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(UCIDigits, "is_stand_in", True)
    assert str(UCIDigits()).startswith(f"UCIDigits ({STAND_IN}): 1,257 training")
    argv = ["--data_class=UCIDigits", "--fc1=8", "--fc2=8", "--max_epochs=1", "--enable_progress_bar=false"]
    run_experiment.run(parse([*argv, f"--default_root_dir={tmp_path}"]))
    printed = capsys.readouterr().out
    assert printed.count(f"Data: {NOTICE}") == 2
    assert f"These figures: {NOTICE}" in printed.split("test_acc")[-1]
    config = (tmp_path / "UCIDigits_MLP_cross_entropy" / "version_0" / "config.yaml").read_text()
    assert config.startswith(f"# {NOTICE} (")


def test_a_stand_in_serves_until_the_real_data_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(UCIDigits, "download", lambda self: asked.append(self))
    monkeypatch.setattr(UCIDigits, "is_stand_in", True)
    UCIDigits().prepare_data()
    assert asked == []
    monkeypatch.setattr(UCIDigits, "is_stand_in", False)
    UCIDigits().prepare_data()
    assert len(asked) == 1
