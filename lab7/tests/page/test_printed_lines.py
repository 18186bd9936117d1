import numpy as np
import pytest

from text_recognizer.page.printed_lines import LIKELY, SURE, find_print, has_handwriting
from text_recognizer.page.text_line import TextLine

POINTS = np.array([[0.0, 10.0], [50.0, 10.0]])
PRINT, PERHAPS, HAND = SURE + 0.1, LIKELY + 0.1, LIKELY - 0.1


def lines(*printed):
    return [TextLine(POINTS, 10.0, value) for value in printed]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ((PERHAPS, PRINT, PERHAPS, PERHAPS, HAND), (True, True, True, True, False)),
        ((HAND, PERHAPS, HAND, PRINT), (False, False, False, True)),
        ((PRINT, HAND, PERHAPS), (True, False, False)),
        ((PERHAPS, PERHAPS), (False, False)),
        ((), ()),
    ],
)
def test_what_stands_beside_print_is_likely_to_be_print_too(printed, expected):
    assert find_print(lines(*printed)) == list(expected)


def test_handwriting_is_what_is_not_likely_to_be_print():
    assert has_handwriting(lines(PRINT, HAND))
    assert not has_handwriting(lines(PRINT, PERHAPS))
    assert not has_handwriting([])
