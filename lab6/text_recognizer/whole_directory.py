"""Writes a directory whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_whole_directory(dirname: Path) -> Iterator[Path]:
    """Yield an empty directory, which replaces `dirname` when the block has ended without an error.

    If anything interrupts the block, the old directory stays as it is.
    """
    dirname = dirname.resolve()  # "." has no name, and where a link lies its target is what is replaced
    new, old = (dirname.with_name(f".{dirname.name}.{os.getpid()}.{suffix}") for suffix in ("part", "old"))
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
        _swap(new, dirname, old)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _swap(new: Path, dirname: Path, old: Path) -> None:
    """Rename twice: no system that Python knows everywhere replaces a directory that holds files in one step."""
    if dirname.exists():
        dirname.rename(old)
    try:
        new.rename(dirname)
    except OSError:
        if old.exists():
            old.rename(dirname)
        raise
    shutil.rmtree(old, ignore_errors=True)
