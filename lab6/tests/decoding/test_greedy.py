import doctest

import pytest
import torch

from text_recognizer.decoding import greedy as ctc_util
from text_recognizer.decoding.greedy import ctc_greedy_decode

BLANK, PADDING, NUM_CLASSES = 0, 3, 8


def decode(*paths):
    logits = torch.nn.functional.one_hot(torch.tensor(paths), NUM_CLASSES).float().permute(0, 2, 1)
    return ctc_greedy_decode(logits, BLANK, PADDING).tolist()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([7, 7, 7, 7], [7, 3, 3, 3]),
        ([7, 0, 7, 0], [7, 7, 3, 3]),
        ([0, 0, 0, 0], [3, 3, 3, 3]),
        ([4, 5, 6, 7], [4, 5, 6, 7]),
        ([0, 4, 4, 0], [4, 3, 3, 3]),
        ([4, 4, 5, 5], [4, 5, 3, 3]),
        ([4, 5, 4, 4], [4, 5, 4, 3]),
        ([0, 0, 0, 4], [4, 3, 3, 3]),
        ([4], [4]),
        ([0], [3]),
    ],
)
def test_runs_are_merged_and_blanks_dropped(path, expected):
    assert decode(path) == [expected]


def test_rows_are_decoded_each_by_itself():
    rows = [[7, 0, 7], [0, 0, 0], [4, 4, 4]]
    assert decode(*rows) == [decode(row)[0] for row in rows]


def test_a_long_random_path_decodes_as_by_hand():
    torch.manual_seed(0)
    path = torch.randint(0, NUM_CLASSES, (200,)).tolist()
    by_hand = [label for i, label in enumerate(path) if label != BLANK and (i == 0 or path[i - 1] != label)]
    assert decode(path)[0] == by_hand + [PADDING] * (200 - len(by_hand))


def test_the_example_of_the_docstring():
    assert doctest.testmod(ctc_util).attempted > 0
    assert doctest.testmod(ctc_util).failed == 0
