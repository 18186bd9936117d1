import pytest
import torch
from torch import nn

from text_recognizer.models import ConvolutionalRecurrentNetwork
from text_recognizer.util import UserError


def build(height=28, width=84, **settings):
    torch.manual_seed(0)
    small = {"crnn_conv_dim": 2, "crnn_dim": 4} | settings
    config = {"input_dims": (1, height, width), "output_dims": (4,), "mapping": list("0123456789")}
    return ConvolutionalRecurrentNetwork(config, **small).eval()


@pytest.mark.parametrize(
    ("width", "window", "stride", "expected"), [(84, 28, 14, 5), (85, 28, 14, 5), (28, 28, 14, 1), (100, 12, 4, 23)]
)
def test_there_is_a_reading_for_each_window(width, window, stride, expected):
    model = build(30, width, crnn_window_width=window, crnn_window_stride=stride)
    assert model(torch.rand(3, 1, 30, width)).shape == (3, 10, expected)


@pytest.mark.parametrize(("cell", "expected"), [("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_the_recurrent_network_is_the_one_asked_for(cell, expected):
    model = build(crnn_cell=cell, crnn_layers=2)
    assert isinstance(model.recurrent, expected)
    assert model(torch.rand(2, 1, 28, 84)).shape == (2, 10, 5)


def test_a_window_is_read_by_itself_and_joined_with_the_others():
    model, x = build(), torch.rand(1, 1, 28, 84)
    other = x.clone()
    other[..., 70:] = 0  # behind all windows but the last
    windows = [image.unfold(3, 28, 14).permute(0, 3, 1, 2, 4).flatten(0, 1) for image in (x, other)]
    one, two = (model.cnn(each) for each in windows)
    assert torch.equal(one[:4], two[:4])
    assert not torch.equal(one[4], two[4])
    assert (model(x) != model(other)).any(dim=1).all()


@pytest.mark.parametrize("settings", [{"crnn_window_width": 7}, {"crnn_window_width": 85}, {"crnn_window_stride": 0}])
def test_windows_that_do_not_fit_are_an_error(settings):
    with pytest.raises(UserError, match="expected a width of 8 to 84"):
        build(**settings)
