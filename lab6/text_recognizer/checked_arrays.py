"""Arrays from outside, in NumPy's .npz files: read without running code, and checked for type and shape."""

import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

MAX_BYTES = 2_000_000_000  # of all arrays of a file, unpacked
KINDS = {"u": "whole numbers", "i": "whole numbers", "f": "numbers", "U": "texts", "b": "true and false"}
NOT_ARRAYS = (OSError, ValueError, KeyError, EOFError, TypeError, MemoryError, SyntaxError, OverflowError)
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, RecursionError, *NOT_ARRAYS)


class Expected(NamedTuple):
    """The expected type and shape of an array.

    Parameters
    ----------
    kinds
        The letters that NumPy has for the kinds of what is in it, such as "iu" for whole numbers.
    ndim
        How many axes it has.
    """

    kinds: str
    ndim: int


class BadArrays(Exception):  # noqa: N818
    """A file that holds something else than expected; the text says what, and does not name the file."""


def read_arrays(filename: Path, expected: dict[str, Expected]) -> dict[str, np.ndarray]:
    """Return the arrays of a .npz file whose names begin with one of those in `expected`.

    Raises
    ------
    BadArrays
        If it is something else, an array is missing or of another kind, or a number is not finite.
    FileNotFoundError
        If there is no such file.
    """
    try:
        with zipfile.ZipFile(filename) as archive:
            num_bytes = sum(one.file_size for one in archive.infolist())
        if num_bytes > MAX_BYTES:
            raise BadArrays(f"{num_bytes:,} bytes of arrays, more than {MAX_BYTES:,}")
        with np.load(filename, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if _expected_of(name, expected)}
    except FileNotFoundError:
        raise
    except DAMAGED as error:
        raise BadArrays(_reason(error)) from None
    for start in expected:
        if not any(name.startswith(start) for name in arrays):
            raise BadArrays(f"it has no {start}")
    for name, array in arrays.items():
        _check(name, array, expected)
    return arrays


def _reason(error: BaseException) -> str:
    """Return the message of an exception, without NumPy's advice to load the file in an unsafe way."""
    if isinstance(error, MemoryError):
        return "an array claims to be larger than the memory"
    return "not NumPy's arrays" if "pickle" in str(error) else str(error) or type(error).__name__


def _expected_of(name: str, expected: dict[str, Expected]) -> Expected | None:
    return next((one for start, one in expected.items() if name.startswith(start)), None)


def _check(name: str, array: np.ndarray, expected: dict[str, Expected]) -> None:
    wanted = _expected_of(name, expected)
    assert wanted is not None
    if array.dtype.kind not in wanted.kinds or array.ndim != wanted.ndim:
        raise BadArrays(
            f"{name} holds {array.dtype} along {array.ndim} axes, expected {KINDS[wanted.kinds[0]]} along {wanted.ndim}"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadArrays(f"{name} holds numbers that are not finite")
