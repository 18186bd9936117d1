import math

import pytest

from text_recognizer.lit_models.metrics import CharacterErrorRate


@pytest.mark.parametrize(
    ("references", "hypotheses", "expected"),
    [
        (["abc"], ["abc"], 0),
        (["abc"], ["abd"], 1 / 3),
        (["abc"], ["ab"], 1 / 3),
        (["abc"], ["abcd"], 1 / 3),
        (["sitting"], ["kitten"], 3 / 7),
        (["abc"], [""], 1),
        (["ab"], ["abcdef"], 2),  # more than everything wrong
        ([""], [""], 0),
        ([""], ["ab"], 2),
        (["a", "abc"], ["", "abc"], 1 / 4),  # edits over characters, not a mean over texts
        (["abcdefghij", "y"], ["abcdefghij", "x"], 1 / 11),
        ([[4, 6, 3, 3]], [[4, 5, 3, 3]], 1 / 2),
        ([[4, 5, 3, 3, 3]], [[1, 4, 5, 2, 3]], 0),
        ([[3, 3]], [[3, 3]], 0),
        ([], [], 0),
    ],
)
def test_rate(references, hypotheses, expected):
    metric = CharacterErrorRate(ignored=[1, 2, 3])
    metric.update(references, hypotheses)
    assert math.isclose(metric.compute(), expected, rel_tol=1e-6)


def test_batches_add_up_to_the_rate_of_all_texts():
    metric = CharacterErrorRate()
    metric.update(["ax"], ["ab"])
    metric.update(["abcdefgh"], ["abcdefgh"])
    assert math.isclose(metric.compute(), 1 / 10, rel_tol=1e-6)
    metric.reset()
    metric.update(["a"], ["a"])
    assert metric.compute() == 0


def test_a_text_without_a_reference_is_an_error():
    with pytest.raises(ValueError, match="longer"):
        CharacterErrorRate().update(["a"], ["a", "b"])
