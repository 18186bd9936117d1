"""JSON from outside is held against a schema; what does not fit is one line with its place."""

from typing import Any

import pytest

from text_recognizer.checked_json import MOST_SHOWN, Between, check_json, parse_json, parse_rows
from text_recognizer.util import UserError


def test_json_is_parsed():
    assert parse_json(b'{"a": [1, "\xc3\xa9"]}', "x.json") == {"a": [1, "é"]}
    assert parse_json("[true, null]", "x.json") == [True, None]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{", "not JSON"),
        (b'"\xff"', "not JSON"),
        (b"[NaN]", "NaN is not a number in JSON"),
        (b"-Infinity", "-Infinity is not a number in JSON"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_json_is_one_line(content, expected):
    with pytest.raises(UserError, match=f"^x.json: .*{expected}") as error:
        parse_json(content, "x.json")
    assert "\n" not in str(error.value)


def test_rows_are_parsed_and_empty_ones_left_out():
    assert parse_rows(b'{"a": 1}\n\n{"a": 2}\n', "x", {"a": int}) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": 1}\n\n{"a": "b"}', r"^x, row 3\.a is 'b': expected a whole number$"),
        (b"1\n{", "^x, row 1 is 1: expected an object with a$"),
        (b"\xff", "^x: not a text in UTF-8"),
    ],
)
def test_a_wrong_row_is_named(content, expected):
    with pytest.raises(UserError, match=expected):
        parse_rows(content, "x", {"a": int})


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("a", str),
        (1, int),
        (1, float),
        (1.5, float),
        (True, bool),
        (None, None),
        ({"x": object()}, Any),
        (9, Between(1, 9)),
        (0.5, Between(0.0, 1.0)),
        ([], [int]),
        ([[1], [2, 3]], [[int]]),
        ({"any": 1, "name": 2}, {str: int}),
        ({"a": 1, "more": "b"}, {"a": int, "b?": str}),
        (None, (int, None)),
        ([1], (str, [int])),
    ],
)
def test_what_fits_passes(value, schema):
    check_json(value, schema, "x")


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (1, str, "x is 1: expected a text"),
        (1.0, int, "x is 1.0: expected a whole number"),
        (True, int, "x is True: expected a whole number"),
        (True, float, "x is True: expected a number"),
        (1, bool, "x is 1: expected true or false"),
        (float("inf"), float, "x is inf: expected a number"),
        (10**400, float, "x is a very large number: expected a number"),
        (10, Between(1, 9), "x is 10: expected 1 to 9"),
        (1.5, Between(1, 9), "x is 1.5: expected 1 to 9"),
        (float("nan"), Between(0.0, 1.0), "x is nan: expected 0.0 to 1.0"),
        ({}, [int], "x is {}: expected a list"),
        ([1, "a"], [int], "x[1] is 'a': expected a whole number"),
        ([[1], [None]], [[int]], "x[1][0] is None: expected a whole number"),
        ({"k": "a"}, {str: int}, "x.k is 'a': expected a whole number"),
        ([], {str: int}, "x is []: expected an object"),
        ({}, {"a": int}, "x has no a: expected a whole number"),
        ({"a": 1, "b": 2}, {"a": int, "b?": str}, "x.b is 2: expected a text"),
        ([], {"a": int, "b?": str}, "x is []: expected an object with a, b"),
        ("a", (int, None), "x is 'a': expected a whole number or null"),
        (["a"], (str, [int]), "x is ['a']: expected a text or a list"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(value, schema, expected):
    with pytest.raises(UserError) as error:
        check_json(value, schema, "x")
    assert str(error.value) == expected


def test_a_long_value_is_cut():
    with pytest.raises(UserError) as error:
        check_json("a" * 1000, int, "x")
    assert len(str(error.value)) < MOST_SHOWN + 40
