import urllib.request

import pytest
import torch
from sklearn.datasets import load_digits

from text_recognizer.data import UCIDigits


@pytest.fixture(scope="module")
def data():
    data = UCIDigits()
    data.prepare_data()
    data.setup()
    return data


def splits(data):
    return data.data_train, data.data_val, data.data_test


def whole_indices(data):
    rest = data.data_val.dataset
    return [set(data.data_train.indices), *({rest.indices[i] for i in part.indices} for part in splits(data)[1:])]


def test_no_network_is_needed(monkeypatch):
    monkeypatch.setattr(urllib.request, "urlopen", None)
    fresh = UCIDigits()
    fresh.prepare_data()
    fresh.setup()
    assert len(fresh.data_train) > 0


def test_seventy_twelve_and_eighteen_percent(data):
    assert [len(split) for split in splits(data)] == [1257, 216, 324]


def test_the_splits_are_disjoint_and_together_all_digits(data):
    train, val, test = whole_indices(data)
    assert len(train) + len(val) + len(test) == 1797
    assert train | val | test == set(range(1797))


def test_the_splits_are_the_same_each_time(data):
    again = UCIDigits()
    again.setup()
    assert whole_indices(again) == whole_indices(data)


def test_images_are_digits_within_a_margin_in_white_on_black(data):
    images = torch.stack([image for image, _ in data.data_val])
    assert images.shape[1:] == data.input_dims
    assert images.dtype == torch.float32
    assert (images.min(), images.max()) == (0, 1)
    assert images.mean() < 0.3
    images[:, :, 4:24, 4:24] = 0
    assert not images.any()


def test_each_image_is_its_digit_scaled_and_neither_turned_nor_mixed_up(data):
    digits = load_digits()
    for position in (0, 1, 100):
        image, label = data.data_train[position]
        index = data.data_train.indices[position]
        small = torch.nn.functional.interpolate(image[None, :, 4:24, 4:24], size=(8, 8), mode="area")[0, 0]
        stored = torch.from_numpy(digits.images[index]).float() / 16
        assert torch.corrcoef(torch.stack([small.flatten(), stored.flatten()]))[0, 1] > 0.9
        assert label == digits.target[index]


def test_every_split_has_every_class(data):
    for split in splits(data):
        assert {int(label) for _, label in split} == set(range(10))


def test_printing_names_the_source(data):
    text = str(data)
    assert "1,257 training, 216 validation, 324 test examples" in text
    assert "8 x 8 pixels" in text.partition("source")[2]
