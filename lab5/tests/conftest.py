"""Gives the tests a data directory of their own, with small data in the official formats, and the option --slow."""

import importlib
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

LAB_DIRNAME = Path(__file__).resolve().parents[1]

# Before anything of the lab is imported: the tests neither see nor touch the user's data, and import this lab's code.
DATA_DIRNAME = Path(tempfile.mkdtemp(prefix="text-recogniser-tests-"))
os.environ["TEXT_RECOGNIZER_DATA"] = str(DATA_DIRNAME)
sys.path.insert(0, str(LAB_DIRNAME))


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run slow tests too")
    parser.addoption("--owned", nargs="*", help="run these files, slow tests too, and of others what is for every lab")


def pytest_collection_modifyitems(config, items):
    owned = config.getoption("--owned")
    if owned is not None:
        files = {LAB_DIRNAME / filename for filename in owned}
        chosen = [item for item in items if item.path in files or "every_lab" in item.keywords]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    elif not config.getoption("--slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="slow: runs with --slow, and in CI"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Let each test draw the same numbers each time, whatever ran before it: a rare draw must not decide."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


def pytest_unconfigure(config):
    shutil.rmtree(DATA_DIRNAME, ignore_errors=True)


@pytest.fixture(autouse=True, scope="session")
def small_data():
    """Write what each tests/small_*.py knows to write."""
    for filename in sorted(Path(__file__).parent.glob("small_*.py")):
        importlib.import_module(f"tests.{filename.stem}").write(DATA_DIRNAME / "downloaded")
