import warnings

import pytest
import torch

from text_recognizer.lit_models.util import shortest_path_lengths, warn_of_unaligned

START, END, PADDING, A, B, C = 1, 2, 3, 4, 5, 6


@pytest.mark.parametrize(
    ("row", "expected"), [([A, B, C], 3), ([A, A, B], 4), ([A, A, A], 5), ([START, A, A, END], 3), ([PADDING] * 3, 0)]
)
def test_a_repeated_character_needs_a_blank_between(row, expected):
    y = torch.tensor([row])
    is_text = (y != START) & (y != END) & (y != PADDING)
    assert shortest_path_lengths(y, is_text).tolist() == [expected]


def test_texts_that_cannot_be_aligned_are_named_with_the_flag_to_change():
    with pytest.warns(UserWarning, match=r"val batch 3, rows \[0, 2\]: .* 5 windows, .* Make --window_stride smaller"):
        warn_of_unaligned(torch.tensor([True, False, True]), 5, "val batch 3", "--window_stride")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_unaligned(torch.tensor([False, False]), 5, "val batch 3", "--window_stride")
