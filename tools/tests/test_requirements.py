"""The locks can be installed anywhere: no addresses, no packages that exist for Linux only."""

import re
from pathlib import Path

import pytest

REQUIREMENTS_DIRNAME = Path(__file__).resolve().parents[2] / "requirements"
LOCKS = sorted(REQUIREMENTS_DIRNAME.glob("*.txt"))


def pinned(lock):
    """Return the packages that a lock pins, with their markers."""
    lines = lock.read_text().splitlines()
    return [line for line in lines if re.match(r"[A-Za-z0-9]", line)]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_is_an_exact_pin(lock):
    assert [line for line in pinned(lock) if not re.match(r"[\w.-]+==[\w.!+]+( ;.*)?$", line)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_names_an_address(lock):
    assert not re.search(r"^-|://", lock.read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_package_for_linux_only_is_pinned_without_a_marker(lock):
    for_linux = [line for line in pinned(lock) if re.match(r"nvidia-|cuda-|triton", line)]
    assert [line for line in for_linux if ";" not in line] == []


def test_torch_and_torchvision_are_pinned_by_hand_as_a_pair():
    text = (REQUIREMENTS_DIRNAME / "prod.in").read_text()
    assert re.search(r"^torch==[\d.]+\ntorchvision==[\d.]+$", text, flags=re.MULTILINE)
