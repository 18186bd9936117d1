import pytest
import torch

from text_recognizer.models import LeNet
from text_recognizer.util import UserError

MAPPING = list("0123456789")


def build(height=28, width=28, **settings):
    torch.manual_seed(0)
    return LeNet({"input_dims": (1, height, width), "output_dims": (1,), "mapping": MAPPING}, **settings)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (28, 56), (29, 31), (6, 6)])
def test_any_one_size_of_image_has_a_row_of_logits_each(height, width):
    model = build(height, width, lenet_channels=(2, 3), lenet_fc_dim=4)
    assert model(torch.rand(5, 1, height, width)).shape == (5, 10)


def test_there_is_a_convolution_for_each_number_of_channels():
    model = build(lenet_channels=(2, 3, 4), lenet_fc_dim=5)
    assert model.features(torch.rand(1, 1, 28, 28)).shape == (1, 4, 11, 11)


@pytest.mark.parametrize("channels", [(), (1,) * 3])
def test_more_convolutions_than_pixels_are_an_error(channels):
    with pytest.raises(UserError, match=r"--lenet_channels=.*expected 1 to 2"):
        build(7, 7, lenet_channels=channels)


def test_dropout_works_in_training_only():
    model, x = build(lenet_dropout=0.5), torch.rand(2, 1, 28, 28)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))
