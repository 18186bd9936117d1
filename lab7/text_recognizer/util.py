"""Small helpers that know nothing of handwriting."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

STALE_SECONDS = 3600  # nobody is still writing a file that has not grown for so long


class UserError(ValueError):
    """A mistake that the user can mend.

    The text says what is wrong (with the value), what was expected and what to type. Commands print it as one line;
    every other exception is a defect of ours and keeps its traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: IPython looks for a method of this name."""
        return [f"error: {self}"]


@contextmanager
def write_atomically(filename: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that appears under its name only when the block has ended well.

    Whatever interrupts the block, there is never half a file that a later run takes for a whole one.
    """
    from boltons.fileutils import atomic_save  # here, for those who only read need not have it

    filename.parent.mkdir(parents=True, exist_ok=True)
    for left_over in filename.parent.glob(f"{filename.name}.*.part"):  # of a process that was killed
        if time.time() - left_over.stat().st_mtime > STALE_SECONDS:
            left_over.unlink(missing_ok=True)
    part_filename = f"{filename.name}.{os.getpid()}.part"  # two processes never write to the same part
    try:
        with atomic_save(str(filename), part_file=part_filename, overwrite_part=True) as file:
            yield file
    except BaseException:
        with suppress(OSError):  # on a full disk boltons stumbles over what it cannot flush, and clears nothing away
            (filename.parent / part_filename).unlink()
        raise


def sha256_of(filename: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with filename.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
