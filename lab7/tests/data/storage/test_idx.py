import gzip
import re

import numpy as np
import pytest

from tests.small_mnist import write_idx
from text_recognizer.data.storage.idx import read_idx
from text_recognizer.util import UserError

ARRAY = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5)
WHOLE = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 5]) + ARRAY.tobytes()
PACKED = gzip.compress(WHOLE)


@pytest.mark.parametrize("name", ["array", "array-idx3-ubyte", "array.gz"])
@pytest.mark.parametrize("shape", [(7,), (2, 3), (2, 3, 5), (0, 28, 28), (300, 1)])
def test_an_array_comes_back_as_it_was_written(tmp_path, name, shape):
    array = np.arange(np.prod(shape)).astype(np.uint8).reshape(shape)
    write_idx(tmp_path / name, array)
    found = read_idx(tmp_path / name)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)


def test_the_format_is_lecuns(tmp_path):
    (tmp_path / "array").write_bytes(WHOLE)
    np.testing.assert_array_equal(read_idx(tmp_path / "array"), ARRAY)


BROKEN = {  # what is wrong: file name, content, what the error says
    "half the compressed data": ("array.gz", PACKED[: len(PACKED) // 2], "truncated: the compressed data stops"),
    "all compressed data but a byte": ("array.gz", PACKED[:-1], "truncated: the compressed data stops"),
    "a wrong checksum": ("array.gz", PACKED[:-6] + bytes(6), "corrupt"),
    "garbled compressed data": ("array.gz", PACKED[:10] + b"\xff" * 8 + PACKED[18:], "corrupt"),
    "more elements than 64 bits can count": ("array", bytes([0, 0, 8, 3]) + b"\x7f\xff\xff\xff" * 3, "truncated"),
    "not compressed": ("array.gz", WHOLE, "corrupt"),
    "a web page": ("array.gz", b"<!doctype html>", "corrupt"),
    "compressed but a byte too short": ("array.gz", gzip.compress(WHOLE[:-1]), "truncated: 29 bytes of data, .* 30"),
    "compressed but something else": ("array.gz", gzip.compress(b"text"), "not an idx file .* begins with 74 65 78 74"),
    "compressed nothing": ("array.gz", gzip.compress(b""), "not an idx file of bytes: it begins with nothing"),
    "an empty file": ("array.gz", b"", "not an idx file of bytes: it begins with nothing"),
    "an empty uncompressed file": ("array", b"", "not an idx file of bytes: it begins with nothing"),
    "a byte too short": ("array", WHOLE[:-1], r"truncated: 29 bytes of data, its header says 30 \(\[2, 3, 5\]\)"),
    "a header and nothing more": ("array", WHOLE[:16], "truncated: 0 bytes of data, its header says 30"),
    "a header without its last size": ("array", WHOLE[:12], "truncated"),
    "a header that stops within a size": ("array", WHOLE[:6], "truncated"),
    "a header without sizes": ("array", WHOLE[:4], "truncated"),
    "three bytes": ("array", WHOLE[:3], "not an idx file of bytes: it begins with 00 00 08"),
    "a byte too long": ("array", WHOLE + b"!", "too long: 31 bytes of data, its header says 30"),
    "floats": ("array", b"\0\0\x0d" + WHOLE[3:], "not an idx file of bytes: it begins with 00 00 0d 03"),
    "compressed under an uncompressed name": ("array", PACKED, "not an idx file of bytes: it begins with 1f 8b"),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_broken_file_is_named_and_told_what_is_wrong_with_it(tmp_path, wrong):
    name, content, expected = BROKEN[wrong]
    filename = tmp_path / name
    filename.write_bytes(content)
    with pytest.raises(UserError, match=f"^{re.escape(str(filename))} is {expected}") as caught:
        read_idx(filename)
    assert "Delete it" in str(caught.value)
    assert not re.search(
        r"-[\d,]+ bytes", str(caught.value).removeprefix(str(filename))
    )  # no negative numbers of bytes
