"""What git would store is what counts, and weights go where they belong."""

import subprocess
from pathlib import Path

import pytest
import refuse_large_files

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[2]
SHIPPED = "lab7/text_recognizer/artifacts/paragraph_text_recognizer/model.pt"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(repository, name, size):
    (repository / name).parent.mkdir(parents=True, exist_ok=True)
    (repository / name).write_bytes(b"\1" * size)


def stage(repository, name):
    subprocess.run(["git", "-C", repository, "add", "--force", name], check=True)


def complain(*names):
    return [refuse_large_files.complaint(name) for name in names]


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("notes.txt", 500_000, None),
        ("picture.png", 500_001, "picture.png: 500,001 bytes, expected 500,000 at most. Data goes to data/downloaded/"),
        (SHIPPED, 35_000_000, None),
        (SHIPPED, 35_000_001, "expected 35,000,000 at most. Ship a smaller model"),
        (SHIPPED.replace("lab7", "lab3"), 500_001, "Weights go through Git LFS: make lfs"),
        (SHIPPED.replace("model.pt", "page.png"), 500_001, "expected 500,000 at most"),
        ("best.ckpt", 500_001, "Weights go through Git LFS: make lfs"),
    ],
)
@pytest.mark.parametrize("staged", [True, False])
def test_a_file_that_is_too_large_is_named_with_the_cure(name, size, expected, staged, repository):
    write(repository, name, size)
    if staged:
        stage(repository, name)
    (found,) = complain(name)
    assert found is None if expected is None else expected in found


def test_weights_in_lfs_count_as_their_pointer(repository):
    (repository / "best.ckpt").write_bytes(POINTER)
    stage(repository, "best.ckpt")
    write(repository, "best.ckpt", 1_000_000)  # what LFS leaves in the working tree
    assert complain("best.ckpt") == [None]


def attributes_of(name):
    command = ["git", "check-attr", "filter", "text", "--", name]
    lines = subprocess.run(command, cwd=REPOSITORY_DIRNAME, capture_output=True, text=True, check=True).stdout
    return dict(line.rsplit(": ", 2)[1:] for line in lines.splitlines())


@pytest.mark.parametrize("name", ["best.ckpt", "lab3/weights/model.pt", "lab7/text_recognizer/model.pt"])
def test_weights_go_through_lfs(name):
    assert attributes_of(name) == {"filter": "lfs", "text": "unset"}


def test_the_weights_that_the_course_ships_do_not():
    assert attributes_of(SHIPPED) == {"filter": "unspecified", "text": "unset"}
