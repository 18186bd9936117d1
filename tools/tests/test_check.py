"""One test for each thing `check` can say."""

import subprocess
import sys

import pytest
from courses import INIT, MANIFEST, UTIL, Course, needs_modes


def test_check_says_that_all_is_well(course: Course) -> None:
    assert course.run("check") == (0, "3 labs in step: 14 files, 9 hand-written\n", "")


def test_check_finds_a_stray_file(course: Course) -> None:
    course.write("lab2/notes.txt", "x")
    course.fails("check", "lab2/notes.txt: is not in labs.txt: add '+ notes.txt' under lab2 in labs.txt, or delete it")


def test_check_finds_a_file_before_its_lab(course: Course) -> None:
    course.write("lab1/training/run.py", "x")
    course.fails("check", "lab1/training/run.py: is new only in lab3: delete it, or move '+ training/run.py' from lab3")


def test_check_finds_a_file_that_should_be_gone(course: Course) -> None:
    course.write("labs.txt", MANIFEST + f"  - {UTIL}\n")
    course.fails(
        "check", f"lab3/{UTIL}: is gone since lab3 ('-' in labs.txt): delete it, or drop '- {UTIL}' under lab3"
    )


def test_check_finds_a_lab_that_is_not_listed(course: Course) -> None:
    course.write("lab4/readme.md", "x")
    course.fails("check", "lab4/readme.md: lab4 is not in labs.txt: add the line 'lab4   # Its title', or delete lab4/")


def test_check_ignores_what_git_ignores(course: Course) -> None:
    course.write("lab2/__pycache__/a.cpython-311.pyc", "x")
    course.write("lab2/.DS_Store", "x")
    assert course.run("check")[0] == 0


def test_check_finds_a_missing_copy(course: Course) -> None:
    course.delete(f"lab3/{UTIL}")
    course.fails("check", f"lab3/{UTIL} is missing (a copy of lab1/{UTIL}): run: make sync")


def test_check_finds_a_missing_source(course: Course) -> None:
    course.delete("lab3/training/run.py")
    course.fails(
        "check", "lab3/training/run.py is missing: write it, or drop 'training/run.py' under lab3 from labs.txt"
    )


def test_check_finds_a_listed_file_that_git_ignores(course: Course) -> None:
    course.write("labs.txt", MANIFEST + "  + weights.pyc\n")
    course.write("lab3/weights.pyc", "x")
    course.fails(
        "check", "lab3/weights.pyc is ignored by git, so no clone will have it: run: git add -f lab3/weights.pyc"
    )


def test_check_finds_a_copy_that_differs(course: Course) -> None:
    course.edit(f"lab2/{UTIL}", "3", "33")
    course.fails("check", f"lab2/{UTIL} differs from its source lab1/{UTIL}: edit lab1/{UTIL}, then make sync")


@needs_modes
def test_check_compares_the_mode(course: Course) -> None:
    (course.root / f"lab2/{UTIL}").chmod(0o755)
    course.fails("check", f"lab2/{UTIL} has mode 100755, not the 100644 of its source lab1/{UTIL}")


@needs_modes
def test_check_finds_a_symbolic_link(course: Course) -> None:
    course.delete(f"lab2/{UTIL}")
    (course.root / f"lab2/{UTIL}").symlink_to(course.root / f"lab1/{UTIL}")
    course.fails("check", f"lab2/{UTIL} is a symbolic link: put a plain file in its place")


def test_check_finds_an_idle_mark(course: Course) -> None:
    course.write(f"lab2/{INIT}", course.read(f"lab1/{INIT}"))
    course.fails("check", f"lab2/{INIT} is marked '~' but equals lab1/{INIT}: drop the mark '~ {INIT}' under lab2")


def test_check_finds_a_missing_readme(course: Course) -> None:
    course.delete("lab2/readme.md")
    course.delete("README.md")
    course.fails(
        "check",
        "lab2/readme.md is missing: write it, with the lines <!-- tree --> and <!-- /tree -->",
        "README.md is missing: write it, with the lines <!-- labs --> and <!-- /labs -->",
    )


def test_check_finds_missing_markers(course: Course) -> None:
    course.write("lab2/readme.md", "# No tree\n")
    course.write("README.md", "# No table\n")
    course.fails(
        "check",
        "lab2/readme.md has no lines <!-- tree --> and <!-- /tree -->: add the two",
        "README.md has no lines <!-- labs --> and <!-- /labs -->: add the two",
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("README.md", "`cnn.py`", "`dnn.py`", "its table of the labs"),
        ("lab2/readme.md", "<- NEW", "<- OLD", "its tree"),
        ("lab2/readme.ipynb", "Some words", "Some other words", "the notebook"),
        ("lab2/readme.md", "Some words", "Some other words", "lab2/readme.ipynb: the notebook"),
    ],
)
def test_check_finds_old_generated_parts(course: Course, name: str, old: str, new: str, what: str) -> None:
    course.edit(name, old, new)
    course.fails("check", what if what.startswith("lab") else f"{name}: {what} is out of date: run: make sync")
    course.syncs()


def test_check_finds_a_missing_notebook(course: Course) -> None:
    course.delete("lab2/readme.ipynb")
    course.fails("check", "lab2/readme.ipynb: the notebook is out of date: run: make sync")


def test_check_without_jupytext_names_make_setup(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jupytext", None)
    course.fails("check", "without jupytext: run: make setup")


def test_check_needs_no_git(course: Course) -> None:
    course.write("lab2/__pycache__/a.pyc", "x")
    course.forget_git()
    assert course.run("check")[0] == 0
    course.write("lab2/stray.py", "x")
    course.fails("check", "lab2/stray.py: is not in labs.txt")


def test_check_needs_no_git_program(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert course.run("check")[0] == 0


def test_check_without_git_believes_the_manifest_more_than_gitignore(course: Course) -> None:
    course.write(".gitignore", "text_recognizer/\n")
    course.forget_git()
    assert course.run("check")[0] == 0


def test_zip_inside_a_foreign_repository_is_not_its_business(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    course.forget_git()
    monkeypatch.delenv("GIT_CEILING_DIRECTORIES")
    subprocess.run(["git", "init", "-q", str(course.root.parent)], check=True)
    (course.root.parent / ".gitignore").write_text("*\n")
    assert course.run("check")[0] == 0
