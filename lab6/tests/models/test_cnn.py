import pytest
import torch

from text_recognizer.models import CNN
from text_recognizer.models.cnn import ConvBlock

MAPPING = list("0123456789")


def build(height=28, width=28, **settings):
    torch.manual_seed(0)
    return CNN({"input_dims": (1, height, width), "output_dims": (1,), "mapping": MAPPING}, **settings)


def test_default_size():
    assert sum(parameter.numel() for parameter in build().parameters()) == 640 + 36_928 + 1_605_760 + 1_290


@pytest.mark.parametrize(("height", "width"), [(28, 28), (28, 56), (29, 31), (2, 2), (8, 100)])
def test_any_one_size_of_image_has_a_row_of_logits_each(height, width):
    model = build(height, width, conv_dim=2, fc_dim=3)
    assert model(torch.rand(5, 1, height, width)).shape == (5, 10)


@pytest.mark.parametrize(("conv_dim", "fc_dim"), [(2, 5), (3, 4)])
def test_widths_are_those_asked_for(conv_dim, fc_dim):
    model = build(conv_dim=conv_dim, fc_dim=fc_dim)
    assert model.features(torch.rand(1, 1, 28, 28)).shape == (1, conv_dim, 14, 14)
    assert [layer.out_features for layer in model.classifier if hasattr(layer, "out_features")] == [fc_dim, 10]


@pytest.mark.parametrize("size", [(7, 9), (1, 1)])
def test_a_block_keeps_the_size_and_is_never_negative(size):
    out = ConvBlock(1, 4)(torch.randn(2, 1, *size))
    assert out.shape == (2, 4, *size)
    assert out.min() >= 0


def test_a_block_sees_a_pixel_and_its_neighbours_only():
    block = ConvBlock(1, 8)
    black = torch.zeros(1, 1, 9, 9)
    dot = black.clone()
    dot[..., 4, 4] = 100
    changed = (block(dot) != block(black)).any(dim=1)[0].nonzero()
    assert changed.min() == 3
    assert changed.max() == 5


def test_dropout_works_in_training_only():
    model, x = build(conv_dropout=0.5), torch.rand(2, 1, 28, 28)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def test_without_dropout_training_is_the_same_each_time():
    model, x = build(conv_dropout=0.0), torch.rand(2, 1, 28, 28)
    assert torch.equal(model(x), model(x))
