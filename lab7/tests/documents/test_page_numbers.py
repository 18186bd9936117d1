"""Which pages of a document are read."""

import pytest

from text_recognizer.documents.page_numbers import PageNumbers
from text_recognizer.util import UserError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, [1, 2, 3, 4, 5]),
        ("2", [2]),
        ("1-3", [1, 2, 3]),
        ("4-", [4, 5]),
        ("-2", [1, 2]),
        ("5, 1-2", [1, 2, 5]),
        ("2-3,3-9", [2, 3, 4, 5]),
        ("7", []),
    ],
)
def test_pages_are_named_by_numbers_and_ranges(text, expected):
    assert PageNumbers.parse(text).of(5) == expected


@pytest.mark.parametrize("text", ["0", "3-1", "a", "1-2-3", "1,,2", "-", "1.5"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(UserError, match=r"not a page or a range of pages. Expected such as --pages=1-3,7"):
        PageNumbers.parse(text)


def test_the_refusal_is_one_line_whatever_was_typed():
    with pytest.raises(UserError) as error:
        PageNumbers.parse("\n")
    assert str(error.value).splitlines() == [str(error.value)]
