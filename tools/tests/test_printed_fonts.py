"""The printed fonts: all families or none, with an npm that is only pretended."""

import json
import re
import sys

import printed_fonts
import pytest
from fonts import LICENCES
from PIL import ImageFont

from text_recognizer.util import UserError

LOCK = (printed_fonts.LOCK_DIRNAME / "package-lock.json").read_text()
FAKE_NPM = """#!{python}
import shutil, sys
from pathlib import Path
{before}
folder = Path("node_modules/@fontsource/lora/files")
folder.mkdir(parents=True)
shutil.copy({font!r}, folder / "lora-latin-400-normal.woff2")
shutil.copy({font!r}, folder / "lora-cyrillic-400-normal.woff2")
(folder.parent / "LICENSE").write_text("free")
"""


@pytest.fixture
def pretend(tmp_path, put_npm):
    font = tmp_path / "font.ttf"
    font.write_bytes(ImageFont.load_default(10).path.getvalue())  # type: ignore[union-attr]

    def put(before=""):
        put_npm(FAKE_NPM.format(python=sys.executable, font=str(font), before=before))

    put()
    return put


def test_the_lock_names_no_host_pins_each_package_by_hash_and_has_free_fonts_alone():
    assert "://" not in LOCK
    packages = {path: package for path, package in json.loads(LOCK)["packages"].items() if path}
    assert len(packages) >= 15
    assert all(re.match(r"sha512-[A-Za-z0-9+/]{86}==$", package["integrity"]) for package in packages.values())
    assert {package["license"] for package in packages.values()} <= set(LICENCES)


def test_the_latin_fonts_are_installed_with_their_licence(pretend, tmp_path):
    printed_fonts.install(tmp_path / "data" / "printed")
    assert sorted(path.name for path in (tmp_path / "data" / "printed").iterdir()) == [
        "lora.400-normal.woff2",
        "lora.LICENSE",
    ]


def test_a_failing_npm_changes_nothing(pretend, tmp_path):
    pretend("sys.exit(3)")
    with pytest.raises(UserError, match="npm failed"):
        printed_fonts.install(tmp_path / "printed")
    assert not (tmp_path / "printed").exists()
