import numpy as np
import pytest
import torch

from text_recognizer.data.drawn_world import DrawnWorld
from text_recognizer.handwriting.world import photograph, sheet
from text_recognizer.lit_models import LineFinderLitModel, line_finder
from text_recognizer.lit_models.line_finder import finder_losses, match_bands, unpack
from text_recognizer.models import LineFinder
from text_recognizer.models.line_finder import Found
from text_recognizer.vocabulary import Tokenizer

CONFIG = {"input_dims": (3, 64, 64), "output_dims": (2, 32, 32), "mapping": DrawnWorld.mapping}


def make_target(up=2):
    """One line, 4 pixels high, in a picture that leaves its right half free."""
    y = torch.zeros(1, 2, 16, 32, dtype=torch.int16)
    y[:, 0, :, 16:] = line_finder.OUTSIDE
    y[:, 0, :, :16] = line_finder.PAPER
    y[:, 0, 6:10, 2:14] |= line_finder.CORE | line_finder.PRINTED
    y[:, 0] |= up << line_finder.UP_SHIFT
    y[:, 1, 6:10, 2:14] = 12 * line_finder.HEIGHT_UNIT
    return y


def answer(y, sure=12.0):
    """Return what a perfect finder would say."""
    target = unpack(y)
    maps = [sure * (2 * plane - 1) for plane in (target.core, target.paper, target.printed, target.rules)]
    up = sure * torch.nn.functional.one_hot(target.up, 4).float()
    return Found(torch.stack([*maps, target.height.clamp(min=1).log()], dim=1), up)


def test_the_bits_are_those_of_the_pictures():
    assert (line_finder.CORE, line_finder.PRINTED, line_finder.RULE, line_finder.UNKNOWN) == (
        sheet.CORE,
        sheet.PRINTED,
        sheet.RULE,
        sheet.UNKNOWN,
    )
    assert photograph.PAPER == line_finder.PAPER


def test_a_target_says_what_was_packed():
    target = unpack(make_target(up=3))
    assert target.up.tolist() == [3]
    assert target.core.sum() == target.printed.sum() == 48
    assert target.inside.sum() == 16 * 16
    assert target.height.max() == 12


def test_a_perfect_answer_costs_nothing_and_any_other_more():
    y = make_target()
    perfect = finder_losses(answer(y), unpack(y))
    assert all(float(value) < 0.02 for value in perfect.values())
    worse = finder_losses(Found(torch.zeros(1, 5, 16, 32), torch.zeros(1, 4)), unpack(y))
    assert all(worse[name] > perfect[name] + 0.1 for name in perfect)


def test_what_lies_beyond_the_picture_costs_nothing():
    y, found = make_target(), answer(make_target())
    found.maps[..., 16:] = 5.0
    before, after = finder_losses(answer(y), unpack(y)), finder_losses(found, unpack(y))
    for name, value in before.items():
        torch.testing.assert_close(after[name], value)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([(2, 5), (9, 12)], (2, 2, 0)),
        ([(2, 5)], (2, 1, 0)),  # one is missed
        ([(2, 12)], (2, 0, 0)),  # both are joined
        ([(2, 5), (9, 12), (16, 19)], (2, 2, 1)),  # one is invented
        ([], (2, 0, 0)),
    ],
)
def test_lines_are_matched(said, expected):
    true, bands = np.zeros((24, 40), bool), np.zeros((24, 40), bool)
    true[2:5, 3:37] = true[9:12, 3:37] = True
    for top, bottom in said:
        bands[top:bottom, 4:36] = True
    assert match_bands(true, bands) == expected


def test_a_picture_can_be_memorised():
    torch.manual_seed(0)
    y = make_target().expand(2, -1, -1, -1)
    x = torch.rand(2, 3, 32, 64)
    lit_model = LineFinderLitModel(LineFinder(CONFIG, finder_width=8), CONFIG, optimizer="AdamW", lr=1e-2)
    lit_model.log = lambda *args, **kwargs: None
    optimizer = lit_model.configure_optimizers()
    first = None
    for _ in range(40):
        loss = lit_model.training_step((x, y), 0)
        first = first or float(loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss) < 0.35 * first


def test_weights_decay():
    lit_model = LineFinderLitModel(LineFinder(CONFIG, finder_width=8), CONFIG, weight_decay=0.05, optimizer="AdamW")
    assert [group["weight_decay"] for group in lit_model.configure_optimizers().param_groups] == [0.05]


def test_captions_say_what_is_found_and_what_is_there():
    lit_model = LineFinderLitModel(LineFinder(CONFIG, finder_width=8), CONFIG).eval()
    y = make_target(up=1)
    lit_model.forward = lambda x: answer(y)
    (text,) = lit_model.captions(torch.zeros(1, 3, 32, 64), y, Tokenizer(DrawnWorld.mapping))
    assert text == "found: 1 lines, invented: 0, a quarter turn\nthere: 1, a quarter turn"
