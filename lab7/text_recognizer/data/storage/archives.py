"""Reads files in zip archives, with a limit on their unpacked size, whatever the archive says."""

import zipfile
import zlib
from pathlib import Path

MAX_BYTES = 1_000_000_000  # of one file in an archive: EMNIST's largest has 0.8
# What Python's own packages raise for an archive that is cut off, damaged, encrypted, or packed in an unknown way.
DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)


def read_member(file: zipfile.ZipFile | zipfile.Path | Path, name: str = "", limit: int = MAX_BYTES) -> bytes:
    """Return a file's bytes.

    Parameters
    ----------
    file
        An archive, or a path in one; or a file that lies on the disk.
    name
        The file's name in an archive.
    limit
        So many bytes it may have.

    Raises
    ------
    KeyError
        If the archive has no such file.
    one of DAMAGED
        If it cannot be unpacked, or is too large.
    """
    with file.open(name) if isinstance(file, zipfile.ZipFile) else file.open("rb") as opened:
        content: bytes = opened.read(limit + 1)
    if len(content) > limit:
        raise zipfile.BadZipFile(f"{name or file}: more than {limit:,} bytes")
    return content
