"""The parts of the course that are written from `labs.txt` and the readmes: the table, the trees, the notebooks."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from .manifest import NOTEBOOK, README, Lab, Manifest, read_text
from .notebooks import KERNEL, as_text, cell_json

COURSE = "README.md"
FOLDED = ("notebooks", "tests")  # folders that the tree counts and does not open
NEW_IN = ("text_recognizer/", "training/")  # where the course table looks for new files
NUM_NEW_SHOWN = 6
DASH = "\N{EN DASH}"
HEAD = "---\njupyter:\n  kernelspec:\n" + "".join(f"    {key}: {value}\n" for key, value in KERNEL.items()) + "---\n\n"


def wanted(root: Path, manifest: Manifest) -> tuple[dict[str, str], list[str]]:
    """What the generated files should hold, and what keeps them from being generated."""
    texts: dict[str, str] = {}
    problems: list[str] = []
    _put(root, COURSE, "labs", course_table(manifest), texts, problems)
    for lab in manifest.labs:
        _put(root, f"{lab.name}/{README}", "tree", f"```text\n{tree(lab, manifest)}```\n", texts, problems)
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
    shown = names[:NUM_NEW_SHOWN] + ["…"] * (len(names) > NUM_NEW_SHOWN)
    return ", ".join(shown) or DASH


def tree(lab: Lab, manifest: Manifest) -> str:
    """The lab's files, drawn; in the first lab everything is new, so nothing is marked."""
    marks = lab.marks if manifest.before(lab) else {}
    rows = [(f"{lab.name}/", ""), *_folded_rows(lab.sources, marks)]
    width = max(len(row) for row, _ in rows) + 2
    return "".join(f"{row:{width}}{note}".rstrip() + "\n" for row, note in rows)


def _folded_rows(paths: Iterable[str], marks: dict[str, str]) -> list[tuple[str, str]]:
    """The rows of the tree; a folded folder is one row."""
    words = {"+": "<- NEW", "~": "<- CHANGED"}
    notes = {path: words.get(marks.get(path, ""), "") for path in paths}
    for folder in FOLDED:
        inside = [path for path in notes if path.startswith(f"{folder}/")]
        for path in inside:
            del notes[path]
        if inside:
            notes[f"{folder}/"] = _count([marks.get(path) for path in inside])
    sizes = {f"{folder}/": len([path for path in paths if path.startswith(f"{folder}/")]) for folder in FOLDED}
    return [(row + _size(sizes.get(row[4:], 0)), note) for row, note in _rows(notes, "")]


def _size(num_files: int) -> str:
    return f"  ({num_files} file{'s' * (num_files != 1)})" if num_files else ""


def _count(marks: list[str | None]) -> str:
    counts = [(marks.count("+"), "NEW"), (marks.count("~"), "CHANGED")]
    words = ", ".join(f"{number} {word}" for number, word in counts if number)
    return f"<- {words}" if words else ""


def _rows(notes: dict[str, str], indent: str) -> list[tuple[str, str]]:
    names = sorted({re.sub("/.*", "/", path) for path in notes})
    rows: list[tuple[str, str]] = []
    for name in names:
        branch, below = ("└── ", "    ") if name == names[-1] else ("├── ", "│   ")
        rows.append((indent + branch + name, notes.get(name, "")))
        if name.endswith("/"):
            rows += _rows(
                {p.removeprefix(name): note for p, note in notes.items() if p[: len(name)] == name != p}, indent + below
            )
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
