"""The line model with narrow columns."""

import pytest
import torch

from text_recognizer.models.line_resnet_lstm import LineResNetLSTM


def config(height, width):
    return {"input_dims": (1, height, width), "output_dims": (20,), "mapping": [*"_ab"]}


@pytest.mark.parametrize(("height", "width", "columns"), [(56, 1024, 256), (28, 896, 224), (20, 30, 8), (1, 1, 1)])
def test_there_is_a_reading_for_each_four_pixels_of_width(height, width, columns):
    logits = LineResNetLSTM(config(height, width), stem_dim=2, lstm_dim=4)(torch.rand(2, 1, height, width))
    assert logits.shape == (2, 3, columns)


def test_the_same_weights_read_lines_of_any_size():
    model = LineResNetLSTM(config(56, 1024), stem_dim=2, lstm_dim=4)
    assert model(torch.rand(1, 1, 40, 600)).shape == (1, 3, 150)


def test_a_reading_knows_what_stands_at_both_ends_of_the_line():
    model = LineResNetLSTM(config(16, 160), stem_dim=2, lstm_dim=4).eval()
    x = torch.rand(1, 1, 16, 160, requires_grad=True)
    model(x)[0, :, 20].sum().backward()
    assert x.grad[..., :4].any()
    assert x.grad[..., -4:].any()


def test_more_layers_and_blocks_are_made_when_asked_for():
    def num_weights(**settings):
        return sum(weights.numel() for weights in LineResNetLSTM(config(16, 64), stem_dim=2, **settings).parameters())

    assert num_weights(lstm_layers=2) > num_weights()
    assert num_weights(res_blocks=2) > num_weights()


def test_weights_of_fewer_lstm_layers_are_those_of_the_first_ones():
    torch.manual_seed(0)
    one, two = (LineResNetLSTM(config(56, 64), lstm_layers=num) for num in (1, 2))
    before = {name: value.clone() for name, value in two.state_dict().items()}
    two.load_state_dict(one.state_dict())
    for name, value in two.state_dict().items():
        assert torch.equal(value, before[name] if "_l1" in name else one.state_dict()[name]), name


def test_weights_of_more_lstm_layers_do_not_fit():
    with pytest.raises(RuntimeError, match="Unexpected key"):
        LineResNetLSTM(config(56, 64)).load_state_dict(LineResNetLSTM(config(56, 64), lstm_layers=2).state_dict())
