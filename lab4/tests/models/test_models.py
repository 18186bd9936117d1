"""What holds for every model that the lab exports."""

import inspect

import pytest
import torch

from text_recognizer.data import MNIST
from training.command_line.flags import LIT_MODELS, MODEL_CLASSES, build_parser
from training.command_line.signatures import values_for

pytestmark = pytest.mark.every_lab
CONFIG = {"input_dims": (1, 28, 56), "output_dims": (4,), "mapping": ["<B>", "<S>", "<E>", "<P>", *"0123456789"]}

# Models that tell classes apart; one that answers with maps of the image says so of itself, and has tests of its own.
CLASSIFIERS = [name for name, cls in MODEL_CLASSES.items() if cls.classifies]


def build(name, **flags):
    torch.manual_seed(0)
    return MODEL_CLASSES[name](CONFIG, **flags)


def logits_for(model, num_images):
    """Pass images through a model, with labels if it takes them, as from lab 4 on some do."""
    x = torch.rand(num_images, *CONFIG["input_dims"])
    y = torch.randint(4, 14, (num_images, CONFIG["output_dims"][0]))
    return model(x, y) if model.takes_labels else model(x)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_logits_have_a_row_for_each_image_and_a_column_for_each_class(name):
    logits = logits_for(build(name), 3)
    assert logits.shape[:2] == (3, 14)
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", MODEL_CLASSES)
def test_a_model_says_truly_whether_it_takes_labels(name):
    parameters = inspect.signature(MODEL_CLASSES[name].forward).parameters  # self, x and perhaps y
    assert MODEL_CLASSES[name].takes_labels == (len(parameters) > 2)


@pytest.mark.parametrize("name", MODEL_CLASSES)
def test_flags_without_a_command_line_give_the_model_of_the_constructor(name):
    chosen = {"data_class": MNIST, "model_class": MODEL_CLASSES[name], "loss": LIT_MODELS["cross_entropy"]}
    args = build_parser(chosen).parse_args([])
    from_flags = build(name, **values_for(MODEL_CLASSES[name], args))
    shapes = {key: value.shape for key, value in build(name).state_dict().items()}
    assert {key: value.shape for key, value in from_flags.state_dict().items()} == shapes


@pytest.mark.parametrize("name", MODEL_CLASSES)
def test_each_parameter_is_documented(name):
    documented = inspect.getdoc(MODEL_CLASSES[name])
    for parameter in inspect.signature(MODEL_CLASSES[name]).parameters:
        if parameter != "kwargs":
            assert f"\n{parameter}\n" in documented


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_weight_learns(name):
    model = build(name)
    logits_for(model, 4).pow(2).sum().backward()
    without_gradient = [key for key, value in model.named_parameters() if value.grad is None or not value.grad.any()]
    assert without_gradient == []
