"""Carry an edit of an older hand-written version into the newer ones, by three-way merge.

The edit is what changed in the older version since a commit, which is the last one unless told otherwise.
"""

import shlex
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .check import Course
from .repo import write

FORWARD = "forward"
NOTHING = (
    "nothing to carry: no hand-written version that has a newer one was edited since {since}\n"
    "    for an edit that is committed: python tools/labs.py forward --since COMMIT, with the commit before the edit"
)


@dataclass
class Forward:
    """One walk over all pairs of consecutive versions."""

    course: Course
    since: str = "HEAD"
    done: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Merge along each chain, older pairs first, so that an edit travels as far as it can."""
        repo, pairs = self.course.repo, list(self.course.manifest.versions())
        names = {name for pair in pairs for name in pair}
        self.now, self.written = repo.stamps(names), repo.recall(FORWARD)
        self.base, self.head = repo.commit_stamps(self.since), repo.commit_stamps()
        for old, new in pairs:
            if old in self.base and new in self.now and self._differs(old, self.base):
                self._carry(old, new)
        if not any(self._differs(old, self.base) for old, _ in pairs):
            self.done.append(NOTHING.format(since=self.since))
        elif self.done:
            self.done.append("now run: make sync")

    def _differs(self, name: str, commit: dict[str, str]) -> bool:
        """Whether the content is another one than in the commit; the mode is not what is carried."""
        return name in self.now and self.now[name].split()[1:] != commit.get(name, "").split()[1:]

    def _carry(self, old: str, new: str) -> None:
        merged, trouble = self._merge(old, new)
        if merged == _plain(self.course.root / new):
            return  # it has the edit
        if self._differs(new, self.head) and self.now[new] != self.written.get(new):
            self.problems.append(_both_edited(old, new))
        elif merged is None:
            self.problems.append(_conflict(old, new, trouble, self.since))
        else:
            self._write(old, new, merged)

    def _write(self, old: str, new: str, merged: bytes) -> None:
        write(self.course.root / new, merged)
        self.now |= self.course.repo.stamps([new])
        self.course.repo.remember(FORWARD, [new])
        self.done.append(f"merged {old} -> {new}")

    def _ours(self, new: str) -> bytes:
        """The newer version without what an earlier run merged into it, so that a second thought replaces the first."""
        if new in self.head and self.now[new] == self.written.get(new):
            return self.course.repo.blob(self.head[new])
        return _plain(self.course.root / new)

    def _merge(self, old: str, new: str) -> tuple[bytes | None, str]:
        """The newer version with the older one's edit, or None and what stands in the way."""
        sides = (self._ours(new), self.course.repo.blob(self.base[old]), _plain(self.course.root / old))
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, name) for name in ("new", "base", "old")]
            for file, side in zip(files, sides, strict=True):
                file.write_bytes(side)
            merged = subprocess.run(["git", "merge-file", "-p", *map(str, files)], capture_output=True, check=False)
        if merged.returncode > 127:  # git's way to say -1: it is no text, or the disk is full
            return None, merged.stderr.decode(errors="replace").strip() or "git merge-file failed"
        return (None, "the same lines differ") if merged.returncode else (merged.stdout, "")


def _plain(path: Path) -> bytes:
    """Content with the line ends that git stores."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def _conflict(old: str, new: str, trouble: str, since: str) -> str:
    one, other = shlex.quote(old), shlex.quote(new)
    return (
        f"CONFLICT {old} -> {new} ({trouble}): nothing was written there; make the edit in {new} by hand\n"
        f"    to see both sides in it: git show {since}:{one} > base.tmp && git merge-file {other} base.tmp {one}\n"
        "    then, for the labs after it: make forward"
    )


def _both_edited(old: str, new: str) -> str:
    one, other = shlex.quote(old), shlex.quote(new)
    return (
        f"{new} was edited too, so the edit of {old} was not carried into it\n"
        f"    if it has all it needs, commit both: git add {one} {other} && git commit\n"
        f"    if not, commit it alone:             git add {other} && git commit {other}, then make forward\n"
        f"    or drop its own edit:                git checkout HEAD -- {other}, then make forward"
    )
