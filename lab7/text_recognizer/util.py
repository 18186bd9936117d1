"""Small helpers that know nothing of handwriting."""

import errno
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

STALE_SECONDS = 3600  # the process that wrote a partial file which has not grown for so long is gone


class UserError(ValueError):
    """A mistake that the user can correct.

    The text says what is wrong (with the value), what was expected and what to type. Commands print it as one line;
    every other exception is a defect of ours and keeps its traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: IPython looks for a method of this name."""
        return [f"error: {self}"]


@contextmanager
def write_atomically(filename: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that appears under its name only when the block has ended well.

    If the block is interrupted, the name has no file, or still has the old one, so a later run never reads half a file.
    This needs only the standard library, because the installed recogniser has few packages.
    """
    filename.parent.mkdir(parents=True, exist_ok=True)
    for left_over in filename.parent.glob(f"{filename.name}.*.part"):  # of a process that was killed
        if time.time() - left_over.stat().st_mtime > STALE_SECONDS:
            left_over.unlink(missing_ok=True)
    part = filename.with_name(f"{filename.name}.{os.getpid()}.part")  # two processes never write to the same part
    try:
        with part.open("w+b") as file:  # HDF5 reads what it has written
            yield file
            file.flush()
            os.fsync(file.fileno())  # a full disk is noticed here, and a power cut leaves the old file or the new one
        part.replace(filename)
    except (OSError, RuntimeError) as error:
        reason = error if isinstance(error, OSError) else error.__context__  # PyTorch hides it
        if not isinstance(reason, OSError):
            raise
        if reason.filename == str(part) or reason.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            reason.filename = str(filename)  # the name that the user knows
        raise reason from None
    finally:
        with suppress(OSError):
            part.unlink()


def sha256_of(filename: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with filename.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
