import numpy as np
import pytest

from tests.handwriting.world.small_bank import small_bank
from text_recognizer.data.world.whole_lines import as_one_word, whole_lines_of_copiste, whole_lines_of_iam
from text_recognizer.handwriting.world.bank import take
from text_recognizer.images.constants import INK


def test_a_whole_line_is_never_divided():
    line = small_bank().printed[0][0]
    whole = as_one_word(line, line.text)
    part = take([whole], 5.0, np.random.default_rng(1))
    assert part.text == line.text
    assert np.array_equal(part.ink, line.ink)
    assert part.places[0, 0] <= line.places[0, 0] + 2


@pytest.mark.parametrize("lines_of", [whole_lines_of_copiste, whole_lines_of_iam])
def test_lines_are_as_long_as_their_ink(lines_of):
    lines = [line for hand in lines_of("train") for line in hand]
    assert lines
    for line in lines:
        assert len(line.words) == 1
        assert len(line.text) >= 8
        columns = np.flatnonzero((line.ink > INK).any(axis=0))
        assert line.places.tolist() == [[columns[0], columns[-1] + 1]]
