"""Small courses in temporary git repositories, for the tests of `tools/labs.py`."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import labs
import pytest

from staging.manifest import parse

RUN = "training/run_experiment.py"
UTIL, INIT, CNN = "text_recognizer/util.py", "text_recognizer/__init__.py", "text_recognizer/models/cnn.py"
MANIFEST = f"""\
# three small labs
lab1   # First steps
  + {INIT}
  + {UTIL}
  + tests/test_util.py
lab2   # Convolutions
  + {CNN}
  ~ {INIT}   # imports the new one

lab3   # Running | and more
  + training/run.py
  + tests/test_run.py
  + tests/data.txt
  ~ tests/test_util.py
"""
README = """\
# A lab

Some words.

<!-- tree -->
<!-- /tree -->

## Run it

```sh
python training/run.py --a=1 \\
    --b=2

# and then
make x
```
"""
needs_modes = pytest.mark.skipif(os.name == "nt", reason="Windows keeps no executable bit")


class Course:
    """A course in a temporary directory."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str] | None = None) -> None:
        self.root, self.capsys = root, capsys

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def read(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()

    def edit(self, name: str, old: str, new: str) -> None:
        assert old in self.read(name)
        self.write(name, self.read(name).replace(old, new))

    def delete(self, name: str) -> None:
        (self.root / name).unlink()

    def git(self, *args: str) -> str:
        command = ["git", "-C", str(self.root), *args]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "step")

    def forget_git(self) -> None:
        (self.root / ".git").rename(self.root.parent / "old.git")

    def snapshot(self) -> dict[str, tuple[int, bytes]]:
        paths = [path for path in self.root.rglob("*") if path.is_file() and ".git" not in path.parts]
        return {str(path): (path.stat().st_mode, path.read_bytes()) for path in paths}

    def run(self, *args: str) -> tuple[int, str, str]:
        assert self.capsys
        self.capsys.readouterr()
        status = labs.main(["--root", str(self.root), *args])
        out, err = self.capsys.readouterr()
        return status, out, err

    def fails(self, command: str, *words: str) -> None:
        """The command complains in these words, each in one of its lines, and writes nothing."""
        before = self.snapshot()
        status, _, err = self.run(command)
        assert status == 1
        for word in words:
            assert word in err
        assert self.snapshot() == before

    def refuses(self, *words: str) -> None:
        self.fails("sync", "sync wrote nothing", *words)

    def syncs(self) -> str:
        status, out, err = self.run("sync")
        assert (status, err) == (0, "")
        return out


def new_course(root: Path, manifest: str, text: Callable[[str, str], str]) -> Path:
    """A course in step and committed; `text` is what lab and path have in them."""
    course = Course(root)
    root.mkdir()
    course.git("-c", "init.defaultBranch=main", "init", "-q", "--template=")
    course.write(".gitattributes", "* text=auto eol=lf\n")
    course.write(".gitignore", "__pycache__/\n*.pyc\n.DS_Store\n/data/\n")
    course.write("README.md", "# Course\n\n<!-- labs -->\n<!-- /labs -->\n\nThe end.\n")
    course.write("labs.txt", manifest)
    for lab in parse(manifest).labs:
        course.write(f"{lab.name}/readme.md", README)
        for path in lab.marked("+~"):
            course.write(f"{lab.name}/{path}", text(lab.name, path))
    assert labs.main(["--root", str(root), "sync"]) == 0
    course.commit()
    course.git("gc", "-q")  # few files, since each test gets its own copy of them
    return root


def run_script(lab: str, path: str) -> str:
    lines = [f"line {n}\n" for n in range(30)]
    lines[10 + int(lab[3:])] = f"special in {lab}\n"
    return "".join(lines)
