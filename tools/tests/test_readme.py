"""README.md and CONTRIBUTING.md name only targets that the Makefile has, and `make help` explains each."""

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[2]
MAKEFILE = (REPOSITORY_DIRNAME / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))
TEXTS = [REPOSITORY_DIRNAME / name for name in ("README.md", "CONTRIBUTING.md")]
TEXTS += sorted(REPOSITORY_DIRNAME.glob("lab*/*.md")) + sorted(REPOSITORY_DIRNAME.glob("data/raw/*/readme.md"))


@pytest.mark.parametrize("filename", TEXTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_make_command_has_its_target(filename):
    text = filename.read_text(encoding="utf-8")
    named = re.findall(r"(?:^|`)make ([a-z-]+)", text, flags=re.MULTILINE)
    assert set(named) <= TARGETS


@pytest.mark.parametrize("filename", TEXTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_link_and_picture_is_there(filename):
    links = re.findall(r"\]\(([^)#]+)\)", filename.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (filename.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("filename", TEXTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_place_is_left_to_fill_in(filename):
    assert not re.search(r"@@|TODO|TBC", filename.read_text(encoding="utf-8"))


def test_help_explains_every_target():
    result = subprocess.run(["make", "help"], cwd=REPOSITORY_DIRNAME, capture_output=True, text=True, check=True)
    explained = set(re.findall(r"^  make ([a-z-]+) ", result.stdout, flags=re.MULTILINE))
    wanted = {"setup", "demo", "download", "generate", "train", "test", "lint", "style", "check", "sync", "forward"}
    wanted |= {"diff", "clean", "pip-tools"}
    assert wanted <= explained == TARGETS
