import numpy as np
import pytest
import torch

from text_recognizer.data.drawing.on_demand import set_epoch
from text_recognizer.data.printed_or_written_lines import PrintedOrWrittenLines
from text_recognizer.handwriting.world.mixed_rows import CELL
from text_recognizer.handwriting.world.printed import PrintedFont, find_printed
from text_recognizer.util import UserError

SETTINGS = {"num_train_lines": 12, "num_held_out_lines": 4, "num_hands": 3, "batch_size": 4}


@pytest.fixture(scope="module")
def data():
    torch.manual_seed(4)
    data = PrintedOrWrittenLines(**SETTINGS)
    data.prepare_data()
    data.setup()
    return data


def test_each_cell_with_ink_of_a_part_has_its_label(data):
    x, y = zip(*(data.data_train[i] for i in range(12)), strict=True)
    labels = torch.stack(y)
    assert x[0].shape == data.input_dims
    assert labels.shape[1:] == data.output_dims
    assert set(labels.unique().tolist()) == {0, 1, 2}
    ink = torch.stack(x).amax(dim=2)[:, 0].reshape(12, -1, CELL).amax(dim=2)
    assert ink[labels > 0].mean() > ink[labels == 0].mean() + 0.3


def test_other_lines_in_each_epoch_but_the_same_to_validate_on(data):
    first = data.data_train[0][0]
    set_epoch(data.data_train, 1)
    second = data.data_train[0][0]
    set_epoch(data.data_train, 0)
    assert not torch.equal(first, second)
    assert torch.equal(data.data_train[0][0], first)
    assert torch.equal(data.data_val[0][0], data.data_val[0][0])


def test_validation_has_hands_and_fonts_of_its_own(data):
    drawn = {split: data.engine(split) for split in ("train", "val")}
    fonts = {split: draw.keywords["fonts"] for split, (draw, _, _) in drawn.items()}
    assert fonts == {split: find_printed(split) for split in drawn}
    assert not set(drawn["train"][1].families) & set(drawn["val"][1].families)


def test_without_installed_fonts_there_is_print_all_the_same(data):
    assert find_printed("train") == (PrintedFont("pillow", ""),)
    assert any((np.asarray(data.data_train[i][1]) == 2).any() for i in range(12))


@pytest.mark.parametrize(("name", "value"), [("num_hands", 0), ("any_hand", 1.5), ("num_train_lines", 0)])
def test_impossible_settings_are_refused(name, value):
    with pytest.raises(UserError, match=f"--{name}"):
        PrintedOrWrittenLines(**(SETTINGS | {name: value}))
