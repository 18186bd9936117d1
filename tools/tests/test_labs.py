"""The command line: the lecture, the owned tests, usage."""

import subprocess
import sys
from pathlib import Path

import labs
import pytest
from courses import CNN, INIT, MANIFEST, UTIL, Course

from staging.manifest import parse


def test_diff_shows_the_new_and_the_changed_but_no_copies(course: Course) -> None:
    course.edit(f"lab2/{INIT}", "of lab2", "of Lab 2")
    status, out, err = course.run("diff", "2")
    assert (status, err) == (0, "")
    assert out.startswith(f"lab2   # Convolutions\nagainst lab1: 1 new, 1 changed, 0 gone\n\n+ {CNN}  (new)\n")
    assert f"--- /dev/null\n+++ lab2/{CNN}\n@@ -0,0 +1,4 @@\n+# {CNN} of lab2\n+line = 2\n" in out
    assert f"~ {INIT}  (changed)\n--- lab1/{INIT}\n+++ lab2/{INIT}\n" in out
    assert f"-# {INIT} of lab1\n+# {INIT} of Lab 2\n line = 2\n" in out
    assert UTIL not in out
    assert "\033" not in out


def test_diff_of_the_first_lab_is_all_of_it(course: Course) -> None:
    out = course.run("diff", "lab1")[1]
    assert "against nothing: 3 new, 0 changed, 0 gone" in out
    assert out.count("--- /dev/null") == 3


def test_diff_does_not_spill_what_is_no_text(course: Course) -> None:
    course.write("labs.txt", MANIFEST + f"  + notebooks/a.ipynb\n  + model.pt\n  - {UTIL}\n  + lost.py\n")
    course.write("lab3/notebooks/a.ipynb", "{}")
    (course.root / "lab3/model.pt").write_bytes(b"\x80\0\xff" * 1000)
    out = course.run("diff", "3")[1]
    assert "+ notebooks/a.ipynb  (new)\n  (a notebook: not shown)\n" in out
    assert "+ model.pt  (new)\n  (not text, 3,000 bytes: not shown)\n" in out
    assert f"- {UTIL}  (gone)\n" in out
    assert "lab3/lost.py is missing: make check says what to do" in out


def test_diff_in_colour_for_a_terminal(course: Course) -> None:
    manifest = parse(MANIFEST)
    lines = list(labs.lecture(course.root, manifest, manifest.find("2"), colour=True))
    assert "\033[32m+line = 2\033[0m" in lines
    assert f"\033[1m--- lab1/{INIT}\033[0m" in lines


def test_owned_lists_the_lab_s_tests(course: Course) -> None:
    assert course.run("owned", "3")[1] == "tests/test_run.py\ntests/test_util.py\n"
    assert course.run("owned", "lab2")[1] == ""


def test_as_a_script_from_anywhere(course: Course, tmp_path: Path) -> None:
    command = [sys.executable, labs.__file__, "check", "--root", str(course.root)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_usage_error_is_two() -> None:
    with pytest.raises(SystemExit) as stop:
        labs.main(["tree"])
    assert stop.value.code == 2
