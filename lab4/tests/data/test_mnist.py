import gzip
import urllib.request

import numpy as np
import pytest
import torch
import torchvision.datasets

from tests import small_mnist
from tests.small_mnist import unpacked_sha256_of, write_idx
from text_recognizer.data import MNIST, mnist
from text_recognizer.util import UserError

ARRAYS = {
    "train-images-idx3-ubyte.gz": np.arange(24 * 784).astype(np.uint8).reshape(24, 28, 28),
    "train-labels-idx1-ubyte.gz": np.arange(24) % 10,
    "t10k-images-idx3-ubyte.gz": np.full((6, 28, 28), 102),
    "t10k-labels-idx1-ubyte.gz": np.arange(6),
}


@pytest.fixture
def dirname(tmp_path, monkeypatch):
    """A directory with four files, which are taken for the official ones."""
    monkeypatch.setattr(mnist, "DIRNAME", tmp_path)
    for name, array in ARRAYS.items():
        write_idx(tmp_path / name, array)
        monkeypatch.setitem(mnist.SHA256, name, unpacked_sha256_of(tmp_path / name))
    return tmp_path


@pytest.fixture
def _no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


@pytest.fixture
def mirrors(tmp_path, monkeypatch):
    """Two mirrors: a directory that does not exist, and one to put files into."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    urls = [f"{tmp_path.as_uri()}/nowhere/", f"{mirror.as_uri()}/"]
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", urls)
    return mirror


def loaded(**settings):
    data = MNIST(**settings)
    data.prepare_data()
    data.setup()
    return data


@pytest.mark.usefixtures("_no_network")
def test_a_twelfth_of_the_training_digits_is_for_validation():
    data = loaded()
    sizes = [len(split) for split in (data.data_train, data.data_val, data.data_test)]
    assert sizes == [small_mnist.NUM_TRAIN * 11 // 12, small_mnist.NUM_TRAIN // 12, small_mnist.NUM_TEST]


def test_of_the_official_60000_55000_are_for_training(monkeypatch):
    monkeypatch.setattr(mnist, "_load", lambda part: range(60_000))
    train, val, _ = MNIST().load_splits()
    assert (len(train), len(val)) == (55_000, 5_000)


@pytest.mark.usefixtures("_no_network")
def test_the_splits_are_disjoint_and_the_same_each_time():
    first, second = loaded(), loaded()
    train, val = set(first.data_train.indices), set(first.data_val.indices)
    assert not train & val
    assert train | val == set(range(small_mnist.NUM_TRAIN))
    assert list(first.data_train.indices) == list(second.data_train.indices)


@pytest.mark.usefixtures("_no_network", "dirname")
def test_an_example_is_the_stored_image_and_its_label():
    data = loaded()
    for (image, label), index in zip(data.data_train, data.data_train.indices, strict=True):
        assert image.shape == data.input_dims
        assert image.dtype == torch.float32
        np.testing.assert_allclose(image[0].numpy() * 255, ARRAYS["train-images-idx3-ubyte.gz"][index], atol=1e-4)
        assert label == ARRAYS["train-labels-idx1-ubyte.gz"][index]
        assert label.dtype == torch.int64
    assert torch.stack([image for image, _ in data.data_test]).unique() == torch.tensor([0.4])


@pytest.mark.usefixtures("_no_network")
def test_printing_tells_sizes_shapes_ranges_and_source():
    text = str(MNIST(batch_size=440))
    for part in (
        "MNIST: 440 training, 40 validation, 120 test examples",
        "one image   (1, 28, 28), one target (1,), 10 classes",
        "images (440, 1, 28, 28) float32 in [0, 1], mean 0.",
        "targets (440,) int64 in [0, 9], mean ",
        f"source      MNIST, the official files in {mnist.DIRNAME}",
    ):
        assert part in text


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.usefixtures("_no_network")
def test_a_missing_file_is_named_and_nothing_is_downloaded_for_printing(dirname, name):
    (dirname / name).unlink()
    text = str(MNIST())
    assert text.startswith("MNIST: not loaded.")
    assert f"{dirname / name} is missing" in text
    assert "make download" in text
    assert not (dirname / name).exists()


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.usefixtures("_no_network")
def test_a_file_that_is_not_the_official_one_is_never_read(dirname, name):
    write_idx(dirname / name, ARRAYS[name] * 0)  # in the right format, as a stand-in is
    with pytest.raises(UserError, match=f"{name} is not MNIST's official file: delete it"):
        MNIST().setup()


@pytest.mark.usefixtures("_no_network")
def test_a_file_is_checked_at_every_load_and_not_only_at_the_first(dirname):
    loaded()
    name = "t10k-labels-idx1-ubyte.gz"
    (dirname / name).write_bytes((dirname / name).read_bytes()[:-9])
    with pytest.raises(UserError, match=f"{name} is not MNIST's official file"):
        MNIST().setup()


@pytest.mark.usefixtures("_no_network")
def test_it_does_not_matter_how_a_file_was_packed(dirname):
    for name in ARRAYS:
        (dirname / name).write_bytes(gzip.compress(gzip.decompress((dirname / name).read_bytes()), 1, mtime=7))
    assert len(loaded().data_test) == 6


@pytest.mark.parametrize("name", ARRAYS)
def test_what_is_missing_or_wrong_is_downloaded_from_the_first_mirror_that_has_it(dirname, mirrors, name):
    (dirname / name).rename(mirrors / name)
    (dirname / name).write_bytes(b"a stand-in")
    assert len(loaded().data_test) == 6
    assert unpacked_sha256_of(dirname / name) == mnist.SHA256[name]


def test_a_download_with_another_hash_is_not_accepted(dirname, mirrors):
    name = "train-images-idx3-ubyte.gz"
    (dirname / name).unlink()
    (mirrors / name).write_bytes(b"something else")
    with pytest.raises(UserError, match=f"{name} is missing and could not be downloaded.*not MNIST's official file"):
        MNIST().prepare_data()
    assert not (dirname / name).exists()
    assert list(dirname.glob("*.part")) == []


def test_where_no_mirror_answers_the_error_names_them_and_data_that_needs_no_download(dirname, mirrors):
    name = "train-images-idx3-ubyte.gz"
    (dirname / name).write_bytes(b"a stand-in")
    with pytest.raises(UserError) as caught:
        MNIST().prepare_data()
    for part in (f"nowhere/{name}", f"mirror/{name}", f"put it into {dirname}", "--data_class=UCIDigits"):
        assert part in str(caught.value)
    assert (dirname / name).read_bytes() == b"a stand-in"


def test_the_package_names_it():
    assert MNIST().config() == {"input_dims": (1, 28, 28), "output_dims": (1,), "mapping": tuple("0123456789")}
