import pytest
import torch

from text_recognizer.models import LineCNNSimple
from text_recognizer.util import UserError

MAPPING = list("0123456789")
SMALL = {"conv_dim": 2, "fc_dim": 3}


def build(width, max_length=32, **settings):
    torch.manual_seed(0)
    config = {"input_dims": (1, 28, width), "output_dims": (max_length,), "mapping": MAPPING}
    return LineCNNSimple(config, **SMALL, **settings).eval()


@pytest.mark.parametrize(
    ("width", "window_width", "window_stride", "expected"),
    [
        (896, 28, 28, 32),
        (896, 28, 20, 44),
        (896, 28, 18, 49),
        (896, 28, 1, 869),
        (896, 896, 28, 1),
        (28, 28, 28, 1),
        (55, 28, 28, 1),
        (56, 28, 28, 2),
        (57, 28, 28, 2),
        (100, 30, 7, 11),
        (100, 2, 50, 2),
        (10, 4, 100, 1),
    ],
)
def test_there_is_a_reading_for_each_window_that_fits(width, window_width, window_stride, expected):
    model = build(width, window_width=window_width, window_stride=window_stride)
    assert model(torch.rand(2, 1, 28, width)).shape == (2, 10, expected)
    assert expected == (width - window_width) // window_stride + 1


def test_the_defaults_are_one_window_for_each_character():
    assert build(896)(torch.rand(1, 1, 28, 896)).shape == (1, 10, 32)


@pytest.mark.parametrize(("window_width", "window_stride"), [(28, 28), (28, 20), (16, 40)])
def test_a_reading_is_the_cnns_of_what_the_window_shows(window_width, window_stride):
    model, x = build(200, window_width=window_width, window_stride=window_stride), torch.rand(3, 1, 28, 200)
    logits = model(x)
    for i in range(logits.shape[2]):
        window = x[..., i * window_stride : i * window_stride + window_width]
        torch.testing.assert_close(logits[:, :, i], model.cnn(window))


@pytest.mark.parametrize(
    ("window_stride", "max_length", "limited", "expected"),
    [(20, 32, True, 32), (20, 32, False, 44), (28, 32, True, 32), (28, 40, True, 32), (28, 5, True, 5)],
)
def test_readings_beyond_the_longest_row_of_labels_can_be_dropped(window_stride, max_length, limited, expected):
    settings = {"max_length": max_length, "window_stride": window_stride}
    model = build(896, limit_output_length=limited, **settings)
    x = torch.rand(1, 1, 28, 896)
    logits = model(x)
    assert logits.shape == (1, 10, expected)
    torch.testing.assert_close(logits, build(896, **settings)(x)[:, :, :expected])


@pytest.mark.parametrize(
    ("window_width", "window_stride"), [(0, 28), (-1, 28), (57, 28), (28, 0), (28, -3)], ids=lambda value: str(value)
)
def test_a_window_that_does_not_fit_is_named_with_what_would(window_width, window_stride):
    with pytest.raises(UserError) as caught:
        build(56, window_width=window_width, window_stride=window_stride)
    assert f"--window_width={window_width} --window_stride={window_stride}" in str(caught.value)
    assert "to 56" in str(caught.value)


def test_every_width_that_is_allowed_works():
    for window_width in (1, 2, 3):
        try:
            model = build(56, window_width=window_width)
        except UserError:
            continue
        assert model(torch.rand(1, 1, 28, 56)).shape == (1, 10, (56 - window_width) // 28 + 1)


def test_settings_of_the_cnn_are_taken():
    assert build(56).cnn.features(torch.rand(1, 1, 28, 28)).shape[1] == SMALL["conv_dim"]
