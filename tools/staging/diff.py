"""A lab against its predecessor, without the copies: this is the lecture."""

from collections.abc import Iterable, Iterator
from difflib import unified_diff
from pathlib import Path

from .manifest import Lab, Manifest

BOLD, PLAIN = "\033[1m", "\033[0m"
COLOURS = {"+++": BOLD, "---": BOLD, "+": "\033[32m", "-": "\033[31m", "@": "\033[36m"}
WORDS = {"+": "new", "~": "changed", "-": "gone"}


def lecture(root: Path, manifest: Manifest, lab: Lab, colour: bool = False) -> Iterator[str]:
    """The lines of the whole lecture."""
    before = manifest.before(lab)
    counts = ", ".join(f"{len(lab.marked(mark))} {word}" for mark, word in WORDS.items())
    yield f"{lab.name}   # {lab.title}"
    yield f"against {before.name if before else 'nothing'}: {counts}"
    for path, mark in lab.marks.items():
        yield ""
        yield f"{mark} {path}  ({WORDS[mark]})"
        if mark != "-":
            old = root / before.name / path if before and mark == "~" else None
            lines = _file_diff(root, old, root / lab.name / path)
            yield from _coloured(lines) if colour else lines


def _file_diff(root: Path, old: Path | None, new: Path) -> Iterable[str]:
    name, new_name = (file.relative_to(root).as_posix() if file else "/dev/null" for file in (old, new))
    try:
        one, other = _lines(old), _lines(new)
    except FileNotFoundError as error:
        missing = Path(error.filename).relative_to(root).as_posix()
        return [f"  {missing} is missing: make check says what to do"]
    except ValueError as error:
        return [f"  ({error}: not shown)"]
    return unified_diff(one, other, name, new_name, lineterm="")


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    if file.suffix == ".ipynb":
        raise ValueError("a notebook")
    data = file.read_bytes()
    try:
        if b"\0" not in data:
            return data.decode().splitlines()
    except UnicodeDecodeError:
        pass
    raise ValueError(f"not text, {len(data):,} bytes")


def _coloured(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        colour = COLOURS.get(line[: 3 if number < 2 else 1], "")
        yield f"{colour}{line}{PLAIN}" if colour else line
