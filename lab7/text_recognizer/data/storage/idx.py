"""Reads the idx format of MNIST.

A file holds two zero bytes, a byte for the element type, a byte for the number of dimensions, each dimension as a
big-endian 32-bit integer, and then the elements. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database".
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from text_recognizer.util import UserError

MAX_BYTES = 1_000_000_000  # unpacked
UNSIGNED_BYTE = 0x08  # the only element type that MNIST uses


def read_idx(filename: Path) -> np.ndarray:
    """Read an idx file of unsigned bytes, gzip-compressed if its name ends in .gz.

    Raises
    ------
    UserError
        If the file is not gzip or not idx, or its length differs from its header.
    """
    content = _read_bytes(filename)
    if len(content) < 4 or content[:3] != bytes([0, 0, UNSIGNED_BYTE]):
        raise _broken(filename, f"is not an idx file of bytes: it begins with {content[:4].hex(' ') or 'nothing'}")
    header_bytes = 4 + 4 * content[3]
    if content[3] == 0 or len(content) < header_bytes:
        raise _broken(filename, f"is truncated: {len(content)} bytes, its header alone takes {max(8, header_bytes)}")
    dims = np.frombuffer(content[4:header_bytes], dtype=">i4").astype(int).tolist()
    num_expected = math.prod(dims)
    num_found = len(content) - header_bytes
    if num_found != num_expected:
        kind = "truncated" if num_found < num_expected else "too long"
        raise _broken(filename, f"is {kind}: {num_found:,} bytes of data, its header says {num_expected:,} ({dims})")
    return np.frombuffer(content, dtype=np.uint8, offset=header_bytes).reshape(dims)


def _read_bytes(filename: Path) -> bytes:
    if filename.suffix != ".gz":
        return filename.read_bytes()
    try:
        with gzip.open(filename) as file:
            content = file.read(MAX_BYTES + 1)
    except EOFError:
        raise _broken(filename, "is truncated: the compressed data stops in the middle") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _broken(filename, f"is corrupt ({error})") from None
    if len(content) > MAX_BYTES:
        raise _broken(filename, f"has more than {MAX_BYTES:,} bytes when it is unpacked")
    return content


def _broken(filename: Path, what: str) -> UserError:
    return UserError(f"{filename} {what}. Delete it and run the command again, or put a whole copy in its place")
