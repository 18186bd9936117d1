"""Real characters in EMNIST's layout: read by the labs, named for what they are, and never in the place of EMNIST."""

import gzip
import hashlib
import struct

import numpy as np
import pytest
import real_characters
import torch

from text_recognizer.data import EMNIST, characters, emnist, mnist
from text_recognizer.models import ResNet

SPLITS = {"train": 6, "test": 2}  # images of each class
CORNER = (slice(0, 4), slice(0, 9))  # marked in each image, so that one that lies on its side is told


def write_idx(filename, array):
    header = struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape)
    filename.parent.mkdir(parents=True, exist_ok=True)
    filename.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


def upright(num):
    images = np.zeros((num, 28, 28), np.uint8)
    images[:, *CORNER] = 255
    return images


@pytest.fixture(autouse=True)
def dirname(tmp_path, monkeypatch):
    """Small Chars74K, MNIST and letters; no EMNIST."""
    for module, name in ((characters, "chars74k"), (mnist, "mnist")):
        monkeypatch.setattr(module, "DIRNAME", tmp_path / name)
    monkeypatch.setattr(emnist, "ZIP_FILENAME", tmp_path / "emnist" / "matlab.zip")
    monkeypatch.setattr(emnist, "PREPARED_FILENAME", tmp_path / "processed" / "byclass.h5")
    for split, num in SPLITS.items():
        labels = np.repeat(np.arange(62), num)
        content = {"images-idx3": upright(len(labels)).swapaxes(1, 2), "labels-idx1": labels}
        for what, array in content.items():
            write_idx(tmp_path / "chars74k" / characters.NAME.format(split=split, what=what), array)
    for name in mnist.SHA256:
        labels = np.arange(240) % 10
        filename = tmp_path / "mnist" / name
        write_idx(filename, upright(len(labels)) if "images" in name else labels)
        monkeypatch.setitem(mnist.SHA256, name, hashlib.sha256(gzip.decompress(filename.read_bytes())).hexdigest())
    return tmp_path


def test_the_labs_read_it_upright_in_all_classes_and_do_not_call_it_emnist(capsys):
    real_characters.main(["make"])
    assert "Chars74K and MNIST in EMNIST's layout" in capsys.readouterr().out
    data = EMNIST()
    data.prepare_data()
    data.setup()
    assert data.source.startswith("Chars74K and MNIST characters")
    assert not data.is_stand_in
    labels = {int(label) for split in (data.data_train, data.data_val) for _, label in split}
    assert len(labels) == 62
    image, _ = data.data_test[0]
    assert torch.equal(image[0], torch.from_numpy(upright(1)[0] / 255).float())


def test_there_are_more_digits_than_letters_by_mnists():
    real_characters.main(["make"])
    counts = np.bincount(emnist._read_splits(emnist.ZIP_FILENAME)["test"][1].reshape(-1))
    assert counts[:10].tolist() == [SPLITS["test"] + real_characters.NUM_DIGITS["test"]] * 10
    assert counts[10:].tolist() == [SPLITS["test"]] * 52


def test_a_file_that_is_there_stays():
    emnist.ZIP_FILENAME.parent.mkdir()
    emnist.ZIP_FILENAME.write_bytes(b"mine")
    with pytest.raises(SystemExit, match=r"error: .*matlab.zip is there already"):
        real_characters.main(["make"])
    assert emnist.ZIP_FILENAME.read_bytes() == b"mine"


def test_letters_count_as_read_whatever_their_case(dirname, capsys):
    for what, array in (("images-idx3", upright(3).swapaxes(1, 2)), ("labels-idx1", np.array([1, 1, 2]))):
        write_idx(dirname / "letters" / f"emnist-letters-test-{what}-ubyte.gz", array)
    model = ResNet(EMNIST().config())
    state = {f"model.{name}": torch.zeros_like(value) for name, value in model.state_dict().items()}
    last_bias = list(state)[-1]
    state[last_bias][emnist.MAPPING.index("A")] = 1.0  # whatever it sees, it reads an A
    torch.save({"state_dict": state}, dirname / "last.ckpt")
    real_characters.main(["letters", str(dirname / "last.ckpt"), "--letters_dirname", str(dirname / "letters")])
    assert "66.7% of 3 letters in 2 classes, ignoring case" in capsys.readouterr().out


def test_a_missing_file_is_one_line(dirname):
    with pytest.raises(SystemExit, match=r"error: .*nowhere.ckpt"):
        real_characters.main(["letters", str(dirname / "nowhere.ckpt"), "--letters_dirname", str(dirname / "letters")])
