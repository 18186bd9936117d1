"""Gives the tests a data directory of their own, with small data in the official formats, and the option --slow."""

import importlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

LAB_DIRNAME = Path(__file__).resolve().parents[1]

# Before anything of the lab is imported: the tests neither see nor touch the user's data, and import this lab's code.
DATA_DIRNAME = Path(tempfile.mkdtemp(prefix="text-recogniser-tests-"))
os.environ["TEXT_RECOGNIZER_DATA"] = str(DATA_DIRNAME)
sys.path.insert(0, str(LAB_DIRNAME))


def pytest_addoption(parser):
    parser.addoption("--slow", nargs="*", default=None, help="run slow tests too, or only those of the files named")


def pytest_collection_modifyitems(config, items):
    chosen = config.getoption("--slow")
    for item in items:
        is_chosen = chosen == [] or any(item.path == LAB_DIRNAME / filename for filename in chosen or [])
        if "slow" in item.keywords and not is_chosen:
            item.add_marker(pytest.mark.skip(reason="slow: runs with --slow, and in CI in the lab that owns the test"))


def pytest_unconfigure(config):
    shutil.rmtree(DATA_DIRNAME, ignore_errors=True)


@pytest.fixture(autouse=True, scope="session")
def small_data():
    """Write what each tests/small_*.py knows to write."""
    for filename in sorted(Path(__file__).parent.glob("small_*.py")):
        importlib.import_module(f"tests.{filename.stem}").write(DATA_DIRNAME / "downloaded")
