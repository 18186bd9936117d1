"""Carry sources forward into their copies, without ever losing an edit.

A copy may be overwritten if nobody edited it: it is what `sync` itself wrote last, or what the last commit holds as a
true copy, or what it was in the newest commit in which it equalled its source. All copies are examined before the
first is written.
"""

import shlex
from functools import cached_property

from .check import Check, Course, outdated
from .generated import wanted
from .manifest import MANIFEST, ManifestError, parse
from .notebooks import stripped
from .repo import write

SYNC = "sync"


class Sync:
    """What there is to copy, and what stands in the way."""

    def __init__(self, course: Course) -> None:
        self.course, self.repo = course, course.repo
        pairs = [(copy, source) for copy, source in course.manifest.copies() if (course.root / source).is_file()]
        self.pairs = [(copy, source) for copy, source in pairs if self.repo.content(copy) != self.repo.content(source)]
        self.clashes = [pair for pair in self.pairs if (course.root / pair[0]).is_file()]

    def refusals(self) -> list[str]:
        """Why nothing may be written: one sentence for each copy that holds someone's work.

        The same for a source that is a link, which would copy the content of a file that lies anywhere.
        """
        sources = sorted({source for _, source in self.course.manifest.copies()})
        if links := [source for source in sources if (self.course.root / source).is_symlink()]:
            return [f"{source} is a symbolic link: put a plain file in its place" for source in links]
        if self.clashes and self.repo.no_history:
            names = ", ".join(f"{copy} (a copy of {source})" for copy, source in self.clashes)
            return [f"not in step: {names}; {self.repo.needs_history(SYNC)}"]
        return [words for copy, source in self.clashes if (words := self._refusal(copy, source))]

    @cached_property
    def _now(self) -> dict[str, str]:
        return self.repo.stamps({name for pair in self.clashes for name in pair})

    @cached_property
    def _head(self) -> dict[str, str]:
        return self.repo.commit_stamps()

    @cached_property
    def _written(self) -> dict[str, str]:
        return self.repo.recall(SYNC)

    @cached_property
    def _head_sources(self) -> dict[str, str]:
        """Who was whose copy in the last commit: a mark dropped or added since then makes no copy an edited one."""
        try:
            return parse(self.repo.blob(self._head[MANIFEST]).decode()).sources()
        except (KeyError, UnicodeDecodeError, ManifestError):
            return {}

    def _base(self, copy: str, source: str) -> tuple[str, str | None] | None:
        """The stamps of copy and source when they were last in step."""
        head = self._head
        if copy in head and _same_content(head[copy], head.get(self._head_sources.get(copy, source))):
            return head[copy], head.get(source)
        commit = self.repo.last_equal(copy, source)
        if commit is None:
            return None
        stamps = self.repo.commit_stamps(commit)
        return stamps[copy], stamps[source]

    def _refusal(self, copy: str, source: str) -> str | None:
        now = self._now[copy]
        if now == self._written.get(copy):
            return None
        base = self._base(copy, source)
        if base is None:
            return self._never_equal(copy, source)
        if now == base[0]:
            return None
        return _edited(copy, source) if self._now[source] == base[1] else _both_edited(copy, source)

    def _never_equal(self, copy: str, source: str) -> str:
        if self.repo.git("rev-parse", "--is-shallow-repository").strip() == b"true":
            return f"{copy} differs from {source}, and this clone holds too little history: run: git fetch --unshallow"
        return f"{copy} differs from {source} and never was a copy of it\n" + _drop_or_keep(copy)

    def write(self) -> list[str]:
        """Write the copies; return a line for each source that went anywhere."""
        went: dict[str, list[str]] = {}
        for copy, source in self.pairs:
            path = self.course.root / source
            write(self.course.root / copy, path.read_bytes(), like=path)
            went.setdefault(source, []).append(copy.partition("/")[0])
        self.repo.remember(SYNC, [copy for copy, _ in self.pairs])
        return [f"copied {source} -> {' '.join(labs)}" for source, labs in went.items()]


def _same_content(one: str, other: str | None) -> bool:
    return other is not None and one.split()[1] == other.split()[1]


def _edited(copy: str, source: str) -> str:
    one, other = shlex.quote(copy), shlex.quote(source)
    return (
        f"{copy} was edited, but it is a copy of {source}\n"
        f"    to move the edit into the source: cp {one} {other} && make sync\n" + _drop_or_keep(copy)
    )


def _both_edited(copy: str, source: str) -> str:
    one, other = shlex.quote(copy), shlex.quote(source)
    return (
        f"{copy} and its source {source} were both edited: bring what you want to keep of the copy into the source\n"
        f"    to see what the copy has:         git diff --no-index {other} {one}\n" + _drop_or_keep(copy)
    )


def _drop_or_keep(copy: str) -> str:
    lab, _, path = copy.partition("/")
    keep = f"to keep it for {lab} and after:"
    return (
        f"    to drop the copy's edit:          rm {shlex.quote(copy)} && make sync\n"
        f"    {keep:33} add '~ {path}' under {lab} in {MANIFEST}, then make sync"
    )


def write_generated(course: Course) -> list[str]:
    """Write the trees, the table and the notebooks that are out of date; return a line for each."""
    texts, _ = wanted(course.root, course.manifest)
    names = outdated(course.root, texts)
    for name in names:
        write(course.root / name, texts[name].encode())
    return [f"wrote {name}" for name in names]


def strip_notebooks(course: Course) -> list[str]:
    """Take out of the notebooks what running them left there; return a line for each."""
    done = []
    for file, text in Check(course).notebooks():
        try:
            clean = stripped(text)
        except ValueError:  # `check` says so
            continue
        if clean != text:
            write(course.root / file, clean.encode())
            done.append(f"stripped {file}")
    return done
