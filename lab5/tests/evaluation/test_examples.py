import pytest

from text_recognizer.evaluation.examples import Example, by_length, by_writer, measure, unit_of, worst_first


def example(index, written, read, writer=None):
    return Example(index, f"line {index}", writer, written, read)


EXAMPLES = [
    example(0, "abcd efgh", "abcd efgh", "ann"),
    example(1, "abcd", "abxx", "bob"),
    example(2, "", "", "ann"),
    example(3, "a much longer line of words", "a much longer lime of words", "ann"),
    example(4, "", "ab", "bob"),
]


def test_short_and_long_examples_count_by_their_characters():
    total = measure("all", EXAMPLES)
    assert (total.num, total.cer.edits, total.cer.size) == (5, 0 + 2 + 0 + 1 + 2, 9 + 4 + 0 + 27)
    assert (total.wer.edits, total.wer.size) == (0 + 1 + 0 + 1 + 1, 2 + 1 + 0 + 6)
    assert total.cer.low <= total.cer.value <= total.cer.high


@pytest.mark.parametrize(("index", "cer"), [(0, 0), (1, 0.5), (2, 0), (4, 2)])
def test_an_example_has_a_rate_of_its_own(index, cer):
    assert EXAMPLES[index].cer == cer


def test_the_worst_come_first_and_more_edits_are_worse():
    ties = [example(0, "ab", "xy"), example(1, "abcd", "wxyz"), example(2, "ab", "ab")]
    assert [one.index for one in worst_first(ties)] == [1, 0, 2]
    assert [one.index for one in worst_first(EXAMPLES)] == [4, 1, 3, 0, 2]


def test_writers_are_told_apart_where_all_are_known():
    assert [(group.name, group.num, group.cer.edits) for group in by_writer(EXAMPLES)] == [("bob", 2, 4), ("ann", 3, 1)]
    assert unit_of(EXAMPLES) == "writer"
    one_unknown = [*EXAMPLES, example(5, "abc", "abc")]
    assert unit_of(one_unknown) == "example"
    assert by_writer(one_unknown) == []


@pytest.mark.parametrize(
    ("lengths", "names"),
    [
        ([], []),
        ([0], ["0-4"]),
        ([3, 5, 49], ["0-4", "5-9", "45-49"]),
        ([3, 50], ["0-9", "50-59"]),
        ([87], ["80-89"]),
        ([680, 20], ["0-99", "600-699"]),
        ([12_000], ["0-12000"]),
    ],
)
def test_lengths_are_sorted_into_at_most_ten_round_ranges(lengths, names):
    groups = by_length([example(i, "a" * length, "") for i, length in enumerate(lengths)])
    assert [group.name for group in groups] == names
    assert sum(group.num for group in groups) == len(lengths)
