"""JSON from outside: parsed safely, and checked against a schema before it is used.

A schema is written in Python. `str`, `int`, `float` (any finite number), `bool` and `None` stand for such a value,
`Any` for each; `Between(1, 9)` for a number in a range; `[schema]` for a list, `{str: schema}` for an object of any
keys, `{"key": schema, "other?": schema}` for one with these keys, of which those with a `?` may be missing and others
may be there too; a tuple of schemas for any of them. JSON Schema can express more, but needs another package.
"""

import json
import math
from typing import Any, NamedTuple

from text_recognizer.util import UserError

MOST_SHOWN = 40  # characters of a wrong value in an error message
NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", None: "null"}


class Between(NamedTuple):
    """A schema for numbers: whole ones if both ends are."""

    low: float
    high: float


def parse_json(content: bytes | str, name: str) -> Any:
    """Parse JSON.

    Raises
    ------
    UserError
        If it is not JSON, or has NaN or infinity, which JSON lacks, or is nested too deeply. `name` is the file's name
        in the message.
    """
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise UserError(f"{name}: not JSON (it is nested too deeply)") from None
    except ValueError as error:
        raise UserError(f"{name}: not JSON ({error})") from None


def parse_rows(content: bytes | str, name: str, schema: Any) -> list[Any]:
    """Parse rows of JSON, each of which has a schema; empty rows are left out.

    Raises
    ------
    UserError
        If a row does not fit it.
    """
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
    except ValueError as error:
        raise UserError(f"{name}: not a text in UTF-8 ({error})") from None
    rows = []
    for number, row in enumerate(text.split("\n"), 1):
        if row.strip():
            rows.append(parse_json(row, f"{name}, row {number}"))
            check_json(rows[-1], schema, f"{name}, row {number}")
    return rows


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number in JSON")


def check_json(value: Any, schema: Any, name: str) -> None:
    """Check a value against a schema.

    Raises
    ------
    UserError
        If it does not fit: where, what is there, and what was expected. `name` is what to call the value.
    """
    if isinstance(schema, list) and isinstance(value, list):
        for number, one in enumerate(value):
            check_json(one, schema[0], f"{name}[{number}]")
    elif isinstance(schema, dict) and isinstance(value, dict):
        _check_object(value, schema, name)
    elif not _fits(value, schema):
        raise UserError(f"{name} is {shown(value)}: expected {described(schema)}")


def _check_object(value: dict[str, Any], schema: dict[Any, Any], name: str) -> None:
    if str in schema:
        for key, one in value.items():
            check_json(one, schema[str], f"{name}.{key}")
        return
    for key, wanted in schema.items():
        plain = key.removesuffix("?")
        if plain in value:
            check_json(value[plain], wanted, f"{name}.{plain}")
        elif plain == key:
            raise UserError(f"{name} has no {key}: expected {described(wanted)}")


def _fits(value: Any, schema: Any) -> bool:
    if schema is Any:
        return True
    if isinstance(schema, Between):
        is_number = _fits(value, int if isinstance(schema.low, int) and isinstance(schema.high, int) else float)
        return is_number and schema.low <= value <= schema.high
    if isinstance(schema, tuple):
        return any(_fits_whole(value, one) for one in schema)
    if schema is None:
        return value is None
    if isinstance(schema, list | dict) or (isinstance(value, bool) and schema is not bool):
        return False
    if schema is float:
        return isinstance(value, int | float) and abs(value) < 1e300 and math.isfinite(value)
    return isinstance(value, schema)


def _fits_whole(value: Any, schema: Any) -> bool:
    try:
        check_json(value, schema, "")
    except UserError:
        return False
    return True


def shown(value: Any) -> str:
    """Return a value for a message, the beginning of a long one."""
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**MOST_SHOWN else "a very large number"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def described(schema: Any) -> str:
    """Return what a schema expects, for a message."""
    if isinstance(schema, Between):
        return f"{schema.low:,} to {schema.high:,}"
    if isinstance(schema, tuple):
        return " or ".join(map(described, schema))
    if isinstance(schema, list):
        return "a list"
    if isinstance(schema, dict):
        return "an object" if str in schema else f"an object with {', '.join(key.removesuffix('?') for key in schema)}"
    return "anything" if schema is Any else NAMES[schema]
