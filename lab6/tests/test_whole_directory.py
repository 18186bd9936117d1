import os
from pathlib import Path

import pytest

from text_recognizer.whole_directory import write_whole_directory


@pytest.fixture
def dirname(tmp_path):
    return tmp_path / "artifacts" / "model"


def write(dirname, text):
    with write_whole_directory(dirname) as new:
        (new / "file").write_text(text)


def test_a_directory_appears_when_the_block_has_ended(dirname):
    with write_whole_directory(dirname) as new:
        (new / "file").write_text("text")
        assert not dirname.exists()
    assert [path.name for path in dirname.parent.iterdir()] == ["model"]
    assert (dirname / "file").read_text() == "text"


def test_the_new_directory_takes_the_place_of_the_old_one(dirname):
    write(dirname, "old")
    (dirname / "left over").write_text("old")
    write(dirname, "new")
    assert [path.name for path in dirname.parent.iterdir()] == ["model"]
    assert [path.read_text() for path in dirname.iterdir()] == ["new"]


def write_and_fail(dirname, error):
    with write_whole_directory(dirname) as new:
        (new / "file").write_text("new")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_old_directory_stays_if_anything_goes_wrong(dirname, error):
    write(dirname, "old")
    with pytest.raises(error):
        write_and_fail(dirname, error)
    assert [path.name for path in dirname.parent.iterdir()] == ["model"]
    assert (dirname / "file").read_text() == "old"


def test_the_old_directory_comes_back_if_the_new_one_cannot_take_its_place(dirname, monkeypatch):
    write(dirname, "old")
    rename = Path.rename

    def fail(self, target):
        if self.name.endswith(".part"):
            raise OSError("no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no"):
        write(dirname, "new")
    assert [path.name for path in dirname.parent.iterdir()] == ["model"]
    assert (dirname / "file").read_text() == "old"


def test_what_a_process_with_the_same_number_left_is_no_part_of_the_new_one(dirname):
    left_over = dirname.with_name(f".model.{os.getpid()}.part")
    left_over.mkdir(parents=True)
    (left_over / "half").write_text("old")
    write(dirname, "new")
    assert [path.name for path in dirname.iterdir()] == ["file"]
