"""`make fonts`: all families or none, with an npm that is only pretended."""

import errno
import json
import re
import shutil
import sys
from pathlib import Path

import fonts
import pytest
from PIL import ImageFont

from text_recognizer.handwriting.hands import INDEX_NAME, TABLE_FILENAME, read_table
from text_recognizer.util import UserError

NAMES = ("caramel", "caveat")
LOCK = (fonts.LOCK_DIRNAME / "package-lock.json").read_text()
FAKE_NPM = """#!{python}
import shutil, sys
from pathlib import Path
{before}
for name in {names}:
    folder = Path("node_modules/@fontsource") / name / "files"
    folder.mkdir(parents=True)
    shutil.copy({font!r}, folder / f"{{name}}-latin-400-normal.woff2")
    (folder.parent / "LICENSE").write_text("free")
"""


@pytest.fixture
def pretend(tmp_path, put_npm):
    """Return a function that pretends an npm; `before` is what it does first."""
    font = tmp_path / "font.ttf"
    font.write_bytes(ImageFont.load_default(10).path.getvalue())  # type: ignore[union-attr]

    def put(before=""):
        put_npm(FAKE_NPM.format(python=sys.executable, names=NAMES, font=str(font), before=before))

    put()
    return put


@pytest.fixture
def target(tmp_path):
    return tmp_path / "data" / "fonts"


def test_the_lock_names_no_host_and_pins_each_package_by_hash():
    assert "://" not in LOCK
    assert '"resolved"' not in LOCK
    packages = {path: package for path, package in json.loads(LOCK)["packages"].items() if path}
    assert len(packages) >= 120
    assert all(re.match(r"sha512-[A-Za-z0-9+/]{86}==$", package["integrity"]) for package in packages.values())
    wanted = json.loads((fonts.LOCK_DIRNAME / "package.json").read_text())["dependencies"]
    assert {f"node_modules/{name}": version for name, version in wanted.items()} == {
        path: package["version"] for path, package in packages.items()
    }


def test_the_table_is_what_the_lock_makes_of_it():
    assert {family.name: family for family in fonts.locked_families()} == read_table()
    assert TABLE_FILENAME.read_text() == fonts.TABLE_FILENAME.read_text()


def test_an_install_is_whole_and_a_second_one_does_nothing(pretend, target, capsys):
    fonts.install(target)
    names = sorted(path.name for path in target.iterdir())
    assert names == sorted(
        [INDEX_NAME, "package-lock.json", *(f"{name}-{what}" for name in NAMES for what in ("400.woff2", "LICENSE"))]
    )
    assert [entry["family"] for entry in json.loads((target / INDEX_NAME).read_text())] == list(NAMES)
    pretend("raise SystemExit('not again')")
    fonts.install(target)
    assert "already" in capsys.readouterr().out
    assert [path.name for path in target.parent.iterdir()] == ["fonts"]


def test_a_font_without_all_glyphs_is_left_out_and_named(pretend, target, capsys, monkeypatch):
    def entry(filename, family):
        if family == NAMES[0]:
            raise UserError(f"{filename.name} has no glyph for q")
        return {"family": family, "file": filename.name}

    monkeypatch.setattr(fonts, "index_entry", entry)
    fonts.install(target)
    assert f"left out: {NAMES[0]}-400.woff2 has no glyph for q" in capsys.readouterr().out
    assert not (target / f"{NAMES[0]}-400.woff2").exists()


def raises(error):
    def function(*args, **kwargs):
        raise error

    return function


@pytest.mark.parametrize(
    ("before", "broken", "expected"),
    [
        ("sys.exit('network is unreachable')", None, "npm failed, nothing was installed. It says: network"),
        (
            "",
            OSError(errno.ENOSPC, "No space left on device"),
            "cannot be written.*No space left.*was installed",
        ),
        ("", KeyboardInterrupt(), None),
    ],
)
@pytest.mark.parametrize("has_older_fonts", [False, True])
def test_what_fails_leaves_what_was_there(pretend, target, monkeypatch, before, broken, expected, has_older_fonts):
    if has_older_fonts:
        target.mkdir(parents=True)
        (target / "old.woff2").write_text("old")
    pretend(before)
    if broken is not None:
        monkeypatch.setattr(shutil, "move", raises(broken))
    with pytest.raises(UserError if expected else KeyboardInterrupt, match=expected):
        fonts.install(target)
    left = sorted(str(path.relative_to(target.parent)) for path in target.parent.rglob("*"))
    assert left == (["fonts", "fonts/old.woff2"] if has_older_fonts else [])


def test_a_missing_npm_says_what_to_install(target, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"npm is missing: install Node.js"):
        fonts.install(target)
    assert not target.parent.exists()


def test_a_folder_that_cannot_be_written_is_named(pretend, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        fonts.install(tmp_path / "file" / "fonts")


@pytest.mark.parametrize("argv", [[], ["instal"], ["install", "now"]])
def test_a_wrong_command_says_what_is_right(argv):
    with pytest.raises(SystemExit, match="expected one of install, table"):
        fonts.main(argv)


def test_the_table_of_families_lies_where_the_tool_writes_it():
    assert Path(fonts.TABLE_FILENAME).exists()
