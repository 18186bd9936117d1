import numpy as np
import pytest
import torch

from text_recognizer.data.drawing.on_demand import set_epoch
from text_recognizer.data.drawn_world import (
    HALF,
    OUTSIDE,
    UP_SHIFT,
    DrawnWorld,
    collate,
    colour_cores,
    draw_scene,
    fit_picture,
)
from text_recognizer.lit_models.line_finder import unpack
from text_recognizer.util import UserError


@pytest.fixture(scope="module")
def data():
    torch.manual_seed(3)
    data = DrawnWorld(num_train_pictures=4, num_held_out_pictures=2, num_hands=3, batch_size=2, largest=320)
    data.prepare_data()
    data.setup()
    return data


def test_a_batch_holds_pictures_and_maps_of_half_their_size(data):
    x, y = next(iter(data.train_dataloader()))
    assert x.shape[:2] == (2, 3)
    assert x.shape[2] % 32 == x.shape[3] % 32 == 0
    assert y.shape == (2, 2, x.shape[2] // HALF, x.shape[3] // HALF)
    assert 0 <= x.min() <= x.max() <= 1
    target = unpack(y)
    assert target.core.any()
    assert (target.height[target.core > 0] > 0).all()


def test_other_pictures_in_each_epoch_but_the_same_to_validate_on(data):
    first = next(iter(data.train_dataloader()))[0]
    set_epoch(data.data_train, 1)
    second = next(iter(data.train_dataloader()))[0]
    set_epoch(data.data_train, 0)
    assert first.shape != second.shape or not torch.equal(first, second)
    once, again = (next(iter(data.val_dataloader())) for _ in range(2))
    assert torch.equal(once[0], again[0])
    assert torch.equal(once[1], again[1])


def test_a_picture_depends_on_seed_epoch_and_index_alone(data):
    image, target = data.data_train[1]
    data.data_train[0]
    other, other_target = data.data_train[1]
    assert np.array_equal(image, other)
    assert np.array_equal(target, other_target)


def test_lines_are_drawn_once_for_each_split(data, capsys):
    data.prepare_data()
    assert "Drawing" not in capsys.readouterr().out


def test_padding_is_marked_and_the_way_up_is_everywhere():
    image, target = np.zeros((40, 60, 3), np.uint8), np.zeros((2, 20, 30), np.int16)
    target[0] |= 3 << UP_SHIFT
    x, y = collate([(image, target)])
    assert x.shape == (1, 3, 64, 64)
    assert ((y[0, 0] & OUTSIDE) == 0).sum() == 20 * 30
    assert ((y[0, 0] >> UP_SHIFT & 3) == 3).all()


def test_scenes_of_a_batch_fit_the_finder():
    for seed in range(30):
        scene = draw_scene(np.random.default_rng(seed), 1024)
        assert max(scene.shape) <= 1024
        assert all(side % 32 == 0 for side in scene.shape)


@pytest.mark.parametrize("size", [(77, 148), (2000, 3000), (1024, 700)])
def test_the_finder_sees_a_picture_whose_longer_side_is_1024(size):
    assert max(fit_picture(np.zeros((*size, 3), np.uint8)).shape) == 1024


def test_training_pictures_are_no_larger_than_asked_for(data):
    assert all(max(image.shape) <= 320 for image, _ in (data.data_train[i] for i in range(4)))


@pytest.mark.parametrize("largest", [100, 2000])
def test_a_size_that_no_finder_sees_is_refused(largest):
    with pytest.raises(UserError, match=f"--largest={largest}: expected 256 to 1024"):
        DrawnWorld(largest=largest)


def test_a_count_below_one_is_refused():
    with pytest.raises(UserError, match="--num_train_pictures=0"):
        DrawnWorld(num_train_pictures=0)


def test_cores_are_shown(data):
    image, target = data.data_train[0]
    seen = colour_cores(image, target, side=64)
    assert seen.shape == (64, 64, 3)
    assert not np.array_equal(seen, colour_cores(image, 0 * target, side=64))
