import pytest
import torch

from text_recognizer.models import LineFinder

CONFIG = {"input_dims": (3, 1024, 1024)}


def make(width=8):
    torch.manual_seed(0)
    return LineFinder(CONFIG, finder_width=width).eval()


@pytest.mark.parametrize("size", [(64, 96), (32, 32), (160, 224)])
def test_maps_have_half_the_size_of_the_picture(size):
    found = make()(torch.rand(2, 3, *size))
    assert found.maps.shape == (2, 5, size[0] // 2, size[1] // 2)
    assert found.up.shape == (2, 4)


def test_answers_are_probabilities_and_heights():
    answers = make().predict(torch.rand(1, 3, 64, 96))
    assert answers.keys() == {"core", "paper", "printed", "rules", "height", "up"}
    for name in ("core", "paper", "printed", "rules"):
        assert answers[name].shape == (1, 32, 48)
        assert answers[name].dtype == torch.float32
        assert 0 <= answers[name].min() <= answers[name].max() <= 1
    assert (answers["height"] > 0).all()
    torch.testing.assert_close(answers["up"].sum(dim=1), torch.ones(1))


def test_the_standard_size_is_small_enough():
    num = sum(weight.numel() for weight in LineFinder(CONFIG).parameters())
    assert 0.9e6 < num <= 1.0e6


def test_a_picture_of_the_batch_does_not_change_another():
    model, x = make(), torch.rand(3, 3, 64, 64)
    torch.testing.assert_close(model(x).maps[:1], model(x[:1]).maps, atol=1e-5, rtol=1e-4)


def test_every_weight_learns():
    model = make().train()
    found = model(torch.rand(4, 3, 64, 64))
    (found.maps.pow(2).sum() + found.up.pow(2).sum()).backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()] == []
