"""The parts of the course that are written from `labs.txt` and the readmes: the table, the trees, the notebooks."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from .manifest import NOTEBOOK, README, Lab, Manifest, read_text
from .notebooks import KERNEL, as_text, cell_json

COURSE = "README.md"
FOLDED = ("notebooks", "tests", "text_recognizer/artifacts")  # folders that the tree counts and does not open
NEW_IN = ("text_recognizer/", "training/")  # where the course table looks for new files
NUM_NEW_SHOWN = 6
GLOSS_WIDTH = 110  # characters of a gloss in the tree, at most
DASH = "\N{EN DASH}"
HEAD = "---\njupyter:\n  kernelspec:\n" + "".join(f"    {key}: {value}\n" for key, value in KERNEL.items()) + "---\n\n"


def wanted(root: Path, manifest: Manifest) -> tuple[dict[str, str], list[str]]:
    """What the generated files should hold, and what keeps them from being generated."""
    texts: dict[str, str] = {}
    problems: list[str] = []
    _put(root, COURSE, "labs", course_table(manifest), texts, problems)
    for lab in manifest.labs:
        _put(root, f"{lab.name}/{README}", "tree", f"```text\n{tree(root, lab, manifest)}```\n", texts, problems)
    try:
        for lab in manifest.labs:
            if text := texts.get(f"{lab.name}/{README}"):
                texts[f"{lab.name}/{NOTEBOOK}"] = notebook(text)
    except ImportError:
        problems.append(f"{NOTEBOOK}: notebooks cannot be checked or written without jupytext: run: make setup")
    return texts, problems


def _put(root: Path, name: str, marker: str, part: str, texts: dict[str, str], problems: list[str]) -> None:
    """Add the file's text with the part between its markers; without markers, as it is."""
    first, last = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    if not (root / name).is_file():
        problems.append(f"{name} is missing: write it, with the lines {first} and {last} in it, then make sync")
        return
    text = read_text(root / name)
    pattern = rf"(?ms)^{re.escape(first)}[ \t]*\n.*?^{re.escape(last)}[ \t]*$"
    texts[name], num_found = re.subn(pattern, lambda _: f"{first}\n{part}{last}", text, count=1)
    if not num_found:
        problems.append(f"{name} has no lines {first} and {last}: add the two, one below the other, then make sync")


def course_table(manifest: Manifest) -> str:
    """One row a lab: where it is, what it is about, which modules are new."""
    rows = [
        f"| [{lab.name}]({lab.name}/{README}) | {_cell(lab.title)} | {_new_modules(lab)} |" for lab in manifest.labs
    ]
    return "\n".join(["| Lab | Theme | New in it |", "|---|---|---|", *rows, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or DASH


def _new_modules(lab: Lab) -> str:
    paths = [PurePosixPath(path) for path in lab.marked("+") if path.startswith(NEW_IN) and path.endswith(".py")]
    names = list(dict.fromkeys(f"`{path.name}`" for path in paths if path.name != "__init__.py"))
    shown = names[:NUM_NEW_SHOWN] + (["…"] if len(names) > NUM_NEW_SHOWN else [])
    return ", ".join(shown) or DASH


def tree(root: Path, lab: Lab, manifest: Manifest) -> str:
    """The lab's files, drawn, with what each is for; in the first lab everything is new, so nothing is marked."""
    marks = lab.marks if manifest.before(lab) else {}
    glosses = {path: gloss_of(root / home / path) for path, home in lab.sources.items() if path.endswith(".py")}
    hidden = {path for path in glosses if path.endswith("/__init__.py") and marks.get(path) != "~"}
    rows = [(f"{lab.name}/", "", ""), *_folded_rows(lab.sources, hidden, marks, glosses)]
    width = max(len(row) for row, _, _ in rows) + 2
    note_width = max([len(note) for row, note, _ in rows if not row.endswith(")")], default=0) + 2
    return "".join(f"{row:{width}}{note:{note_width}}{gloss}".rstrip() + "\n" for row, note, gloss in rows)


def gloss_of(filename: Path) -> str:
    """What a module is for: the first sentence of its docstring, without what it says to type; empty if it has none."""
    try:
        text = ast.get_docstring(ast.parse(read_text(filename))) or ""
    except (OSError, SyntaxError):
        return ""  # the check names a file that is missing, the linter one that is broken
    sentence = re.split(r"\.(?:\s|$)|: `", " ".join(text.split("\n\n")[0].split()))[0]
    return sentence if len(sentence) <= GLOSS_WIDTH else sentence[:GLOSS_WIDTH].rsplit(" ", 1)[0] + " …"


Row = tuple[str, str, str]  # a file with its branch, its mark, and what it is for


def _folded_rows(paths: Iterable[str], hidden: set[str], marks: dict[str, str], glosses: dict[str, str]) -> list[Row]:
    """The rows of the tree; a folded folder is one row, which counts its files."""
    words = {"+": "<- NEW", "~": "<- CHANGED"}
    notes = {path: words.get(marks.get(path, ""), "") for path in paths}
    sizes: dict[str, str] = {}
    for folder in FOLDED:
        inside = [path for path in notes if path.startswith(f"{folder}/")]
        for path in inside:
            del notes[path]
        if inside:
            notes[f"{folder}/"] = _count([marks.get(path) for path in inside])
            sizes[f"{folder}/"] = f"  ({len(inside)} file{'s' * (len(inside) != 1)})"
    shown = {path: note for path, note in notes.items() if path not in hidden}
    folders = {path.removesuffix("__init__.py"): gloss for path, gloss in glosses.items() if "__init__" in path}
    modules = {path: gloss for path, gloss in glosses.items() if "__init__" not in path}
    texts = {**modules, **{folder: gloss for folder, gloss in folders.items() if folder not in sizes}}
    return _rows(shown, texts, sizes, "", "")


def _count(marks: list[str | None]) -> str:
    counts = [(marks.count("+"), "NEW"), (marks.count("~"), "CHANGED")]
    words = ", ".join(f"{number} {word}" for number, word in counts if number)
    return f"<- {words}" if words else ""


def _rows(notes: dict[str, str], glosses: dict[str, str], sizes: dict[str, str], folder: str, indent: str) -> list[Row]:
    names = sorted({re.sub("/.*", "/", path) for path in notes})
    rows: list[Row] = []
    for name in names:
        branch, below = ("└── ", "    ") if name == names[-1] else ("├── ", "│   ")
        path = folder + name
        rows.append((indent + branch + name + sizes.get(path, ""), notes.get(name, ""), glosses.get(path, "")))
        if name.endswith("/"):
            inside = {p.removeprefix(name): note for p, note in notes.items() if p[: len(name)] == name != p}
            rows += _rows(inside, glosses, sizes, path, indent + below)
    return rows


def notebook(text: str) -> str:
    """The readme as a notebook whose commands run; the same bytes on every machine."""
    import jupytext  # only notebooks need it, and the rest should run on a bare Python

    cells = jupytext.reads(HEAD + without_comments(text), fmt="md").cells
    return as_text(cell_json(f"cell-{number}", *_cell_content(cell)) for number, cell in enumerate(cells))


def without_comments(text: str) -> str:
    """Drop HTML comments that fill a line, and the doubled blank lines they leave, which would split a cell."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and (not fence or line.strip() == fence):
            fence = "" if fence else mark[1]
        doubled = not line.strip() and not (lines and lines[-1].strip())
        if fence or not (doubled or re.fullmatch(r"<!--.*-->\s*", line)):
            lines.append(line)
    return "\n".join(lines) + "\n"


def _cell_content(cell: dict) -> tuple[str, str]:
    """Kind and source: Python and shell blocks are code, blocks in other languages are text."""
    kind, source = str(cell["cell_type"]), str(cell["source"])
    magic = re.match(r"%%(\w+).*(?:\n|$)", source)
    if kind != "code" or not magic:
        return kind, source
    language, body = magic[1], source[magic.end() :]
    if language in ("sh", "bash"):
        return "code", runnable(body) or source
    return "markdown", f"```{language}\n{body}\n```"


def runnable(commands: str) -> str:
    """Shell commands as a notebook's own, so that their output shows while they run; empty where that cannot be."""
    if re.search(r"(?m)^\s*(for|while|until|if|case|function)\b|<<|^\s+[^\s#]", re.sub(r"\\\n", "", commands)):
        return ""  # more than one line to a command: the block stays a whole under its %%sh
    return "\n".join(_runnable_line(line) for line in re.split(r"(?<!\\)\n", commands))


def _runnable_line(line: str) -> str:
    if not line.strip() or line.startswith(("#", "!", "%")):
        return line
    # `!cd` and `!export` would be forgotten at the end of their line
    if re.fullmatch(r"cd\s+[^&|;]+", line):
        return f"%{line}"
    return re.sub(r"^!export (\w+)=([\"']?)([^&|;]*)\2$", r"%env \1=\3", f"!{line}")
