"""The trees, the course table and the notebooks."""

import json
from pathlib import Path

import pytest
from courses import Course

from staging import generated
from staging.manifest import parse


def test_tree_of_a_later_lab(course: Course) -> None:
    assert course.run("tree", "3")[1] == (
        "lab3/\n"
        "├── tests/  (3 files)  <- 2 NEW, 1 CHANGED\n"
        "├── text_recognizer/\n"
        "│   ├── models/\n"
        "│   │   └── cnn.py\n"
        "│   └── util.py\n"
        "└── training/\n"
        "    └── run.py         <- NEW\n"
    )


def test_tree_marks_changes_but_nothing_in_the_first_lab(course: Course) -> None:
    assert "    ├── __init__.py   <- CHANGED\n" in course.run("tree", "lab2")[1]
    first = course.run("tree", "1")[1]
    assert "<-" not in first
    assert "tests/  (1 file)\n" in first


@pytest.mark.parametrize(
    ("docstring", "gloss"),
    [
        ("Adds numbers. And more.\n\nLetters: N.", "Adds numbers"),
        ("Adds numbers: `python add.py 1 2`.", "Adds numbers"),
        ("Adds\nnumbers", "Adds numbers"),
        ("", ""),
        ("word " * 30, "word " * 22 + "…"),
    ],
)
def test_tree_says_what_a_module_is_for(tmp_path: Path, docstring: str, gloss: str) -> None:
    (tmp_path / "a.py").write_text(f'"""{docstring}"""\n' if docstring else "x = 1\n")
    assert generated.gloss_of(tmp_path / "a.py") == gloss


def test_tree_names_a_package_by_the_docstring_of_its_init(course: Course) -> None:
    course.write("lab1/text_recognizer/__init__.py", '"""Reads."""\n')
    course.write("lab1/text_recognizer/util.py", '"""Small helpers."""\n')
    rows = course.run("tree", "1")[1].splitlines()
    assert [row.split("  ")[-1].strip() for row in rows if "text_recognizer/" in row or "util" in row] == [
        "Reads",
        "Small helpers",
    ]


def test_tree_stands_in_the_readme(course: Course) -> None:
    tree = course.run("tree", "2")[1]
    assert f"words.\n\n<!-- tree -->\n```text\n{tree}```\n<!-- /tree -->\n\n## Run" in course.read("lab2/readme.md")


def test_course_table(course: Course) -> None:
    assert course.read("README.md") == (
        "# Course\n\n<!-- labs -->\n"
        "| Lab | Theme | New in it |\n|---|---|---|\n"
        "| [lab1](lab1/readme.md) | First steps | `util.py` |\n"
        "| [lab2](lab2/readme.md) | Convolutions | `cnn.py` |\n"
        "| [lab3](lab3/readme.md) | Running \\| and more | `run.py` |\n"
        "<!-- /labs -->\n\nThe end.\n"
    )


def test_course_table_is_short() -> None:
    files = "".join(f"  + training/m{number}.py\n" for number in range(8))
    rows = generated.course_table(parse(f"lab1\n  + tests/a.py\nlab2  # Two\n{files}")).splitlines()[2:]
    assert rows[0] == "| [lab1](lab1/readme.md) | \N{EN DASH} | \N{EN DASH} |"
    assert rows[1].endswith("| `m0.py`, `m1.py`, `m2.py`, `m3.py`, `m4.py`, `m5.py`, … |")


def test_notebook_has_runnable_commands_and_the_tree(course: Course) -> None:
    text = course.read("lab3/readme.ipynb")
    notebook = json.loads(text)
    assert [cell["cell_type"] for cell in notebook["cells"]] == ["markdown", "code"]
    assert [cell["id"] for cell in notebook["cells"]] == ["cell-0", "cell-1"]
    words, code = ("".join(cell["source"]) for cell in notebook["cells"])
    assert code == "!python training/run.py --a=1 \\\n    --b=2\n\n# and then\n!make x"
    assert "└── training/" in words
    assert "<!--" not in words
    assert notebook["cells"][1]["outputs"] == []
    assert notebook["metadata"].keys() == {"kernelspec", "language_info"}
    assert text.endswith("}\n")


def test_notebook_is_the_same_each_time(course: Course) -> None:
    text = course.read("lab1/readme.md")
    assert generated.notebook(text) == generated.notebook(text) == course.read("lab1/readme.ipynb")


def test_notebook_is_a_valid_one(course: Course) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.reads(course.read("lab1/readme.ipynb"), as_version=4))


def cells(text: str) -> list[tuple[str, str]]:
    return [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(generated.notebook(text))["cells"]]


def test_notebook_cells_by_language() -> None:
    blocks = {"python": "x = 1\n\n\ny = 2", "text": "a\nb", "html": "<b>", "json": "{}", "bash": "ls", "": "plain"}
    text = "".join(f"```{language}\n{body}\n```\n\nand\n\n" for language, body in blocks.items())
    code = [source for kind, source in cells(text) if kind == "code"]
    words = "".join(source for kind, source in cells(text) if kind == "markdown")
    assert code == ["x = 1\n\n\ny = 2", "!ls"]
    for language in ("text", "html", "json", ""):
        assert f"```{language}\n{blocks[language]}\n```" in words


def test_notebook_without_python_is_a_python_notebook_still() -> None:
    assert cells("```sh\nls\n```\n") == [("code", "!ls")]


@pytest.mark.parametrize(
    ("commands", "cell"),
    [
        ("cd ..\nls", "%cd ..\n!ls"),
        ("cd .. && ls", "!cd .. && ls"),
        ("export A='b c'", "%env A=b c"),
        ("A=1 make x", "!A=1 make x"),
        ("for a in b; do\n  ls\ndone", ""),
        ("cat <<END\nwords\nEND", ""),
    ],
)
def test_runnable_commands(commands: str, cell: str) -> None:
    assert generated.runnable(commands) == cell
    assert cells(f"```sh\n{commands}\n```\n") == [("code", cell or f"%%sh\n{commands}")]
