import numpy as np
import pytest
import torch

from text_recognizer.data import TurnedLines
from text_recognizer.data.drawing.on_demand import set_epoch
from text_recognizer.data.turned_lines import JITTER, NARROWEST, WIDTH, TurnedDataset, take_piece


@pytest.fixture(scope="module")
def data():
    torch.manual_seed(4)
    data = TurnedLines(sources="WrittenLines", num_mixed_lines=8, held_out_lines=4, batch_size=4)
    data.prepare_data()
    data.setup()
    return data


def test_pieces_are_new_in_each_epoch_but_the_same_to_validate_on(data):
    x, y = next(iter(data.train_dataloader()))
    assert x.shape == (4, *data.input_dims)
    assert y.shape == (4,)
    first = data.data_train[0][0]
    set_epoch(data.data_train, 1)
    assert not torch.equal(data.data_train[0][0], first)
    set_epoch(data.data_train, 0)
    assert torch.equal(data.data_train[0][0], first)
    assert torch.equal(data.data_val[1][0], data.data_val[1][0])


def test_the_label_says_whether_a_piece_is_upside_down():
    line = torch.zeros(1, 56, 1024)
    line[0, 20:30, 100:900] = 0.6
    line[0, 10:20, 100:900:2] = 0.9  # strokes above the core
    pieces = TurnedDataset([(line, torch.tensor(0))] * 40, seed=0)
    ways = set()
    for image, way in pieces:
        rows = image[0].amax(dim=1)
        high, low = ((rows == value).nonzero().float().mean() for value in (0.9, 0.6))
        assert (high < low) == (way == 0)  # what was above the core is above it, or below if the piece is upside down
        ways.add(int(way))
        assert abs((rows.nonzero().float().mean()) - 27.5) < 5 + JITTER
    assert ways == {0, 1}


def test_a_piece_is_a_part_of_the_line_and_short_lines_are_whole():
    rng = np.random.default_rng(0)
    line = np.zeros((56, 1024), np.float32)
    line[30, 100:900] = np.linspace(0.4, 1, 800)
    for _ in range(20):
        inked = np.flatnonzero(take_piece(line, rng)[30])
        assert NARROWEST <= len(inked) <= WIDTH
        assert len(inked) == inked[-1] - inked[0] + 1
    line[30, 110:] = 0
    assert np.count_nonzero(take_piece(line, rng)) == 10
    assert not take_piece(np.zeros_like(line), rng).any()
