"""Notebooks are kept without outputs, and `make notebooks` runs them."""

import json
from pathlib import Path

import nbformat
import notebooks
import pytest
from courses import MANIFEST, Course

from staging.notebooks import stripped

NAME = "notebooks/01-look.ipynb"
MANIFEST_WITH_NOTEBOOK = MANIFEST.replace("lab3 ", f"  + {NAME}\nlab3 ")


def notebook_text(*sources: str, **metadata: object) -> str:
    cells = [nbformat.v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Look", id="head"), *cells])
    notebook.metadata.update(metadata)
    return stripped(nbformat.writes(notebook))


def as_run(text: str) -> str:
    """What an editor saves after a run."""
    whole = json.loads(text)
    whole["metadata"]["language_info"]["version"] = "3.11.9"
    for cell in whole["cells"][1:]:
        cell |= {"execution_count": 3, "outputs": [{"output_type": "stream", "name": "stdout", "text": ["a picture"]}]}
    return json.dumps(whole)


@pytest.fixture
def with_notebook(course: Course) -> Course:
    course.write("labs.txt", MANIFEST_WITH_NOTEBOOK)
    course.write(f"lab2/{NAME}", notebook_text("print(1 + 1)"))
    course.syncs()
    course.commit()
    return course


def test_stripping_leaves_a_valid_notebook_with_what_was_written() -> None:
    text = notebook_text("a = 1\nb = 2", "a + b")
    assert stripped(as_run(text)) == stripped(text) == text
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == ["# Look", "a = 1\nb = 2", "a + b"]
    assert [cell.id for cell in notebook.cells] == ["head", "c0", "c1"]


def test_check_refuses_outputs_in_a_source_and_sync_strips_them(with_notebook: Course) -> None:
    clean = with_notebook.read(f"lab2/{NAME}")
    with_notebook.write(f"lab2/{NAME}", as_run(clean))
    with_notebook.fails("check", f"lab2/{NAME} holds outputs, and git is to keep notebooks without: run: make sync")
    assert f"stripped lab2/{NAME}\n" in with_notebook.syncs()
    assert with_notebook.read(f"lab2/{NAME}") == clean
    assert with_notebook.git("status", "--porcelain") == ""


def test_a_copy_that_was_only_run_is_no_edit(with_notebook: Course) -> None:
    with_notebook.write(f"lab3/{NAME}", as_run(with_notebook.read(f"lab3/{NAME}")))
    with_notebook.fails("check", f"lab3/{NAME} holds outputs")
    with_notebook.syncs()
    assert with_notebook.git("status", "--porcelain") == ""


def test_a_copy_that_was_edited_and_run_keeps_its_edit(with_notebook: Course) -> None:
    with_notebook.write(f"lab3/{NAME}", as_run(notebook_text("print(2 + 2)")))
    status, out, err = with_notebook.run("sync")
    assert status == 1
    assert f"stripped lab3/{NAME}\n" in out
    assert "sync wrote nothing else" in err
    assert "print(2 + 2)" in with_notebook.read(f"lab3/{NAME}")
    assert "a picture" not in with_notebook.read(f"lab3/{NAME}")


@pytest.mark.parametrize("key", ["version", "mimetype"])
def test_check_refuses_what_an_editor_notes_of_itself(with_notebook: Course, key: str) -> None:
    whole = json.loads(with_notebook.read(f"lab2/{NAME}"))
    whole["metadata"]["language_info"][key] = "x"
    with_notebook.write(f"lab2/{NAME}", json.dumps(whole))
    with_notebook.fails("check", f"lab2/{NAME} holds an editor's notes of itself")
    with_notebook.syncs()


@pytest.mark.parametrize(
    ("text", "words"),
    [("<<<<<<< HEAD", "Expecting value"), ("[]", "it lacks what a notebook has"), ('{"cells": [{}]}', "it lacks")],
)
def test_check_says_what_is_no_notebook(with_notebook: Course, text: str, words: str) -> None:
    for lab in ("lab2", "lab3"):
        with_notebook.write(f"{lab}/{NAME}", text)
    with_notebook.fails("check", f"lab2/{NAME} cannot be read as a notebook of the labs: {words}")


def test_a_pasted_picture_is_neither_lost_nor_published(with_notebook: Course) -> None:
    whole = json.loads(with_notebook.read(f"lab2/{NAME}"))
    whole["cells"][0]["attachments"] = {"page.png": {"image/png": "aaaa"}}
    with_notebook.write(f"lab2/{NAME}", json.dumps(whole))
    with_notebook.fails("check", f"lab2/{NAME}", "cell head has a picture pasted in")


def run_all(course: Course, *names: str) -> tuple[int, str]:
    assert course.capsys
    course.capsys.readouterr()
    status = notebooks.main(list(names), course.root)
    return status, course.capsys.readouterr().out


def test_notebooks_run_in_their_own_folder_and_leave_the_source_alone(with_notebook: Course) -> None:
    with_notebook.write(f"lab2/{NAME}", notebook_text("from pathlib import Path", "print(Path.cwd())"))
    status, out = run_all(with_notebook)
    assert status == 0
    assert out.startswith(f"lab2/{NAME} ")
    assert "1 of 1 notebooks ran" in out  # lab 3 has a copy only
    executed = with_notebook.root / "build" / "notebooks" / "lab2" / Path(NAME).name
    assert json.dumps(str(with_notebook.root / "lab2" / "notebooks"))[1:-1] in executed.read_text()
    assert with_notebook.run("check")[2].count("holds outputs") == 0


def test_a_failing_cell_is_shown_and_fails(with_notebook: Course) -> None:
    with_notebook.write(f"lab2/{NAME}", notebook_text("x = 1", "x / 0"))
    status, out = run_all(with_notebook, "2")
    assert status == 1
    assert "x / 0" in out
    assert "ZeroDivisionError" in out
    assert "0 of 1 notebooks ran" in out


def test_a_mistake_of_the_user_is_one_line(with_notebook: Course) -> None:
    cell = "class UserError(ValueError): pass\nraise UserError('matlab.zip is missing')"
    with_notebook.write(f"lab2/{NAME}", notebook_text(cell))
    assert "failed: matlab.zip is missing\n0 of 1" in run_all(with_notebook)[1]


def test_an_unknown_lab_is_named(with_notebook: Course) -> None:
    assert notebooks.main(["9"], with_notebook.root) == 2
