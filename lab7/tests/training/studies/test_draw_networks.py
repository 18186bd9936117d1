import pytest
import torch
from PIL import Image
from torch import nn

from text_recognizer.models import ConvolutionalRecurrentNetwork, ConvTransformer, LeNet, Vit
from training.studies.draw_networks import NETWORKS, Drawing, main, parts_of, run

CONFIG = {"input_dims": (1, 28, 28), "output_dims": (5,), "mapping": ["<B>", "<S>", "<E>", "<P>", *"abc"]}


def total(parts, what):
    return sum(getattr(part, what) * part.times for part in parts)


def test_each_network_is_drawn_with_its_weights_and_multiplications(tmp_path, capsys):
    drawn = run(Drawing(models="LeNet,Vit", out=tmp_path))
    for name, parts in drawn.items():
        assert parts[0].name == "image"
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert picture.convert("L").getextrema() == (0, 255)
    assert "1.21 M" in capsys.readouterr().out


def test_multiplications_are_those_of_its_convolutions_and_linear_layers():
    parts = parts_of(LeNet(CONFIG, lenet_channels=(2, 3), lenet_fc_dim=5), CONFIG)
    by_hand = 26 * 26 * 2 * 9 + 24 * 24 * 3 * 2 * 9 + 12 * 12 * 3 * 5 + 5 * 7
    assert total(parts, "multiplications") == by_hand


@pytest.mark.parametrize("model_class", [LeNet, ConvolutionalRecurrentNetwork, ConvTransformer, Vit])
def test_no_weight_is_left_out_or_counted_twice(model_class):
    model = model_class(CONFIG)
    assert total(parts_of(model, CONFIG), "weights") == sum(one.numel() for one in model.parameters())


def test_a_recurrent_layer_uses_each_matrix_once_a_vector():
    model = ConvolutionalRecurrentNetwork(
        CONFIG, crnn_dim=4, crnn_conv_dim=2, crnn_window_width=8, crnn_window_stride=4
    )
    (part,) = (part for part in parts_of(model, CONFIG) if part.kind == "LSTM")
    num_features = model.recurrent.input_size
    assert part.multiplications == 6 * 2 * (4 * 4 * num_features + 4 * 4 * 4)


def test_parts_in_a_row_that_are_alike_share_a_box():
    class Chain(nn.Module):
        takes_labels = False

        def __init__(self):
            super().__init__()
            self.links = nn.Sequential(nn.Linear(28, 28), nn.Linear(28, 28), nn.Linear(28, 3))

        def forward(self, x):
            return self.links(x)

    assert [part.times for part in parts_of(Chain(), CONFIG)] == [1, 2, 1]
    assert torch.is_grad_enabled()


def test_the_networks_of_the_page_are_drawn_if_none_is_named():
    assert Drawing().models.split(",") == list(NETWORKS)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--models=Nope"], "'Nope' is not one of"),
        (["--data_class=Nope"], "expected one of"),
        (["--modells=x"], "--models"),
    ],
)
def test_mistakes_are_one_line(argv, expected):
    with pytest.raises(SystemExit, match=expected):
        main(argv)
