"""Arrays from outside are read without running code, and held against what was expected of each."""

import zipfile

import numpy as np
import pytest

from text_recognizer import checked_arrays
from text_recognizer.checked_arrays import BadArrays, Expected, read_arrays

EXPECTED = {"counts": Expected("iu", 1), "share": Expected("f", 2)}


@pytest.fixture
def write(tmp_path):
    def write(**arrays):
        filename = tmp_path / "arrays.npz"
        np.savez_compressed(filename, **arrays)
        return filename

    return write


def test_arrays_come_back_whose_names_begin_as_expected(write):
    arrays = {"counts_1": np.arange(3), "counts_2": np.arange(2, dtype=np.uint8), "share": np.ones((2, 2))}
    read = read_arrays(write(**arrays, other=np.array([{}])), EXPECTED)
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (read[name] == array).all()
        assert read[name].dtype == array.dtype


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"counts": np.ones(3)}, "^counts holds float64 along 1 axes, expected whole numbers along 1$"),
        ({"counts": np.ones((3, 1), int)}, "^counts holds int64 along 2 axes, expected whole numbers along 1$"),
        ({"share": np.array([["a"]])}, "^share holds <U1 along 2 axes, expected numbers along 2$"),
        ({"share": np.array([[1, np.nan]])}, "^share holds numbers that are not finite$"),
        ({"share": np.array([[np.inf]])}, "^share holds numbers that are not finite$"),
        ({"counts": np.array([{"code": 1}])}, "^not NumPy's arrays$"),
    ],
)
def test_an_array_of_another_kind_is_named(changed, expected, write):
    with pytest.raises(BadArrays, match=expected):
        read_arrays(write(**{"counts": np.arange(3), "share": np.ones((2, 2))} | changed), EXPECTED)


def test_an_array_that_is_missing_is_named(write):
    with pytest.raises(BadArrays, match=r"^it has no share$"):
        read_arrays(write(counts=np.arange(3)), EXPECTED)


def test_a_file_that_would_unpack_to_too_much_is_not_unpacked(write, monkeypatch):
    filename = write(counts=np.zeros(10_000, int), share=np.ones((1, 1)))
    assert filename.stat().st_size < 10_000
    monkeypatch.setattr(checked_arrays, "MAX_BYTES", 10_000)
    with pytest.raises(BadArrays, match=r"bytes of arrays, more than 10,000$"):
        read_arrays(filename, EXPECTED)


@pytest.mark.parametrize("num_bytes", [0, 1, 100])
def test_a_file_that_is_cut_off_is_no_traceback(num_bytes, write):
    filename = write(counts=np.arange(1000), share=np.ones((2, 2)))
    filename.write_bytes(filename.read_bytes()[:num_bytes])
    with pytest.raises(BadArrays):
        read_arrays(filename, EXPECTED)


def test_an_array_that_lies_about_its_shape_is_refused(tmp_path):
    filename = tmp_path / "arrays.npz"
    header = b"{'descr': '<i8', 'fortran_order': False, 'shape': (1000000000000,), }"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(filename, "w") as archive:
        archive.writestr("counts.npy", content)
    with pytest.raises(BadArrays):
        read_arrays(filename, {"counts": Expected("iu", 1)})


def test_no_file_is_what_it_always_was(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "nowhere.npz", EXPECTED)
