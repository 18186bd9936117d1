import math

import pytest

from text_recognizer.lit_models.metrics import CharacterErrorRate


@pytest.mark.parametrize(
    ("read", "references", "expected"),
    [
        (["abc"], ["abc"], 0),
        (["abd"], ["abc"], 1 / 3),
        (["ab"], ["abc"], 1 / 3),
        (["abcd"], ["abc"], 1 / 3),
        (["kitten"], ["sitting"], 3 / 7),
        ([""], ["abc"], 1),
        (["abcdef"], ["ab"], 2),  # more than everything wrong
        ([""], [""], 0),
        (["ab"], [""], 2),
        (["", "abc"], ["a", "abc"], 1 / 4),  # edits over characters, not a mean over texts
        (["abcdefghij", "x"], ["abcdefghij", "y"], 1 / 11),
        ([[4, 5, 3, 3]], [[4, 6, 3, 3]], 1 / 2),
        ([[1, 4, 5, 2, 3]], [[4, 5, 3, 3, 3]], 0),
        ([[3, 3]], [[3, 3]], 0),
        ([], [], 0),
    ],
)
def test_rate(read, references, expected):
    metric = CharacterErrorRate(ignored=[1, 2, 3])
    metric.update(read, references)
    assert math.isclose(metric.compute(), expected, rel_tol=1e-6)


def test_batches_add_up_to_the_rate_of_all_texts():
    metric = CharacterErrorRate()
    metric.update(["ab"], ["ax"])
    metric.update(["abcdefgh"], ["abcdefgh"])
    assert math.isclose(metric.compute(), 1 / 10, rel_tol=1e-6)
    metric.reset()
    metric.update(["a"], ["a"])
    assert metric.compute() == 0


def test_a_text_without_a_reference_is_an_error():
    with pytest.raises(ValueError, match="shorter"):
        CharacterErrorRate().update(["a", "b"], ["a"])
