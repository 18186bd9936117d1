"""The networks that write with the modular decoder: a ConvNeXt, a Vision Transformer, a residual network of lists."""

import pytest
import torch

from text_recognizer.models import ConvTransformer, OwnResNetTransformer, Vit
from text_recognizer.models.convnext import ChannelNorm, ConvNeXtBlock, MapAttention, SpaceToDepth, reduced
from text_recognizer.models.map_positions import make_map_positions
from text_recognizer.util import UserError

MAPPING = ["<B>", "<S>", "<E>", "<P>", *"abcdef"]
SMALL = {"tf_dim": 8, "tf_fc_dim": 12, "tf_layers": 1, "tf_nhead": 2}
CONVNEXT = {
    "convnext_dim": 2,
    "convnext_mults": (2, 4),
    "convnext_depths": (1, 1),
    "convnext_factors": ((2, 2), (4, 2)),
}
RESNET = {"resnet_channels": (4, 6), "resnet_kernels": (5, 3), "resnet_strides": ((4, 2), (2, 2))}


def build(model_class, height=20, width=36, **flags):
    torch.manual_seed(0)
    own = {ConvTransformer: CONVNEXT, OwnResNetTransformer: RESNET, Vit: {"tf_encoder_layers": 1}}[model_class]
    config = {"input_dims": (1, height, width), "output_dims": (7,), "mapping": MAPPING}
    return model_class(config, **SMALL | own | flags).eval()


@pytest.mark.parametrize(
    ("model_class", "size", "flags", "expected"),
    [
        (ConvTransformer, (20, 36), {}, (3, 9)),
        (ConvTransformer, (16, 32), {"convnext_heads": 2, "tf_encoder_layers": 1}, (2, 8)),
        (ConvTransformer, (17, 33), {"map_positions": "sinusoids"}, (3, 9)),
        (OwnResNetTransformer, (20, 36), {}, (3, 9)),
        (OwnResNetTransformer, (16, 32), {"map_positions": "none", "tf_encoder_layers": 1}, (2, 8)),
        (Vit, (20, 36), {}, (1, 5)),
        (Vit, (20, 36), {"vit_patch_height": 8}, (3, 5)),
        (Vit, (16, 32), {"vit_patch_height": 8, "map_positions": "learned"}, (2, 4)),
    ],
)
def test_the_map_is_as_large_as_it_says_and_a_text_is_written(model_class, size, flags, expected):
    model = build(model_class, *size, **flags)
    x = torch.rand(3, 1, *size)
    assert model.map_shape == model.encode_map(x).shape[2:] == expected
    assert model.encode(x).shape == (3, expected[0] * expected[1], 8)
    assert model(x, torch.randint(4, 10, (3, 5))).shape == (3, 10, 5)
    written = model.predict(x)
    assert written.shape == (3, 7)
    assert (written[:, 0] == 1).all()


def test_a_page_has_the_map_that_its_factors_say():
    assert reduced((576, 640), ((2, 2), (2, 2), (2, 2), (2, 1), (2, 1))) == (18, 80)


@pytest.mark.parametrize("model_class", [ConvTransformer, OwnResNetTransformer, Vit])
def test_what_is_read_does_not_depend_on_the_rest_of_the_batch(model_class):
    model = build(model_class)
    x = torch.rand(4, 1, 20, 36)
    model.train()(x, torch.randint(4, 10, (4, 5)))  # so that running means are those of something
    model.eval()
    alone = torch.cat([model.encode(one[None]) for one in x])
    assert torch.allclose(model.encode(x), alone, atol=1e-5)


def test_space_to_depth_keeps_every_pixel():
    step, x = SpaceToDepth(1, 6, (2, 3)), torch.arange(24.0).reshape(1, 1, 4, 6)
    step.mix = torch.nn.Identity()
    patches = step(x)
    assert patches.shape == (1, 6, 2, 2)
    assert patches[0, :, 0, 1].tolist() == [3, 4, 5, 9, 10, 11]
    assert sorted(patches.flatten().tolist()) == sorted(x.flatten().tolist())
    assert step(x[..., :3, :5]).shape == (1, 6, 2, 2)  # what is missing is black


def test_channel_norm_is_a_layer_norm_of_each_place():
    x = torch.randn(2, 5, 3, 4)
    expected = torch.nn.LayerNorm(5, bias=False)(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    assert torch.allclose(ChannelNorm(5)(x), expected, atol=1e-5)


@pytest.mark.parametrize("part", [ConvNeXtBlock(4), MapAttention(4, 2)])
def test_a_block_keeps_the_shape(part):
    assert part(torch.randn(2, 4, 5, 7)).shape == (2, 4, 5, 7)


def test_attention_reaches_from_one_end_of_the_map_to_the_other():
    part, x = MapAttention(4, 2), torch.randn(1, 4, 2, 30)
    other = x.clone()
    other[:, 0, :, -1] += 1
    assert not torch.allclose(part(x)[..., 0], part(other)[..., 0], atol=1e-6)


@pytest.mark.parametrize("kind", ["sinusoids", "axial", "learned"])
def test_each_cell_of_a_map_has_its_own_position(kind):
    torch.manual_seed(0)
    positions = make_map_positions(kind, 8, (2, 3))(torch.zeros(1, 8, 2, 3))
    cells = positions[0].flatten(1).T
    assert torch.cdist(cells, cells).add(torch.eye(6)).min() > 1e-3


def test_positions_of_a_map_may_be_left_out():
    x = torch.randn(1, 8, 2, 3)
    assert torch.equal(make_map_positions("none", 8, (2, 3))(x), x)
    with pytest.raises(UserError, match="--tf_dim=9: expected an even number"):
        make_map_positions("axial", 9, (2, 3))


@pytest.mark.parametrize(
    ("model_class", "flags", "expected"),
    [
        (ConvTransformer, {"convnext_depths": (1,)}, "expected one entry per stage in each"),
        (OwnResNetTransformer, {"resnet_kernels": (3,)}, "one for each block"),
        (OwnResNetTransformer, {"resnet_kernels": (3, 4)}, "odd kernels"),
        (Vit, {"vit_patch_width": 37}, "patches of up to 20 x 36"),
        (Vit, {"vit_patch_height": 0}, "patches of up to 20 x 36"),
        (ConvTransformer, {"convnext_heads": 3}, "expected a multiple of them"),
    ],
)
def test_what_does_not_fit_is_an_error(model_class, flags, expected):
    with pytest.raises(UserError, match=expected):
        build(model_class, **flags)
