import errno
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from text_recognizer.util import UserError, sha256_of, write_atomically

LAB_DIRNAME = Path(__file__).resolve().parents[1]
KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from text_recognizer.util import write_atomically
with write_atomically(Path(sys.argv[1])) as file:
    file.write(b"new" * 100_000)
    file.flush()
    os.fsync(file.fileno())
    if sys.argv[2] == "exit":
        os._exit(7)
    os.kill(os.getpid(), signal.SIGKILL)
"""
RETURN_CODES = {"exit": 7} if sys.platform == "win32" else {"exit": 7, "kill": -signal.SIGKILL}


def test_a_file_appears_under_its_name_when_the_block_has_ended(tmp_path):
    filename = tmp_path / "new" / "directory" / "file.bin"
    with write_atomically(filename) as file:
        file.write(b"first")
        assert not filename.exists()
        file.write(b"second")
    assert filename.read_bytes() == b"firstsecond"
    assert list(filename.parent.iterdir()) == [filename]


def test_what_killed_processes_left_is_cleared_away_and_what_others_write_is_not(tmp_path):
    stale, fresh, other = (tmp_path / name for name in ("file.bin.1.part", "file.bin.2.part", "else.bin.3.part"))
    for part in (stale, fresh, other):
        part.write_bytes(b"half")
    for part in (stale, other):
        os.utime(part, (0, 0))
    with write_atomically(tmp_path / "file.bin") as file:
        file.write(b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "file.bin", fresh, other])


def test_an_old_file_stays_whole_until_the_new_one_is(tmp_path):
    filename = tmp_path / "file.bin"
    filename.write_bytes(b"old and longer")
    with write_atomically(filename) as file:
        file.write(b"new")
        file.flush()
        assert filename.read_bytes() == b"old and longer"
    assert filename.read_bytes() == b"new"


def fail_in_the_middle(filename, exception):
    with write_atomically(filename) as file:
        file.write(b"half")
        raise exception


@pytest.mark.parametrize("exception", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing(tmp_path, exception):
    with pytest.raises(exception):
        fail_in_the_middle(tmp_path / "file.bin", exception)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def no_space(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)  # not all is on the disk until then
    with pytest.raises(OSError, match="No space"), write_atomically(tmp_path / "file.bin") as file:
        file.write(b"whole")
    with pytest.raises(RuntimeError):
        fail_in_the_middle(tmp_path / "file.bin", RuntimeError)
    assert list(tmp_path.iterdir()) == []


def hide(reason):
    """Fail as torch.save does: after an error its archive cannot be closed, and what is raised is that."""
    try:
        raise reason
    finally:
        raise RuntimeError("unexpected pos 64 vs 0")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
def test_a_full_disk_is_named_even_if_a_package_hides_it(number, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"old")
    with pytest.raises(OSError, match=os.strerror(number)) as error, write_atomically(tmp_path / "file.bin"):
        hide(OSError(number, os.strerror(number)))
    assert error.value.filename == str(tmp_path / "file.bin")
    with pytest.raises(RuntimeError, match="unexpected"), write_atomically(tmp_path / "file.bin"):
        hide(ValueError())
    assert (tmp_path / "file.bin").read_bytes() == b"old"


def test_an_exception_keeps_the_old_file(tmp_path):
    filename = tmp_path / "file.bin"
    filename.write_bytes(b"old")
    with pytest.raises(RuntimeError):
        fail_in_the_middle(filename, RuntimeError)
    assert filename.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [filename]


@pytest.mark.parametrize("end", RETURN_CODES)
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_killed_process_leaves_no_half_file_under_the_name(tmp_path, end, old):
    filename = tmp_path / "file.bin"
    if old is not None:
        filename.write_bytes(old)
    command = [sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(filename), end]
    result = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(LAB_DIRNAME)}, check=False)
    assert result.returncode == RETURN_CODES[end]
    assert (filename.read_bytes() if filename.exists() else None) == old


def test_what_a_killed_process_left_is_not_in_the_way(tmp_path):
    filename = tmp_path / "file.bin"
    with write_atomically(filename) as file:
        [part] = tmp_path.iterdir()
        file.write(b"first")
    part.write_bytes(b"left by a process that had the same number")
    with write_atomically(filename) as file:
        file.write(b"second")
    assert filename.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [filename]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (b"\r\n\x00" * 500_000, hashlib.sha256(b"\r\n\x00" * 500_000).hexdigest()),
    ],
)
def test_sha256_is_that_of_the_bytes(tmp_path, content, expected):
    (tmp_path / "file.bin").write_bytes(content)
    assert sha256_of(tmp_path / "file.bin") == expected


def test_a_user_error_is_a_value_error():
    assert issubclass(UserError, ValueError)


def test_a_notebook_shows_a_mistake_of_the_user_in_one_line(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell_module = pytest.importorskip("IPython.core.interactiveshell")
    shell = shell_module.InteractiveShell()
    result = shell.run_cell(
        "from text_recognizer.util import UserError\nraise UserError('--fc1=0: expected 1 or more')"
    )
    assert isinstance(result.error_in_exec, UserError)
    assert capsys.readouterr().out == "error: --fc1=0: expected 1 or more\n"
