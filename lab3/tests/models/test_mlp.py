import pytest
import torch

from text_recognizer.models import MLP

CONFIG = {"input_dims": (1, 28, 28), "output_dims": (1,), "mapping": list("0123456789")}


def test_default_size():
    hidden = 1024, 128  # each layer has a weight for each of its inputs, and one more
    sizes = [(28 * 28 + 1) * hidden[0], (hidden[0] + 1) * hidden[1], (hidden[1] + 1) * 10]
    assert sum(parameter.numel() for parameter in MLP(CONFIG).parameters()) == sum(sizes)


@pytest.mark.parametrize(("fc1", "fc2"), [(4, 8), (16, 2)])
def test_widths_are_those_asked_for(fc1, fc2):
    widths = [layer.out_features for layer in MLP(CONFIG, fc1=fc1, fc2=fc2).layers if hasattr(layer, "out_features")]
    assert widths == [fc1, fc2, 10]


def test_dropout_works_in_training_only():
    model, x = MLP(CONFIG), torch.rand(2, 1, 28, 28)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))
