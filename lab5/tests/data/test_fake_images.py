import pytest
import torch

from text_recognizer.data import FakeImageData
from text_recognizer.util import UserError


def loaded(**settings):
    data = FakeImageData(**settings)
    data.prepare_data()
    data.setup()
    return data


def splits(data):
    return data.data_train, data.data_val, data.data_test


@pytest.mark.parametrize(("num_samples", "expected"), [(512, [256, 128, 128]), (8, [4, 2, 2]), (10, [5, 2, 3])])
def test_half_is_for_training_and_a_quarter_each_for_validation_and_test(num_samples, expected):
    assert [len(split) for split in splits(loaded(num_samples=num_samples))] == expected


@pytest.mark.parametrize(("height", "width"), [(28, 28), (8, 20)])
def test_images_have_the_size_asked_for(height, width):
    data = loaded(num_samples=8, image_height=height, image_width=width)
    assert data.config()["input_dims"] == (1, height, width)
    for split in splits(data):
        image, _ = split[0]
        assert image.shape == (1, height, width)
        assert image.dtype == torch.float32
        assert 0 <= image.min() < image.max() <= 1


def test_labels_are_all_of_the_classes_and_none_beyond():
    data = loaded(num_samples=256, num_classes=3, image_height=2, image_width=2)
    assert data.mapping == ("0", "1", "2")
    assert {int(label) for split in splits(data) for _, label in split} == {0, 1, 2}


def test_images_are_the_same_each_time_and_no_two_are_equal():
    first, second = (
        [image.numpy().tobytes() for split in splits(loaded(num_samples=16)) for image, _ in split] for _ in range(2)
    )
    assert first == second
    assert len(set(first)) == 16


def test_nobody_takes_it_for_real_data():
    assert "FAKE" in str(FakeImageData(num_samples=8))


def test_settings_of_the_base_are_taken():
    assert loaded(num_samples=16, batch_size=3).train_dataloader().batch_size == 3


def test_too_few_images_for_three_splits_are_refused():
    with pytest.raises(UserError, match="--num_samples=3: expected 4 or more"):
        FakeImageData(num_samples=3)
    data = FakeImageData(num_samples=4)
    data.setup()
    assert min(len(data.data_train), len(data.data_val), len(data.data_test)) == 1


@pytest.mark.parametrize("flag", ["num_classes", "image_height", "image_width"])
def test_images_of_no_size_and_labels_of_no_class_are_refused(flag):
    with pytest.raises(UserError, match=f"--{flag}=0"):
        FakeImageData(**{flag: 0})
