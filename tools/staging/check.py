"""What is out of step in the course, as sentences that name the file and the cure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import generated, notebooks
from .manifest import MANIFEST, NOTEBOOK, SPECIAL, Lab, Manifest, load, read_text
from .repo import MODE_LINK, Repo


@dataclass(frozen=True)
class Course:
    """The course as it lies on the disk, with its manifest."""

    root: Path
    manifest: Manifest
    repo: Repo

    @classmethod
    def open(cls, root: Path) -> "Course":
        """Read the manifest of the course at `root`."""
        return cls(root, load(root), Repo(root))


class Check:
    """One look at the whole course; nothing is written."""

    def __init__(self, course: Course) -> None:
        self.course, self.manifest, self.repo = course, course.manifest, course.repo
        self.sources = self.manifest.sources()

    @cached_property
    def files(self) -> set[str]:
        """The files that lie in the labs."""
        special = [f"{lab.name}/{name}" for lab in self.manifest.labs for name in SPECIAL]
        return self.repo.lab_files([*self.sources, *special])

    def problems(self) -> list[str]:
        """All that is wrong, stray files first, since they often explain the rest."""
        looks = self.strange, self.strays, self.executed, self.missing, self.different, self.idle, self.outdated
        return [problem for look in looks for problem in look()]

    def strange(self) -> Iterator[str]:
        """Files whose names a message, `labs.txt` or another system could not hold."""
        for file in sorted(name for name in self.files if not name.isprintable()):
            yield f"{file!a}: its name holds what is no printable text: rename it"

    def strays(self) -> Iterator[str]:
        """Files that `labs.txt` does not know of."""
        labs = {lab.name: lab for lab in self.manifest.labs}
        for file in sorted(name for name in self.files - self.sources.keys() if name.isprintable()):
            name, _, path = file.partition("/")
            if name not in labs:
                yield f"{file}: {name} is not in {MANIFEST}: add the line '{name}   # Its title', or delete {name}/"
            elif path not in SPECIAL:
                yield f"{file}: {self._stray(labs[name], path)}"

    def _stray(self, lab: Lab, path: str) -> str:
        at = self.manifest.labs.index(lab)
        gone = [other.name for other in self.manifest.labs[: at + 1] if other.marks.get(path) == "-"]
        later = [other.name for other in self.manifest.labs[at + 1 :] if other.marks.get(path) == "+"]
        if gone:
            return f"is gone since {gone[-1]} ('-' in {MANIFEST}): delete it, or drop '- {path}' under {gone[-1]}"
        if later:
            return (
                f"is new only in {later[0]}: delete it, or move '+ {path}' from {later[0]} to {lab.name} in {MANIFEST}"
            )
        return f"is not in {MANIFEST}: add '+ {path}' under {lab.name} in {MANIFEST}, or delete it"

    def executed(self) -> Iterator[str]:
        """Notebooks with something in them that nobody wrote: pictures of IAM must not get into git by the way."""
        for file, text in self.notebooks():
            try:
                if text != notebooks.stripped(text):
                    what = "outputs" if notebooks.was_run(text) else "an editor's notes of itself"
                    yield f"{file} holds {what}, and git is to keep notebooks without: run: make sync"
            except ValueError as error:
                yield f"{file} cannot be read as a notebook of the labs: {error}"

    def notebooks(self) -> Iterator[tuple[str, str]]:
        """The labs' own notebooks, and their texts."""
        for file in sorted(self.files):
            if file.endswith(".ipynb") and file.partition("/")[2] not in SPECIAL:
                yield file, read_text(self.course.root / file)

    def missing(self) -> Iterator[str]:
        """Files that `labs.txt` lists and the labs lack."""
        for file, source in self.sources.items():
            if file in self.files:
                continue
            if (self.course.root / file).is_file():
                yield f"{file} is ignored by git, so no clone will have it: run: git add -f {file}"
            elif file != source:
                yield f"{file} is missing (a copy of {source}): run: make sync"
            else:
                name, _, path = file.partition("/")
                yield f"{file} is missing: write it, or drop '{path}' under {name} from {MANIFEST}"

    def different(self) -> Iterator[str]:
        """Copies that are none, and links, which Windows and zip files do not keep."""
        for file, source in self.sources.items():
            one, other = self.repo.content(file), self.repo.content(source)
            if not (one and other):
                continue
            if one[0] == MODE_LINK:
                yield f"{file} is a symbolic link: put a plain file in its place"
            elif one != other:
                what = "differs from" if one[1] != other[1] else f"has mode {one[0]}, not the {other[0]} of"
                path = file.partition("/")[2]
                yield (
                    f"{file} {what} its source {source}: edit {source}, then make sync"
                    f" (or mark it '~ {path}' in {MANIFEST}, if it is meant to be different)"
                )

    def idle(self) -> Iterator[str]:
        """Hand-written versions that change nothing."""
        for old, new in self.manifest.versions():
            content = self.repo.content(new)
            if content and content == self.repo.content(old):
                name, _, path = new.partition("/")
                yield f"{new} is marked '~' but equals {old}: drop the mark '~ {path}' under {name} in {MANIFEST}"

    def outdated(self) -> Iterator[str]:
        """Generated parts that are not what they would be now."""
        texts, problems = generated.wanted(self.course.root, self.manifest)
        yield from problems
        for name in outdated(self.course.root, texts):
            what = {generated.COURSE: "its table of the labs", NOTEBOOK: "the notebook"}.get(
                Path(name).name, "its tree"
            )
            yield f"{name}: {what} is out of date: run: make sync"

    def summary(self) -> str:
        """The one line for when all is well."""
        num_labs = len(self.manifest.labs)
        return f"{num_labs} labs in step: {len(self.sources)} files, {self.manifest.num_marked()} hand-written"


def outdated(root: Path, texts: dict[str, str]) -> list[str]:
    """Names of the files that do not hold these texts, whatever their line ends."""
    return [name for name, text in texts.items() if _text(root / name) != text]


def _text(path: Path) -> str | None:
    return read_text(path) if path.is_file() else None
