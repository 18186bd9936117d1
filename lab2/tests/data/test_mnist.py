import urllib.request

import numpy as np
import pytest
import torch
import torchvision.datasets

from tests import small_mnist
from tests.small_mnist import write_idx
from text_recognizer.data import MNIST, mnist
from text_recognizer.data.util import split_dataset
from text_recognizer.util import UserError, sha256_of

NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
ARRAYS = {
    "x_train": np.arange(24 * 784).astype(np.uint8).reshape(24, 28, 28),
    "y_train": np.arange(24) % 10,
    "x_test": np.zeros((6, 28, 28)),
    "y_test": np.arange(6),
}


@pytest.fixture
def dirname(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "DIRNAME", tmp_path)
    return tmp_path


@pytest.fixture
def _no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def write(dirname, suffix=".gz", **changed):
    for key, array in (ARRAYS | changed).items():
        write_idx(dirname / f"{NAMES[key]}{suffix}", np.asarray(array))


def loaded(**settings):
    data = MNIST(**settings)
    data.prepare_data()
    data.setup()
    return data


def sizes(data):
    return len(data.data_train), len(data.data_val), len(data.data_test)


@pytest.mark.usefixtures("_no_network")
def test_a_twelfth_of_the_training_digits_is_for_validation():
    data = loaded()
    assert sizes(data) == (small_mnist.NUM_TRAIN * 11 // 12, small_mnist.NUM_TRAIN // 12, small_mnist.NUM_TEST)


def test_of_the_official_60000_55000_are_for_training():
    train, val = split_dataset(range(60_000), mnist.TRAIN_FRACTION, mnist.SPLIT_SEED)
    assert (len(train), len(val)) == (55_000, 5_000)


@pytest.mark.usefixtures("_no_network")
def test_the_splits_are_disjoint_and_the_same_each_time():
    first, second = loaded(), loaded()
    train, val = set(first.data_train.indices), set(first.data_val.indices)
    assert not train & val
    assert train | val == set(range(small_mnist.NUM_TRAIN))
    assert list(first.data_train.indices) == list(second.data_train.indices)
    assert list(first.data_val.indices) == list(second.data_val.indices)


@pytest.mark.usefixtures("_no_network")
def test_the_splits_come_from_their_own_files(dirname):
    write(dirname, x_train=np.full((24, 28, 28), 51), x_test=np.full((6, 28, 28), 102))
    data = loaded()
    means = [torch.stack([x for x, _ in split]).unique() for split in (data.data_train, data.data_val, data.data_test)]
    assert means == [torch.tensor([0.2]), torch.tensor([0.2]), torch.tensor([0.4])]


@pytest.mark.usefixtures("_no_network")
def test_an_example_is_the_stored_image_and_its_label(dirname):
    write(dirname)
    data = loaded()
    for (image, label), index in zip(data.data_train, data.data_train.indices, strict=True):
        assert image.shape == data.input_dims
        assert image.dtype == torch.float32
        np.testing.assert_allclose(image[0].numpy() * 255, ARRAYS["x_train"][index], atol=1e-4)
        assert label == ARRAYS["y_train"][index]
        assert label.dtype == torch.int64


@pytest.mark.usefixtures("_no_network")
def test_printing_tells_sizes_shapes_ranges_and_source():
    text = str(MNIST(batch_size=440))
    for part in (
        "MNIST: 440 training, 40 validation, 120 test examples",
        "one image   (1, 28, 28), one target (1,), 10 classes",
        "'0' '1' '2' '3' '4' '5' '6' '7' '8' '9'",
        "images (440, 1, 28, 28) float32 in [0, 1], mean 0.",
        "targets (440,) int64 in [0, 9], mean ",
        f"source      MNIST idx files in {mnist.DIRNAME}",
    ):
        assert part in text


@pytest.mark.usefixtures("_no_network")
def test_printing_without_files_says_so_and_downloads_nothing(dirname):
    text = str(MNIST())
    assert text.startswith("MNIST: not loaded.")
    assert f"{dirname / NAMES['x_train']}.gz is missing" in text
    assert "make download" in text
    assert list(dirname.iterdir()) == []


@pytest.mark.parametrize("missing", NAMES)
@pytest.mark.usefixtures("_no_network")
def test_a_missing_file_is_named(dirname, missing):
    write(dirname)
    (dirname / f"{NAMES[missing]}.gz").unlink()
    with pytest.raises(UserError, match=f"{NAMES[missing]}.gz is missing"):
        MNIST().setup()


@pytest.mark.usefixtures("_no_network")
def test_uncompressed_files_serve_as_well(dirname):
    write(dirname, suffix="")
    assert sizes(loaded()) == (22, 2, 6)
    assert sorted(path.name for path in dirname.iterdir()) == sorted(NAMES.values())


@pytest.mark.usefixtures("_no_network")
def test_the_hash_of_uncompressed_files_is_printed(dirname, capsys):
    write(dirname, suffix="")
    MNIST().prepare_data()
    printed = capsys.readouterr().out
    for name in NAMES.values():
        found = sha256_of(dirname / name)
        assert f"{dirname / name}: not the official file, used as it is (SHA-256 {found})" in printed


@pytest.mark.usefixtures("_no_network")
def test_a_web_page_in_place_of_an_uncompressed_file_is_named_as_such(dirname):
    write(dirname, suffix="")
    (dirname / NAMES["x_test"]).write_text("<!DOCTYPE html><html>moved</html>")
    with pytest.raises(UserError, match=f"{NAMES['x_test']} is an HTML page"):
        MNIST().prepare_data()


def test_where_no_mirror_answers_the_error_names_data_that_needs_no_download(dirname, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    mirrors = ["http://127.0.0.1:1/first/", "http://127.0.0.1:1/second/"]
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", mirrors)
    with pytest.raises(UserError) as caught:
        MNIST().prepare_data()
    for part in ("http://127.0.0.1:1/first/train-images", "http://127.0.0.1:1/second/train-images", str(dirname)):
        assert part in str(caught.value)
    assert "--data_class=UCIDigits" in str(caught.value)
    assert list(dirname.iterdir()) == []


def test_only_what_is_missing_is_downloaded(dirname, monkeypatch):
    write(dirname)
    (dirname / f"{NAMES['y_test']}.gz").unlink()
    (dirname / f"{NAMES['x_test']}.gz").unlink()
    write_idx(dirname / NAMES["x_test"], ARRAYS["x_test"])
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", ["http://127.0.0.1:1/"])
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(
        UserError, match=r"t10k-labels-idx1-ubyte.gz is missing .* Tried: http://127.0.0.1:1/t10k-labels"
    ):
        MNIST().prepare_data()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"y_train": np.arange(23) % 10}, r"\(24, 28, 28\).* 23 labels"),
        ({"y_test": np.arange(7)}, r"\(6, 28, 28\).* 7 labels"),
        ({"x_train": np.zeros((24, 27, 28))}, r"\(24, 27, 28\).*expected .*28 x 28"),
        ({"x_test": np.zeros((6, 784))}, r"\(6, 784\).*expected .*28 x 28"),
        ({"x_train": np.zeros(24)}, r"\(24,\).*expected .*28 x 28"),
        (
            {"y_train": [*range(10)] * 2 + [1, 2, 3, 10]},
            "train-labels-idx1-ubyte.gz holds the label 10: expected 0 to 9",
        ),
        ({"y_test": [0, 1, 2, 3, 4, 255]}, "t10k-labels-idx1-ubyte.gz holds the label 255: expected 0 to 9"),
    ],
)
@pytest.mark.usefixtures("_no_network")
def test_files_that_do_not_belong_together_are_refused(dirname, changed, expected):
    write(dirname, **changed)
    with pytest.raises(UserError, match=expected) as caught:
        MNIST().setup()
    assert str(dirname) in str(caught.value)
    assert "Delete" in str(caught.value)


@pytest.mark.usefixtures("_no_network")
def test_a_truncated_file_is_told_when_printing(dirname):
    write(dirname)
    filename = dirname / f"{NAMES['x_test']}.gz"
    filename.write_bytes(filename.read_bytes()[:-9])
    assert f"not loaded. {filename} is truncated" in str(MNIST())


def test_the_package_names_it():
    assert MNIST().config() == {"input_dims": (1, 28, 28), "output_dims": (1,), "mapping": tuple("0123456789")}
