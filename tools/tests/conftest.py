import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS.parent), str(TESTS)]  # the tools are scripts: they are imported from tools/

import os
import shutil
import stat
from collections.abc import Callable, Iterator

import pytest
from courses import MANIFEST, RUN, Course, new_course, run_script


@pytest.fixture(scope="session", autouse=True)
def _no_foreign_git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither the user's settings, nor the variables of a git hook, nor a repository above may count."""
    above = str(tmp_path_factory.getbasetemp().resolve())
    settings = {"CONFIG_GLOBAL": os.devnull, "CONFIG_NOSYSTEM": "1", "CEILING_DIRECTORIES": above}
    people = {f"{who}_{what}": "me@here" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        for name, value in (settings | people).items():
            patch.setenv(f"GIT_{name}", value)
        yield


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, _no_foreign_git: None) -> Path:
    """Three labs, made once."""
    root = tmp_path_factory.mktemp("small") / "course"
    return new_course(root, MANIFEST, lambda lab, path: f"# {path} of {lab}\nline = 2\nline = 3\nline = 4\n")


@pytest.fixture
def put_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that puts a program first on the path, in the place of npm."""

    def put(program: str) -> None:
        npm = tmp_path / "bin" / "npm"
        npm.parent.mkdir(exist_ok=True)
        npm.write_text(program)
        npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(npm.parent))

    return put


@pytest.fixture
def course(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Course:
    """Three labs to play with."""
    return Course(Path(shutil.copytree(small, tmp_path / "course")), capsys)


@pytest.fixture(scope="session")
def seven(tmp_path_factory: pytest.TempPathFactory, _no_foreign_git: None) -> Path:
    """Seven labs, made once; a script with four hand-written versions (labs 1, 3, 5, 6) and copies in between."""
    marks = {1: f"+ {RUN}", 3: f"~ {RUN}", 5: f"~ {RUN}", 6: f"~ {RUN}"}
    manifest = "".join(f"lab{n}  # Lab {n}\n  {marks.get(n, '')}\n" for n in range(1, 8))
    return new_course(tmp_path_factory.mktemp("seven") / "course", manifest, run_script)


@pytest.fixture
def chain(seven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Course:
    """Seven labs to play with."""
    return Course(Path(shutil.copytree(seven, tmp_path / "course")), capsys)
