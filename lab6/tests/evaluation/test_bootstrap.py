import numpy as np
import pytest

from text_recognizer.evaluation.bootstrap import Rate, difference_of, rate_of, sum_by_group

FEW = 400  # resamples


def writers_with_a_hand_of_their_own(rng, num_writers=30, num_lines=8, length=40, rate=0.1):
    """Draw (edits, sizes, groups): some write more legibly than others."""
    rates = np.clip(rng.normal(rate, rate / 2, size=num_writers), 0, 1)
    groups = np.repeat(np.arange(num_writers), num_lines)
    edits = rng.binomial(length, rates[groups])
    return edits.tolist(), [length] * len(groups), groups.tolist()


@pytest.mark.parametrize(
    ("edits", "sizes", "expected"),
    [([], [], 0), ([0], [0], 0), ([3], [0], 3), ([0, 5], [10, 10], 0.25), ([12], [4], 3), ([1, 0], [1, 99], 0.01)],
)
def test_a_rate_is_all_edits_over_all_sizes(edits, sizes, expected):
    rate = rate_of(edits, sizes, range(len(edits)), FEW)
    assert rate.value == expected
    assert (rate.low is None) == (len(edits) < 2)


def test_one_writer_alone_tells_nothing_of_others():
    assert rate_of([1, 0, 5], [10, 10, 10], ["a"] * 3, FEW) == Rate(6, 30, None, None)
    assert difference_of([1, 0], [2, 2], [9, 9], ["a"] * 2, FEW).low is None


def test_where_all_are_alike_the_interval_has_no_width():
    rate = rate_of([2] * 9, [20] * 9, range(9), FEW)
    assert rate.low == rate.high == rate.value == 0.1


def test_values_are_added_up_by_group():
    assert sum_by_group([1, 2, 3, 4], ["b", "a", "b", "a"]).tolist() == [4, 6]


def test_the_same_seed_gives_the_same_interval():
    data = writers_with_a_hand_of_their_own(np.random.default_rng(1))
    assert rate_of(*data, FEW, seed=3) == rate_of(*data, FEW, seed=3)
    assert rate_of(*data, FEW, seed=3) != rate_of(*data, FEW, seed=4)


def test_the_interval_over_writers_covers_the_truth_and_that_over_lines_is_too_narrow():
    rng, by_writer, by_line = np.random.default_rng(0), 0, 0
    for _ in range(100):
        edits, sizes, groups = writers_with_a_hand_of_their_own(rng)
        for units in (groups, range(len(edits))):
            rate = rate_of(edits, sizes, units, FEW)
            covers = rate.low <= 0.1 <= rate.high
            by_writer, by_line = (by_writer + covers, by_line) if units is groups else (by_writer, by_line + covers)
    assert by_writer >= 88  # 95 in theory, a little less with thirty writers
    assert by_line < by_writer - 10


def test_a_pair_is_told_apart_where_two_intervals_overlap():
    edits, sizes, groups = writers_with_a_hand_of_their_own(np.random.default_rng(2))
    better = [max(0, count - (i % 2)) for i, count in enumerate(edits)]
    one, other = rate_of(better, sizes, groups, FEW), rate_of(edits, sizes, groups, FEW)
    difference = difference_of(better, edits, sizes, groups, FEW)
    assert one.high > other.low
    assert difference.low <= difference.value <= difference.high < 0
    assert difference.value == pytest.approx(one.value - other.value)
    assert difference.share_below == 1


def test_a_model_does_not_differ_from_itself():
    edits, sizes, groups = writers_with_a_hand_of_their_own(np.random.default_rng(2))
    difference = difference_of(edits, edits, sizes, groups, FEW)
    assert (difference.value, difference.low, difference.high, difference.share_below) == (0, 0, 0, 0)


def test_an_interval_leaves_out_as_much_at_both_ends():
    rate = rate_of(list(range(1001)), [1000] * 1001, range(1001))
    assert rate.high - rate.value == pytest.approx(rate.value - rate.low, rel=0.1)
    assert rate.high - rate.low == pytest.approx(2 * 1.96 * 0.289 / 1001**0.5, rel=0.1)  # of a mean of uniform numbers
