"""Versions of data sets."""

import json

import pytest

from text_recognizer.data.storage.manifest import diff, main, read_manifest, verify, write_manifest
from text_recognizer.util import UserError


def make(dirname, text="one", **files):
    dirname.mkdir()
    (dirname / "lines.jsonl").write_text(json.dumps({"image": "a.png", "text": text}) + "\n")
    for name, content in files.items():
        (dirname / name).write_text(content)
    return write_manifest(dirname, "CC0", "a test")


def test_the_same_files_are_the_same_version_and_a_changed_letter_makes_another(tmp_path):
    assert make(tmp_path / "a").version == make(tmp_path / "b").version != make(tmp_path / "c", "onE").version
    assert read_manifest(tmp_path / "a").counts == {"files": 1}


def test_what_was_changed_added_and_removed_is_told(tmp_path):
    make(tmp_path / "a", x="1", y="2")
    assert verify(tmp_path / "a") == []
    (tmp_path / "a" / "x").write_text("other")
    (tmp_path / "a" / "y").unlink()
    (tmp_path / "a" / "z").write_text("new")
    (tmp_path / "a" / ".hidden").write_text("does not count")
    assert verify(tmp_path / "a") == ["removed  y", "added    z", "changed  x"]


def test_labels_that_differ_are_shown_one_by_one(tmp_path):
    make(tmp_path / "a")
    make(tmp_path / "b", "two")
    assert diff(tmp_path / "a", tmp_path / "b") == ["label    a.png: 'one' -> 'two'", "changed  lines.jsonl"]


def test_the_commands(tmp_path, capsys):
    make(tmp_path / "a")
    make(tmp_path / "b", "two")
    main(["write", str(tmp_path / "b"), "--licence=CC0", "--source=here", f"--parent={tmp_path / 'a'}"])
    assert read_manifest(tmp_path / "b").parent == read_manifest(tmp_path / "a").version
    main(["verify", str(tmp_path / "a")])
    assert "every file is as listed" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["diff", str(tmp_path / "a"), str(tmp_path / "b")])
    assert stop.value.code == 1
    assert "'one' -> 'two'" in capsys.readouterr().out


def test_a_manifest_that_is_missing_or_was_changed_by_hand_is_refused(tmp_path):
    make(tmp_path / "a")
    filename = tmp_path / "a" / "manifest.json"
    filename.write_text(filename.read_text().replace("lines.jsonl", "other.jsonl"))
    with pytest.raises(UserError, match="its version is not that of its files"):
        verify(tmp_path / "a")
    with pytest.raises(SystemExit, match="no such file"):
        main(["verify", str(tmp_path)])
