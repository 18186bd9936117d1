import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torchvision.models import resnet18
from torchvision.transforms.functional import to_tensor

from text_recognizer.lit_models.ctc import ctc_loss
from text_recognizer.models import ResnetTransformer
from text_recognizer.models.positional_encoding_image import PositionalEncodingImage
from text_recognizer.models.resnet_transformer import make_resnet, map_shape
from text_recognizer.util import UserError
from text_recognizer.vocabulary import Tokenizer

MAPPING = ["<B>", "<S>", "<E>", "<P>", *"abcdef", "\n"]
CONFIG = {"input_dims": (1, 64, 96), "output_dims": (9,), "mapping": MAPPING}
START, END, PADDING = 1, 2, 3
SMALL = {"tf_dim": 16, "tf_fc_dim": 32, "tf_layers": 2}


def make_model(config=CONFIG, **flags):
    torch.manual_seed(0)
    return ResnetTransformer(config, **SMALL | flags).eval()


def random_tokens(num_rows, length):
    return torch.randint(4, len(MAPPING), (num_rows, length))


@pytest.mark.parametrize(
    ("stride", "expected"),
    [((32, 32), (2, 3)), ((32, 16), (2, 6)), ((16, 16), (4, 6)), ((32, 8), (2, 12)), ((16, 8), (4, 12)),
     ((8, 32), (8, 3)), ((4, 4), (16, 24))],
)  # fmt: skip
def test_the_map_is_as_fine_as_the_strides_say(stride, expected):
    model, x = make_model(stride_height=stride[0], stride_width=stride[1]), torch.rand(2, 1, 64, 96)
    assert model.map_shape == model.resnet(x).shape[2:] == expected
    assert model.encode(x).shape == (2, expected[0] * expected[1], 16)
    assert model(x, random_tokens(2, 5)).shape == (2, len(MAPPING), 5)


@pytest.mark.parametrize(
    ("input_dims", "stride", "expected"),
    [
        ((1, 576, 640), (32, 8), (18, 80)),
        ((1, 576, 640), (32, 32), (18, 20)),
        ((1, 56, 1024), (32, 8), (2, 128)),
        ((1, 57, 1), (16, 8), (4, 1)),
        ((1, 33, 65), (32, 32), (2, 3)),
    ],
)
def test_maps_of_other_canvases_round_up(input_dims, stride, expected):
    assert map_shape(input_dims, stride) == expected
    assert make_resnet(stride).eval().to("meta")(torch.empty(1, *input_dims, device="meta")).shape[2:] == expected


def test_the_default_page_has_1440_cells():
    with torch.device("meta"):
        model = make_model({**CONFIG, "input_dims": (1, 576, 640)})
        assert model.encode(torch.empty(1, 1, 576, 640)).shape == (1, 1440, 16)


def test_with_the_strides_of_the_ancestor_it_is_torchvisions_resnet():
    ours, theirs = make_resnet((32, 32)).eval(), resnet18(weights=None).eval()
    with torch.no_grad():
        theirs.load_state_dict({**theirs.state_dict(), **ours.state_dict(), "conv1.weight": theirs.conv1.weight})
        theirs.conv1.weight[:] = ours.conv1.weight / 3  # grey is three channels that are the same
        theirs.avgpool = theirs.fc = torch.nn.Identity()
        x = torch.rand(2, 1, 64, 96)
        torch.testing.assert_close(theirs(x.repeat(1, 3, 1, 1)), ours(x).flatten(1), atol=1e-4, rtol=1e-3)


def test_cells_are_unrolled_row_after_row():
    model = make_model()
    for parameter in model.projection.parameters():
        torch.nn.init.zeros_(parameter)  # nothing is left of the image but where its cells stand
    code = PositionalEncodingImage(16, 2, 12)(torch.zeros(1, 16, 2, 12))
    features = model.encode(torch.rand(1, 1, 64, 96))
    for row in range(2):
        for column in range(12):
            assert torch.equal(features[0, row * 12 + column], code[0, :, row, column])


def test_no_token_sees_a_later_one():
    model, x, y = make_model(), torch.rand(2, 1, 64, 96), random_tokens(2, 8)
    with torch.inference_mode():
        before = model(x, y)
        for i in range(1, 8):
            changed = y.clone()
            changed[:, i] = (changed[:, i] - 3) % (len(MAPPING) - 4) + 4
            after = model(x, changed)
            assert torch.allclose(after[:, :, :i], before[:, :, :i], atol=1e-5)
            assert not torch.allclose(after[:, :, i], before[:, :, i], atol=1e-3)


def sharpen(model):
    """Make rows differ and end at different steps."""
    with torch.no_grad():
        model.projection.weight.mul_(20)
        model.decoder.embedding.weight.mul_(3)
        model.decoder.classifier.weight.mul_(6)
        model.decoder.classifier.bias[END] = 2.0
    return model


def write_without_cache(model, x):
    tokens = torch.full((1, 1), START)
    while tokens.shape[1] < CONFIG["output_dims"][0] and tokens[0, -1] != END:
        tokens = torch.cat([tokens, model(x, tokens)[:, :, -1].argmax(dim=1, keepdim=True)], dim=1)
    return tokens[0].tolist() + [PADDING] * (CONFIG["output_dims"][0] - tokens.shape[1])


def test_writing_with_the_cache_gives_the_same_tokens_as_without():
    model, x = sharpen(make_model()), 4 * torch.rand(12, 1, 64, 96) * torch.rand(12, 1, 1, 1)
    with torch.inference_mode():
        expected = [write_without_cache(model, one[None]) for one in x]
    assert model.predict(x).tolist() == expected
    assert len({row.count(PADDING) for row in expected}) > 2


def test_checkpoints_hold_no_positions_and_no_sizes():
    small, large = make_model(), make_model({**CONFIG, "input_dims": (1, 96, 160), "output_dims": (20,)})
    assert not [key for key in small.state_dict() if "position" in key]
    large.load_state_dict(small.state_dict())
    assert large.predict(torch.rand(1, 1, 96, 160)).shape == (1, 20)


def test_weights_fit_whatever_the_strides():
    wide, narrow = make_model(stride_width=32), make_model(stride_width=8, stride_height=16)
    wide.load_state_dict(narrow.state_dict())
    assert all(torch.equal(value, narrow.state_dict()[key]) for key, value in wide.state_dict().items())


@pytest.mark.parametrize(
    "flags", [{"stride_height": 64}, {"stride_width": 2}, {"stride_width": 24}, {"stride_width": 0}]
)
def test_other_strides_are_refused_with_those_there_are(flags):
    name, value = next(iter(flags.items()))
    with pytest.raises(UserError, match=rf"--{name}={value}\b.*expected two of 4, 8, 16, 32"):
        make_model(**flags)


def test_images_in_colour_are_refused():
    with pytest.raises(UserError, match="3 channels: expected grey"):
        make_model({**CONFIG, "input_dims": (3, 64, 96)})


def test_without_being_asked_there_is_no_ctc_head():
    assert not [key for key in make_model().state_dict() if "ctc" in key]


def test_both_heads_see_the_same_features_and_every_weight_learns():
    model, x, y = make_model(tf_dropout=0.0), torch.rand(4, 1, 64, 96), random_tokens(4, 5)
    model.add_ctc_head()
    logits, ctc_logits = model.forward_both(x, y)
    assert ctc_logits.shape == (4, len(MAPPING), 24)
    assert torch.equal(logits, model(x, y))
    (logits.pow(2).sum() + ctc_logits.pow(2).sum()).backward()
    assert [key for key, value in model.named_parameters() if value.grad is None or not value.grad.any()] == []


def test_the_fast_reading_is_the_likeliest_class_of_each_cell():
    model, x = make_model(), torch.rand(1, 1, 64, 96)
    model.add_ctc_head()
    torch.nn.init.zeros_(model.ctc_head.weight)
    with torch.no_grad():
        model.ctc_head.bias[5] = 1.0
    assert model.read_fast(x).tolist() == [[5] + [PADDING] * 23]  # runs are merged
    with torch.no_grad():
        model.ctc_head.bias[0] = 2.0
    assert model.read_fast(x).tolist() == [[PADDING] * 24]  # blanks are dropped


NUM_STEPS = 120
TEXTS = ["abc\nde", "fed\nacb", "bad", "ef\nface"]


def draw(text):
    image = Image.new("L", (128, 64))
    ImageDraw.Draw(image).multiline_text((8, 2), text, fill=255, font=ImageFont.load_default(22), spacing=8)
    return to_tensor(image)


@pytest.mark.slow
def test_a_batch_is_memorised_by_both_heads():
    model = make_model({**CONFIG, "input_dims": (1, 64, 128)}, tf_dim=64, tf_fc_dim=128, tf_dropout=0.0).train()
    model.add_ctc_head()
    x, tokens = torch.stack([draw(text) for text in TEXTS]), Tokenizer(MAPPING).special
    rows = [[START, *map(MAPPING.index, text), END] for text in TEXTS]
    y = torch.tensor([row + [PADDING] * (9 - len(row)) for row in rows])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, NUM_STEPS)
    for _ in range(NUM_STEPS):
        logits, ctc_logits = model.forward_both(x, y[:, :-1])
        loss = F.cross_entropy(logits, y[:, 1:], ignore_index=PADDING) + ctc_loss(ctc_logits, y, tokens)[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()
    assert model.predict(x).tolist() == y.tolist()
    read = [[token for token in row if token != PADDING] for row in model.read_fast(x).tolist()]
    assert read == [row[1:-1] for row in rows]
