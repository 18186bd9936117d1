"""The recogniser's training lines: any source, one vocabulary, the same for a seed, and strips as they are."""

import numpy as np
import pytest
import torch

from text_recognizer.data import ReaderLines, WrittenLines
from text_recognizer.data.drawing.seen import SeenLines
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING, Tokenizer
from text_recognizer.wide_vocabulary import WIDE_MAPPING

SOURCES = "IAMLines:0.3,IAMOnDBLines:0.3,WrittenLines:0.4"


@pytest.fixture(scope="module")
def data():
    """A mixture of the small sets."""
    data = ReaderLines(SOURCES, num_mixed_lines=24, held_out_lines=4, batch_size=4, free_text=True)
    data.prepare_data()
    data.setup()
    return data


def test_labels_are_of_the_wide_vocabulary_and_read_as_text(data):
    assert data.config()["mapping"] == WIDE_MAPPING
    tokenizer = Tokenizer(data.mapping)
    for images, targets in data.train_dataloader():
        assert images.shape[:3] == (4, 1, 56)
        assert 0 <= images.min() <= images.max() <= 1
        assert all(tokenizer.decode(row.tolist()).strip() for row in targets)


def test_validation_lines_are_those_of_the_first_set_as_they_are(data):
    first = data.modules["IAMLines"]
    assert data.data_val is first.data_val
    assert data.val_dataloader().dataset is first.data_val


def test_training_lines_are_the_same_for_a_seed_and_an_epoch(data):
    def take(epoch):
        data.data_train.set_epoch(epoch)
        return torch.stack([data.data_train[i][0] for i in range(6)])

    first = take(1)
    assert not torch.equal(first, take(2))
    assert torch.equal(first, take(1))


def test_some_lines_are_changed_and_targets_never(data):
    lines = data.data_train.lines
    assert isinstance(data.data_train, SeenLines)
    data.data_train.set_epoch(1)
    pairs = [(lines[i], data.data_train[i]) for i in range(24)]
    assert all(torch.equal(before[1], after[1]) for before, after in pairs)
    same = sum(torch.equal(before[0], after[0]) for before, after in pairs)
    assert 2 < same < 22
    always = SeenLines(lines, share=1.0)
    assert sum(torch.equal(lines[i][0], always[i][0]) for i in range(24)) < 6


def test_what_is_to_be_memorised_stays_the_same():
    data = ReaderLines("WrittenLines", num_mixed_lines=8, held_out_lines=2, free_text=True)
    data.validates_on_train = True
    data.setup()
    before = data.data_train[0][0]
    data.data_train.set_epoch(1)
    assert torch.equal(before, data.data_train[0][0])


@pytest.mark.parametrize("setting", [{"looks": 1.5}, {"notes": -1.0}, {"joined": 2.0}])
def test_shares_beyond_1_are_a_message(setting):
    (name,) = setting
    with pytest.raises(UserError, match=f"--{name}="):
        ReaderLines("WrittenLines", **setting)


def test_written_lines_hold_what_the_labs_vocabulary_lacks():
    data = WrittenLines(num_train_lines=60, num_held_out_lines=2, notes=1.0, free_text=True)
    data.setup()
    labels = np.concatenate([data.data_train[i][1].numpy() for i in range(60)])
    assert labels.max() >= len(MAPPING)
    assert data.data_val[0][0].shape == data.input_dims
