"""The handwriting of a picture is written again on plain sheets: the same words, one line below the other."""

import numpy as np
import pytest

from tests.handwriting.world.small_bank import small_bank
from text_recognizer.handwriting.world.picture import Scene, draw_picture
from text_recognizer.handwriting.world.plain_copy import MOST_LINES, plain_copies


@pytest.mark.parametrize(("layout", "turns"), [("form", 0), ("columns", 1), ("full", 0), ("word", 2)])
def test_the_same_lines_without_print_stand_on_plain_sheets(layout, turns):
    rng = np.random.default_rng(4)
    picture = draw_picture(small_bank(), Scene((900, 640), layout, turns=turns, num_lines=24), "train", rng)
    sheets = list(plain_copies(picture.lines, rng))
    by_hand = [line.written.text for line in picture.lines if not line.printed]
    assert [line.text for sheet in sheets for line in sheet.lines] == by_hand
    assert len(sheets) == -(-len(by_hand) // MOST_LINES)
    for sheet in sheets:
        assert sheet.image.std(axis=2).max() < 30  # neither paper nor ink is coloured
        assert np.percentile(sheet.image, 50) > 225
        size = np.array(sheet.image.shape[1::-1])
        rows = [line.polyline[:, 1].mean() for line in sheet.lines]
        assert rows == sorted(rows)
        for line in sheet.lines:
            assert (line.polyline > 0).all()
            assert (line.polyline < size).all()
            assert np.ptp(line.polyline[:, 1]) < line.height  # level


def test_without_handwriting_there_is_no_sheet():
    assert list(plain_copies([], np.random.default_rng(0))) == []
