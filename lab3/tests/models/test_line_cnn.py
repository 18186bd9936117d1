import pytest
import torch

from text_recognizer.models import LineCNN, LineCNNLSTM
from text_recognizer.util import UserError


def config(height=28, width=896, length=32):
    return {"input_dims": (1, height, width), "output_dims": (length,), "mapping": list("0123456789")}


def num_windows(height, width, **flags):
    model = LineCNN(config(height, width), conv_dim=2, fc_dim=4, **flags).eval()
    logits = model(torch.rand(2, 1, height, width))
    assert logits.shape == (2, 10, model.encoder.num_windows)
    return logits.shape[2]


@pytest.mark.parametrize(
    ("width", "window_width", "window_stride", "expected"),
    [
        (896, 28, 28, 37),
        (896, 28, 20, 55),
        (896, 28, 18, 55),
        (896, 20, 12, 111),
        (896, 16, 8, 111),
        (896, 8, 8, 112),
        (1024, 16, 8, 127),
        (2048, 16, 8, 255),
        (900, 16, 8, 112),
        (24, 24, 8, 1),
    ],
)
def test_windows_are_counted_in_steps_of_eight_pixels(width, window_width, window_stride, expected):
    assert num_windows(28, width, window_width=window_width, window_stride=window_stride) == expected


@pytest.mark.parametrize("height", [8, 28, 30, 56, 57, 64])
def test_any_height_collapses_to_one_row(height):
    assert num_windows(height, 128) == 15


@pytest.mark.parametrize("flags", [{"window_width": 7}, {"window_stride": 7}, {"window_width": 904}])
def test_a_window_or_stride_that_would_be_nothing_is_refused(flags):
    with pytest.raises(
        UserError, match=f"{next(iter(flags))}={next(iter(flags.values()))}.*expected a width of 8 to 896"
    ):
        LineCNN(config(), **flags)


def test_readings_beyond_the_longest_row_of_labels_can_be_dropped():
    x = torch.rand(2, 1, 28, 896)
    torch.manual_seed(0)
    whole = LineCNN(config(), conv_dim=2, fc_dim=4).eval()(x)
    torch.manual_seed(0)
    cut = LineCNN(config(), conv_dim=2, fc_dim=4, limit_output_length=True).eval()(x)
    assert cut.shape == (2, 10, 32)
    assert torch.equal(cut, whole[:, :, :32])


@pytest.mark.parametrize("model_class", [LineCNN, LineCNNLSTM])
def test_a_window_sees_its_own_part_of_the_line(model_class):
    model = model_class(config(), conv_dim=2, fc_dim=4).eval()
    x = torch.rand(1, 1, 28, 896, requires_grad=True)
    model(x)[0, :, 50].sum().backward()
    seen = x.grad.abs().sum(dim=(0, 1, 2)).nonzero().flatten()
    centre = 50 * 8 + 8
    assert seen.min() < centre < seen.max()
    if model_class is LineCNN:
        assert centre - seen.min() < 64
        assert seen.max() - centre < 64
    else:  # the LSTM carries news from both ends
        assert seen.min() < 100
        assert seen.max() > 800


@pytest.mark.parametrize(("layers", "expected"), [(1, 0.0), (2, 0.2)])
def test_dropout_between_layers_needs_layers(layers, expected):
    assert LineCNNLSTM(config(), lstm_layers=layers).lstm.dropout == expected
