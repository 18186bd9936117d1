"""`labs.txt`: which file is hand-written in which lab.

A lab is opened by its name, with its title as the comment behind it. The lines below it carry a mark and a path, posix
and relative to the lab: `+` new here, `~` a new hand-written version here, `-` gone from here on. A file's source in a
lab is the last lab at or before it with `+` or `~`; all else in a lab is a byte copy of that source.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

MANIFEST = "labs.txt"
README = "readme.md"  # every lab's own text, written by hand in every lab: never listed, never copied
NOTEBOOK = "readme.ipynb"  # generated from the text in every lab: never listed, never copied
SPECIAL = (README, NOTEBOOK)


class ManifestError(ValueError):
    """`labs.txt`, or the command line's word on it, cannot be understood."""


@dataclass(frozen=True)
class Lab:
    """One lab: its marks in the order of `labs.txt`, and for each of its files the lab that holds the source."""

    name: str
    title: str
    marks: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def marked(self, marks: str) -> list[str]:
        """Paths that carry one of these marks here."""
        return [path for path, mark in self.marks.items() if mark in marks]


class Manifest:
    """The labs of the course in their order."""

    def __init__(self, labs: list[Lab]) -> None:
        self.labs = labs

    def find(self, name: str) -> Lab:
        """The lab called `3` or `lab3`."""
        wanted = name if name.startswith("lab") else f"lab{name}"
        for lab in self.labs:
            if lab.name == wanted:
                return lab
        names = ", ".join(lab.name for lab in self.labs)
        raise ManifestError(f"{MANIFEST} has no lab called {name!r}: choose one of {names}")

    def before(self, lab: Lab) -> Lab | None:
        """The lab's predecessor."""
        index = self.labs.index(lab)
        return self.labs[index - 1] if index else None

    def sources(self) -> dict[str, str]:
        """Each file of each lab with its source: `lab5/a.py` with `lab2/a.py`. A source is its own."""
        return {f"{lab.name}/{path}": f"{home}/{path}" for lab in self.labs for path, home in lab.sources.items()}

    def copies(self) -> Iterator[tuple[str, str]]:
        """Each copy with its source."""
        return ((copy, source) for copy, source in self.sources().items() if copy != source)

    def versions(self) -> Iterator[tuple[str, str]]:
        """Each pair of consecutive hand-written versions, an older pair before a newer one."""
        for before, lab in zip(self.labs, self.labs[1:], strict=False):
            for path in lab.marked("~"):
                yield f"{before.sources[path]}/{path}", f"{lab.name}/{path}"

    def num_marked(self) -> int:
        """How many files are hand-written, the labs' readmes apart."""
        return sum(len(lab.marked("+~")) for lab in self.labs)


def read_text(path: Path) -> str:
    """A text file's content with plain line ends."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path} is not UTF-8 ({error.reason}): save it as UTF-8") from None


def load(root: Path) -> Manifest:
    """Read `labs.txt`; each lab in it must have its directory."""
    if not (root / MANIFEST).is_file():
        raise ManifestError(f"{root / MANIFEST} is missing: write it, or name the course with --root DIR")
    manifest = parse(read_text(root / MANIFEST))
    lost = " ".join(lab.name for lab in manifest.labs if not (root / lab.name).is_dir())
    if lost:
        raise ManifestError(f"{MANIFEST} names labs without a directory: mkdir {lost}, or drop them from {MANIFEST}")
    return manifest


def parse(text: str) -> Manifest:
    """Read the text of a manifest; a mistake stops with its line number."""
    labs: list[Lab] = []
    for number, line in enumerate(text.splitlines(), 1):
        words, _, comment = (part.strip() for part in _split_comment(line))
        try:
            _add_line(labs, words, comment)
        except ManifestError as error:
            raise ManifestError(f"{MANIFEST}:{number}: {error}") from None
    if not labs:
        raise ManifestError(f"{MANIFEST} names no lab: begin it with a line such as: lab1   # Title of the first lab")
    return Manifest(labs)


def _split_comment(line: str) -> tuple[str, str, str]:
    hit = re.search(r"(^|\s)#", line)
    return (line[: hit.start()], "#", line[hit.end() :]) if hit else (line, "", "")


def _add_line(labs: list[Lab], words: str, comment: str) -> None:
    if not words:
        return
    if re.fullmatch(r"lab\d+", words):
        labs.append(_open_lab(labs, words, comment))
        return
    mark, *path = words.split(maxsplit=1)
    if mark not in ("+", "~", "-") or not path:
        raise ManifestError(f"expected a lab such as 'lab3   # Title', or '+', '~' or '-' and a path; got {words!r}")
    if not labs:
        raise ManifestError(f"'{words}' comes before any lab: put a line such as 'lab1   # Title' above it")
    _mark(labs, mark, path[0])


def _open_lab(labs: list[Lab], name: str, title: str) -> Lab:
    number = int(name.removeprefix("lab"))
    if labs and number <= int(labs[-1].name.removeprefix("lab")):
        raise ManifestError(f"{name} comes after {labs[-1].name}: name each lab once, in rising order")
    return Lab(name, title, {}, dict(labs[-1].sources) if labs else {})


def _mark(labs: list[Lab], mark: str, path: str) -> None:
    lab = labs[-1]
    if fault := _fault(labs, mark, path):
        raise ManifestError(fault)
    lab.marks[path] = mark
    if mark == "-":
        del lab.sources[path]
    else:
        lab.sources[path] = lab.name


def _fault(labs: list[Lab], mark: str, path: str) -> str | None:
    lab, home = labs[-1], labs[-1].sources.get(path)
    if path in SPECIAL:
        return f"{path} belongs to every lab and is never listed: drop the line"
    if PurePosixPath(path).as_posix() != path or path[0] == "/" or "\\" in path or ".." in path.split("/"):
        return f"{path!r} is no path inside a lab: write it like text_recognizer/data/mnist.py"
    if path in lab.marks:
        return f"{path} is marked twice in {lab.name}: drop one of the lines"
    if mark == "+" and home:
        return f"'+ {path}', but {home} has it already: write '~ {path}' for a new version of it"
    if mark != "+" and not home:
        return f"'{mark} {path}', but no lab before {lab.name} has it: write '+ {path}', or mend the path"
    return None
