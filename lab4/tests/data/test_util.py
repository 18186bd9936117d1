import pytest
import torch

from text_recognizer.data.util import BaseDataset, split_dataset, to_image_tensor


def test_a_dataset_gives_images_with_their_targets():
    dataset = BaseDataset(["a", "b", "c"], [1, 2, 3])
    assert len(dataset) == 3
    assert [dataset[i] for i in range(3)] == [("a", 1), ("b", 2), ("c", 3)]


def test_transforms_apply_to_their_own_side_when_an_example_is_taken():
    dataset = BaseDataset(["a", "b"], [1, 2], transform=str.upper, target_transform=lambda target: -target)
    assert dataset[1] == ("B", -2)
    assert dataset.data == ["a", "b"]


@pytest.mark.parametrize("num_targets", [0, 1, 3])
def test_each_image_needs_one_target(num_targets):
    with pytest.raises(ValueError, match=f"2 images but {num_targets} targets"):
        BaseDataset(["a", "b"], [0] * num_targets)


def test_pixels_become_floats_between_0_and_1():
    image = to_image_tensor(torch.tensor([[0, 51, 255]], dtype=torch.uint8))
    assert image.shape == (1, 1, 3)
    torch.testing.assert_close(image, torch.tensor([[[0.0, 0.2, 1.0]]]))


@pytest.mark.parametrize(
    ("num", "fraction", "expected"), [(10, 0.8, (8, 2)), (10, 0.0, (0, 10)), (10, 1.0, (10, 0)), (7, 0.5, (3, 4))]
)
def test_a_split_has_the_sizes_asked_for_and_loses_and_repeats_nothing(num, fraction, expected):
    first, rest = split_dataset(range(num), fraction, seed=0)
    assert (len(first), len(rest)) == expected
    assert sorted([*first, *rest]) == list(range(num))


def test_the_seed_decides_the_split():
    splits = [list(split_dataset(range(100), 0.5, seed)[0]) for seed in (1, 1, 2)]
    assert splits[0] == splits[1]
    assert splits[0] != splits[2]
    assert splits[0] != sorted(splits[0])


def test_the_split_neither_uses_nor_changes_the_global_seed():
    torch.manual_seed(0)
    before = list(split_dataset(range(100), 0.5, seed=1)[0])
    drawn = torch.rand(1)
    torch.manual_seed(0)
    assert torch.rand(1) == drawn
    torch.manual_seed(123)
    assert list(split_dataset(range(100), 0.5, seed=1)[0]) == before
