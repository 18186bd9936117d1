"""Files of the labs that are not what they should be."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT_DIRNAME


@pytest.fixture
def course(tmp_path):
    for lab in ("lab1", "lab2"):
        (tmp_path / lab).mkdir()
        (tmp_path / lab / "a.py").write_text("a = 1\n")
    (tmp_path / "labs.txt").write_text("lab1   # One\n  + a.py\nlab2   # Two\n")
    subprocess.run(
        "git init -q . && git add -A && git -c user.name=x -c user.email=x@y commit -qm x",
        shell=True,
        cwd=tmp_path,
        check=True,
    )
    return tmp_path


def labs(course, command):
    script = str(ROOT_DIRNAME / "tools" / "labs.py")
    done = subprocess.run([sys.executable, script, "--root", str(course), command], capture_output=True)
    text = (done.stdout + done.stderr).decode(errors="replace")
    assert "Traceback" not in text
    return done.returncode, text


@pytest.mark.parametrize("command", ["sync", "check"])
def test_a_source_that_is_a_link_is_refused_and_not_copied(command, course):
    (course / "lab1" / "a.py").unlink()
    (course / "lab1" / "a.py").symlink_to("/etc/passwd")
    status, text = labs(course, command)
    assert status == 1
    assert "is a symbolic link" in text
    assert (course / "lab2" / "a.py").read_text() == "a = 1\n"


@pytest.mark.parametrize("name", [b"new\nline.py", b"no_utf_8_\xe4.py", b"tab\t.py", b"\x1b[31m.py"])
@pytest.mark.parametrize("command", ["sync", "check"])
def test_a_name_that_cannot_be_printed_is_one_line(name, command, course):
    with open(os.path.join(os.fsencode(course), b"lab1", name), "w") as file:
        file.write("x = 1\n")
    status, text = labs(course, command)
    assert status == 1
    assert [line for line in text.splitlines() if "rename it" in line]
