"""The files of the course, and what git knows of them.

Everything but `sync` and `forward` works without git, on an unpacked zip file for instance. Paths are posix and
relative to the course's root. A *stamp* is a file's mode and the id of its content as git stores it, so that line ends
on Windows and Git LFS do not count as edits.
"""

import fnmatch
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

MODE_FILE, MODE_EXECUTABLE, MODE_LINK = "100644", "100755", "120000"  # as git writes them


class GitError(RuntimeError):
    """Git failed, or is not there."""


class Repo:
    """The course's root and, where there is one, the git repository at whose top it lies."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._commits: dict[str, dict[str, str]] = {}

    def git(self, *args: str, stdin: str = "") -> bytes:
        """Run git in the root and return what it prints."""
        command = ["git", "-C", str(self.root), "--literal-pathspecs", *args]
        try:
            done = subprocess.run(command, input=os.fsencode(stdin), capture_output=True, check=False)
        except OSError:
            raise GitError("git is not installed") from None
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip() or f"git {args[0]} failed"
            raise GitError(words.splitlines()[0].removeprefix("fatal: "))
        return done.stdout

    @cached_property
    def no_git(self) -> str:
        """Why the files cannot be asked of git, or nothing."""
        try:
            prefix = self.git("rev-parse", "--show-prefix").strip()
        except GitError as error:
            return str(error)
        # A zip file unpacked inside someone else's repository is none of that repository's business.
        return "the course does not lie at the top of its git repository" if prefix else ""

    @cached_property
    def no_history(self) -> str:
        """Why git's history cannot be asked, or nothing."""
        if self.no_git:
            return self.no_git
        try:
            self.git("rev-parse", "--verify", "HEAD^{commit}")
        except GitError:
            return "there is no commit yet"
        return ""

    def needs_history(self, command: str) -> str:
        """What to do where `no_history` says something."""
        return (
            f"{command} needs git's history to tell what was edited ({self.no_history}): clone the course with git, or"
            " begin a history while all is in step: git init && git add -A && git commit -m 'The course'"
        )

    @cached_property
    def has_modes(self) -> bool:
        """Whether the file system keeps the executable bit; Windows and some mounted drives do not."""
        if os.name == "nt":
            return False
        try:
            return self.no_git != "" or self.git("config", "--bool", "core.fileMode").strip() != b"false"
        except GitError:
            return True

    def mode(self, path: str) -> str:
        """The mode git would store."""
        full = self.root / path
        if full.is_symlink():
            return MODE_LINK
        return MODE_EXECUTABLE if self.has_modes and full.stat().st_mode & 0o100 else MODE_FILE

    def content(self, path: str) -> tuple[str, bytes] | None:
        """Mode and bytes of a file, None where there is no such file."""
        full = self.root / path
        return (self.mode(path), full.read_bytes()) if full.is_file() else None

    def lab_files(self, listed: Iterable[str]) -> set[str]:
        """The files of all labs: tracked or new ones, without what git ignores and without those just deleted.

        Where git cannot be asked, `listed` files that exist count whatever `.gitignore` seems to say of them.
        """
        if self.no_git:
            return set(self._walk()) | {path for path in listed if (self.root / path).is_file()}
        names = os.fsdecode(self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")).split("\0")
        return {name for name in names if re.match(r"lab\d+/", name) and os.path.lexists(self.root / name)}

    def _walk(self) -> Iterator[str]:
        patterns = [".git", *self._ignored_names()]
        for folder, folders, names in os.walk(self.root):
            if Path(folder) == self.root:
                folders[:], names = [name for name in folders if re.fullmatch(r"lab\d+", name)], []
            folders[:] = [name for name in folders if not _matches(name, patterns)]
            for name in names:
                if not _matches(name, patterns):
                    yield (Path(folder) / name).relative_to(self.root).as_posix()

    def _ignored_names(self) -> list[str]:
        """The patterns of `.gitignore` that are plain names; anchored and negated ones need git."""
        file = self.root / ".gitignore"
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        names = [line.strip().removesuffix("/") for line in lines]
        return [name for name in names if name and name[0] not in "#!" and "/" not in name]

    def stamps(self, paths: Iterable[str]) -> dict[str, str]:
        """The stamps of those of the paths that exist."""
        found = [path for path in paths if (self.root / path).is_file()]
        if not found:
            return {}
        hashes = self.git("hash-object", "--stdin-paths", stdin="\n".join(found) + "\n").decode().split()
        return {path: f"{self.mode(path)} {digest}" for path, digest in zip(found, hashes, strict=True)}

    def commit_stamps(self, commit: str = "HEAD") -> dict[str, str]:
        """The stamps of all files in a commit."""
        if commit not in self._commits:
            lines = os.fsdecode(self.git("ls-tree", "-r", "-z", commit)).split("\0")[:-1]
            self._commits[commit] = dict(self._commit_stamp(line) for line in lines)
        return self._commits[commit]

    def _commit_stamp(self, line: str) -> tuple[str, str]:
        words, _, path = line.partition("\t")
        mode, _, digest = words.split(" ")
        return path, f"{mode if self.has_modes or mode == MODE_LINK else MODE_FILE} {digest}"

    def blob(self, stamp: str) -> bytes:
        """The content behind a commit's stamp."""
        return self.git("cat-file", "blob", stamp.split()[1])

    def last_equal(self, one: str, other: str) -> str | None:
        """The newest commit in which both files had the same content."""
        commits = self.git("log", "--format=%H", "HEAD", "--", one, other).decode().split()
        asked = "".join(f"{commit}:{path}\n" for commit in commits for path in (one, other))
        found = self.git("cat-file", "--batch-check=%(objectname)", stdin=asked).splitlines() if asked else []
        # a file that the commit lacks is answered by "COMMIT:PATH missing", which equals no other answer
        equal = (one_id == other_id for one_id, other_id in zip(found[::2], found[1::2], strict=True))
        return next((commit for commit, same in zip(commits, equal, strict=True) if same), None)

    def recall(self, what: str) -> dict[str, str]:
        """The stamps that this tool itself wrote last, kept in git's own directory: those files hold no one's edit."""
        try:
            return dict(json.loads(self._memory(what).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def remember(self, what: str, paths: Iterable[str]) -> None:
        """Note that these files are as this tool wrote them."""
        if not self.no_git:
            text = json.dumps(self.recall(what) | self.stamps(paths), indent=1, sort_keys=True)
            self._memory(what).write_text(text, encoding="utf-8")

    def _memory(self, what: str) -> Path:
        name = os.fsdecode(self.git("rev-parse", "--git-path", f"labs-{what}.json")).rstrip("\r\n")
        return self.root / name


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def write(path: Path, data: bytes, like: Path | None = None) -> None:
    """Write a file whole or not at all, with the mode of `like`, else with the mode it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    model = like or path
    try:
        new.write_bytes(data)
        if model.exists():
            new.chmod(model.stat().st_mode & 0o777)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
