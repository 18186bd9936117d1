import io

import numpy as np
import pytest

from tests.handwriting.world.small_bank import small_bank
from text_recognizer.handwriting.world.bank import load_bank, save_bank, take, take_words


def test_a_bank_is_read_as_it_was_written():
    bank, file = small_bank(), io.BytesIO()
    save_bank(bank, file)
    file.seek(0)
    read = load_bank(file)
    assert [len(hand) for hand in read.written] == [len(hand) for hand in bank.written]
    for mine, other in zip(bank.written[0] + bank.printed[0], read.written[0] + read.printed[0], strict=True):
        assert mine.text == other.text
        assert mine.printed == other.printed
        np.testing.assert_array_equal(mine.ink, other.ink)
        np.testing.assert_array_equal(mine.baseline, other.baseline)


@pytest.mark.parametrize("width", [1.0, 10.0, 25.0, 120.0])
def test_words_are_taken_up_to_a_width_and_at_least_one(width):
    hand = small_bank().written[0]
    for seed in range(5):
        line = take(hand, width, np.random.default_rng(seed))
        long = (line.places[-1, 1] - line.places[0, 0]) / line.x_height
        assert len(line.words) == len(line.places) >= 1
        assert long <= width + 1 or len(line.words) == 1
        if width > 100:
            assert long > 0.5 * width


def test_a_part_of_a_line_holds_its_words_ink_and_no_other():
    line = small_bank().printed[0][0]
    part = line.part(1, 3)
    assert part.words == line.words[1:3]
    left = line.places[1, 0] - part.places[0, 0]
    assert left % 8 == pytest.approx(0, abs=1e-3)
    columns = np.arange(*part.places[0].astype(int))
    np.testing.assert_allclose(part.row(columns), line.row(columns + left), atol=0.01)
    assert part.ink[:, : max(0, int(part.places[0, 0]) - 4)].max(initial=0) == 0


def test_lines_that_follow_each_other_stand_on_one_baseline():
    line = small_bank().printed[0][0]
    both = line.part(0, 1).followed_by(line.part(1, 2), gap=10)
    assert both.words == line.words[:2]
    assert both.places[1, 0] - both.places[0, 1] == pytest.approx(10, abs=5)
    np.testing.assert_allclose(both.row(both.places.mean(axis=1)), both.row(both.places[0, :1])[0], atol=0.6)


def test_so_many_words_are_taken_as_were_asked_for():
    hand = small_bank().printed[0]
    assert len(take_words(hand, 2, np.random.default_rng(0)).words) == 2
