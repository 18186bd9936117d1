import pytest
import torch
from torch import nn

from text_recognizer.models import ResNet
from text_recognizer.models.resnet import ResidualBlock, ResNetEncoder

MAPPING = list("0123456789")


def build(height=28, width=28, **settings):
    torch.manual_seed(0)
    return ResNet({"input_dims": (1, height, width), "output_dims": (1,), "mapping": MAPPING}, **settings)


@pytest.mark.parametrize(
    ("channels", "stride", "size", "expected"),
    [
        ((4, 4), (1, 1), (8, 10), (8, 10)),
        ((4, 6), (1, 1), (8, 10), (8, 10)),
        ((4, 6), (2, 2), (8, 10), (4, 5)),
        ((4, 6), (2, 1), (8, 10), (4, 10)),
        ((4, 6), (1, 2), (8, 10), (8, 5)),
        ((4, 4), (2, 1), (7, 9), (4, 9)),
        ((4, 4), (2, 2), (7, 9), (4, 5)),
        ((4, 4), (4, 3), (1, 1), (1, 1)),
    ],
)
def test_a_block_divides_height_and_width_by_its_strides(channels, stride, size, expected):
    out = ResidualBlock(*channels, stride)(torch.randn(2, channels[0], *size))
    assert out.shape == (2, channels[1], *expected)
    assert out.min() >= 0


def silence(block):
    block.eval()
    for parameter in block.residual.parameters():
        nn.init.zeros_(parameter)
    return block


def test_a_block_that_keeps_the_shape_adds_its_input_itself():
    block, x = silence(ResidualBlock(4, 4)), torch.randn(2, 4, 5, 6)
    assert not list(block.shortcut.parameters())
    assert torch.equal(block(x), x.relu())


@pytest.mark.parametrize(("channels", "stride"), [((4, 6), (1, 1)), ((4, 4), (2, 1)), ((4, 4), (1, 2))])
def test_a_block_that_changes_the_shape_has_a_shortcut_that_does_too(channels, stride):
    block, x = silence(ResidualBlock(*channels, stride)), torch.randn(2, 4, 6, 6)
    [conv] = [module for module in block.shortcut.modules() if isinstance(module, nn.Conv2d)]
    expected = nn.functional.conv2d(x, conv.weight, stride=stride)  # a linear map of single pixels
    assert conv.kernel_size == (1, 1)
    torch.testing.assert_close(block(x), (expected / (1 + 1e-5) ** 0.5).relu())


def test_a_blocks_residual_is_added():
    block, x = ResidualBlock(4, 4).eval(), torch.randn(2, 4, 5, 6)
    torch.testing.assert_close(block(x), (x + block.residual(x)).relu())
    assert not torch.allclose(block(x), x.relu())


@pytest.mark.parametrize(
    ("strides", "size", "expected"),
    [
        (((2, 2), (2, 2), (2, 2)), (28, 28), (4, 4)),
        (((2, 2), (2, 2), (2, 2)), (28, 896), (4, 112)),
        (((2, 2), (2, 2), (2, 2)), (33, 8), (5, 1)),
        (((2, 2), (2, 1), (2, 1)), (56, 100), (7, 50)),
        (((1, 1), (1, 1), (1, 1)), (5, 6), (5, 6)),
        (((2, 1), (1, 2), (2, 2)), (16, 16), (4, 4)),
        (((2, 2), (2, 2), (2, 2)), (1, 1), (1, 1)),
    ],
)
@pytest.mark.parametrize("num_blocks", [1, 2])
def test_an_encoder_divides_height_and_width_by_all_strides(strides, size, expected, num_blocks):
    encoder = ResNetEncoder(3, (2, 4, 6), strides, num_blocks).eval()
    assert encoder(torch.randn(2, 3, *size)).shape == (2, 6, *expected)


def test_an_encoder_has_the_blocks_asked_for():
    encoder = ResNetEncoder(1, (2, 4), ((2, 2), (1, 1)), 3)
    assert sum(isinstance(module, ResidualBlock) for module in encoder.modules()) == 6


def test_each_stage_needs_its_stride():
    with pytest.raises(ValueError, match="zip"):
        ResNetEncoder(1, (2, 4), ((2, 2),), 1)


@pytest.mark.parametrize("size", [(28, 28), (28, 56), (56, 896), (8, 8), (1, 1), (31, 17)])
def test_one_classifier_takes_images_of_any_size(size):
    model = build(res_dim=2).eval()
    logits = model(torch.rand(3, 1, *size))
    assert logits.shape == (3, 10)
    assert logits.isfinite().all()


@pytest.mark.parametrize(("res_dim", "res_blocks"), [(2, 1), (3, 2)])
def test_later_stages_have_twice_the_channels(res_dim, res_blocks):
    model = build(res_dim=res_dim, res_blocks=res_blocks)
    blocks = [module for module in model.modules() if isinstance(module, ResidualBlock)]
    widths = [block.residual[0].out_channels for block in blocks]
    assert widths == [res_dim * 2**stage for stage in range(3) for _ in range(res_blocks)]
    assert model.classifier.in_features == 4 * res_dim


def test_images_have_as_many_channels_as_the_data():
    model = ResNet({"input_dims": (3, 8, 8), "output_dims": (1,), "mapping": MAPPING}, res_dim=2)
    assert model(torch.rand(2, 3, 8, 8)).shape == (2, 10)


def test_a_map_is_averaged_over_height_and_width():
    model, x = build(res_dim=2).eval(), torch.rand(2, 1, 32, 40)
    expected = model.classifier(model.encoder(x).flatten(2).mean(-1))
    torch.testing.assert_close(model(x), expected)


def test_dropout_works_in_training_only():
    model, x = build(res_dim=8, res_dropout=0.5), torch.rand(2, 1, 28, 28)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))
