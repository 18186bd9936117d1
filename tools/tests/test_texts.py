"""`make texts`: all texts or none, with an npm that is only pretended."""

import base64
import hashlib
import io
import re
import sys
import tarfile
from dataclasses import replace

import pytest
import texts

from text_recognizer.data.prose.public_texts import FILENAMES, has_public_texts
from text_recognizer.util import UserError

FAKE_NPM = """#!{python}
import shutil, sys
assert sys.argv[1] == "pack"
{before}
shutil.copy({folder!r} + "/" + sys.argv[-1].split("@")[0] + ".tgz", ".")
"""


@pytest.fixture
def packages(tmp_path):
    """Write the archives of two packages."""
    found = []
    for name, filename, members in (
        ("one", FILENAMES[0], {"10.txt": "ten", "9.txt": "nine", "notes.md": "no", "9.json": "{}"}),
        ("two", FILENAMES[1], {"1.txt": "whale \u2014"}),
    ):
        archive = tmp_path / f"{name}.tgz"
        with tarfile.open(archive, "w:gz") as file:
            for member, text in members.items():
                info = tarfile.TarInfo(f"package/{member}")
                info.size = len(text.encode())
                file.addfile(info, io.BytesIO(text.encode()))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        found.append(texts.Package(f"{name}@1.0", f"sha512-{digest}", r"package/\d+\.txt", filename))
    return tuple(found)


@pytest.fixture
def pretend(tmp_path, put_npm):
    """Return a function that pretends an npm; `before` is what it does first."""

    def put(before=""):
        put_npm(FAKE_NPM.format(python=sys.executable, before=before, folder=str(tmp_path)))

    put()
    return put


@pytest.fixture
def target(tmp_path):
    return tmp_path / "data" / "texts"


def test_an_install_is_whole_and_a_second_one_does_nothing(pretend, packages, target, capsys):
    texts.install(target, packages)
    assert has_public_texts(target)
    assert (target / FILENAMES[0]).read_text() == "nine\nten\n"
    assert (target / FILENAMES[1]).read_text(encoding="utf-8") == "whale \u2014\n"
    assert [path.name for path in target.parent.iterdir()] == ["texts"]
    pretend("raise SystemExit('not again')")
    texts.install(target, packages)
    assert "already" in capsys.readouterr().out


def test_a_text_that_was_deleted_comes_back(pretend, packages, target):
    texts.install(target, packages)
    (target / FILENAMES[1]).unlink()
    texts.install(target, packages)
    assert has_public_texts(target)


def test_another_version_is_fetched_anew(pretend, packages, target):
    texts.install(target, packages)
    (target / texts.STAMP_NAME).write_text("older\n")
    (target / FILENAMES[0]).write_text("older\n")
    texts.install(target, packages)
    assert (target / FILENAMES[0]).read_text() == "nine\nten\n"


@pytest.mark.parametrize("has_older", [False, True])
@pytest.mark.parametrize("what", ["no network", "another archive"])
def test_what_fails_leaves_what_was_there(pretend, packages, target, what, has_older):
    if has_older:
        target.mkdir(parents=True)
        (target / FILENAMES[0]).write_text("older\n")
    expected = "npm failed, nothing was installed. It says: unreachable"
    if what == "no network":
        pretend("sys.exit('unreachable')")
    else:
        packages = (packages[0], replace(packages[1], name="one@1.0"))
        expected = r"one@1\.0 has the hash sha512-.*: expected sha512-.*Nothing was installed"
    with pytest.raises(UserError, match=expected):
        texts.install(target, packages)
    left = sorted(str(path.relative_to(target.parent)) for path in target.parent.rglob("*"))
    assert left == (["texts", f"texts/{FILENAMES[0]}"] if has_older else [])


def test_a_missing_npm_says_what_to_install(packages, target, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(UserError, match=r"npm is missing: install Node.js"):
        texts.install(target, packages)
    assert not target.parent.exists()


def test_a_folder_that_cannot_be_written_is_named(pretend, packages, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        texts.install(tmp_path / "file" / "texts", packages)


def test_each_package_is_pinned_by_hash_and_becomes_a_file_of_lab_7():
    assert {package.filename for package in texts.PACKAGES} == set(FILENAMES)
    for package in texts.PACKAGES:
        assert re.fullmatch(r"@stdlib/[\w-]+@\d+\.\d+\.\d+", package.name)
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package.integrity)


def test_a_wrong_command_says_what_is_right(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["texts.py", "install"])
    with pytest.raises(SystemExit, match="error: expected no arguments, got install"):
        texts.main()
