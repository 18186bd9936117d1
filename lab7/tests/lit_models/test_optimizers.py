import pytest
import torch
from torch import nn

from text_recognizer.lit_models.base import OPTIMIZERS
from text_recognizer.lit_models.optimizers import OWN_OPTIMIZERS, Adan, LaProp, Lion

NAMES = sorted(OWN_OPTIMIZERS)


def walk(optimizer_class, gradients, start=1.0, **settings):
    """Return where a weight is after each of some gradients."""
    weight = nn.Parameter(torch.tensor([start], dtype=torch.float64))
    optimizer, places = optimizer_class([weight], **settings), []
    for gradient in gradients:
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        places.append(weight.item())
    return places


def test_the_command_line_knows_them():
    assert set(NAMES) <= OPTIMIZERS.keys()
    assert OPTIMIZERS["Adam"] is torch.optim.Adam


def test_lion_moves_by_the_sign_of_a_mean():
    # By hand: m is 0, 0.03, 0.0297 + ... ; the sign of 0.9 m + 0.1 g decides, and each step is lr long.
    assert walk(Lion, [3.0, -0.1, -5.0], lr=0.1) == pytest.approx([0.9, 0.8, 0.9])


def test_laprop_is_adam_while_gradients_are_all_alike():
    settings = {"lr": 0.01, "betas": (0.9, 0.99), "eps": 1e-12}
    assert walk(LaProp, [2.0] * 5, **settings) == pytest.approx(walk(torch.optim.Adam, [2.0] * 5, **settings))


def test_laprop_divides_before_it_takes_the_mean():
    first, second, lr = 0.5, 0.75, 0.1
    weight, m, v = 1.0, 0.0, 0.0
    expected = []
    for t, g in enumerate([1.0, -4.0, 0.5], start=1):
        v = second * v + (1 - second) * g * g
        m = first * m + (1 - first) * g / (v / (1 - second**t)) ** 0.5
        weight -= lr * m / (1 - first**t)
        expected.append(weight)
    assert walk(LaProp, [1.0, -4.0, 0.5], lr=lr, betas=(first, second)) == pytest.approx(expected)


def test_adan_looks_at_how_the_gradient_changed():
    betas, lr = (0.9, 0.8, 0.7), 0.1
    weight, m, d, n, before = 1.0, 0.0, 0.0, 0.0, None
    expected = []
    for t, g in enumerate([1.0, -2.0, 0.5], start=1):
        change = 0.0 if before is None else g - before
        m = betas[0] * m + (1 - betas[0]) * g
        d = betas[1] * d + (1 - betas[1]) * change
        n = betas[2] * n + (1 - betas[2]) * (g + betas[1] * change) ** 2
        ahead = m / (1 - betas[0] ** t) + betas[1] * d / (1 - betas[1] ** t)
        weight -= lr * ahead / ((n / (1 - betas[2] ** t)) ** 0.5 + 1e-8)
        before = g
        expected.append(weight)
    assert walk(Adan, [1.0, -2.0, 0.5], lr=lr, betas=betas) == pytest.approx(expected)


@pytest.mark.parametrize("name", NAMES)
def test_weight_decay_shrinks_a_weight_that_has_no_slope(name):
    (place,) = walk(OWN_OPTIMIZERS[name], [0.0], start=10.0, lr=0.1, weight_decay=0.5)
    assert place == pytest.approx(9.5, rel=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_it_finds_the_bottom_of_a_bowl(name):
    torch.manual_seed(0)
    weight = nn.Parameter(torch.tensor([3.0, -2.0]))
    optimizer = OWN_OPTIMIZERS[name]([weight], lr=0.02)
    for _ in range(500):
        optimizer.zero_grad()
        (torch.tensor([1.0, 10.0]) * weight.square()).sum().backward()
        optimizer.step()
    assert weight.abs().max() < 0.1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("settings", [{"lr": -1.0}, {"betas": (0.9, 1.0, 0.9)}])
def test_impossible_settings_are_an_error(name, settings):
    with pytest.raises(ValueError, match="Invalid"):
        OWN_OPTIMIZERS[name]([nn.Parameter(torch.ones(1))], **settings)


@pytest.mark.parametrize("name", NAMES)
def test_a_training_can_be_resumed(name):
    one, other = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    whole, first = OWN_OPTIMIZERS[name]([one], lr=0.1), OWN_OPTIMIZERS[name]([other], lr=0.1)
    gradients = [torch.tensor([1.0, -2.0]), torch.tensor([0.5, 3.0]), torch.tensor([-1.0, 0.1])]
    for i, gradient in enumerate(gradients):
        if i == 2:
            resumed = OWN_OPTIMIZERS[name]([other], lr=0.1)
            resumed.load_state_dict(first.state_dict())
            first = resumed
        one.grad, other.grad = gradient.clone(), gradient.clone()
        whole.step()
        first.step()
    assert torch.equal(one, other)
