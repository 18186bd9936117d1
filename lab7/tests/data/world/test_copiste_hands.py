import numpy as np
import pytest

from tests.handwriting.world.small_bank import small_bank
from text_recognizer.data.world.copiste_hands import copiste_hands, written_in


@pytest.mark.parametrize("index", range(4))
def test_the_core_of_a_line_is_found_in_its_picture(index):
    line = small_bank().printed[0][index]
    room = 12
    picture = np.pad(line.ink, room)
    found = written_in(picture, line.text)
    column = np.array([picture.shape[1] / 2])
    assert found.row(column)[0] == pytest.approx(line.row(column - room)[0] + room, abs=3)
    assert found.x_height == pytest.approx(line.x_height, abs=4)


def test_a_blank_picture_has_no_line():
    assert written_in(np.zeros((64, 300), np.uint8), "nothing") is None


def test_hands_of_a_split_are_read():
    assert all(len(hand) >= 1 for hand in copiste_hands("train"))
