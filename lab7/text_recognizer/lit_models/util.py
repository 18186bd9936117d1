"""Special tokens, apart from any model."""

from collections.abc import Sequence
from typing import NamedTuple

from text_recognizer.util import UserError


class SpecialTokens(NamedTuple):
    """The labels that stand for no character."""

    blank: int
    start: int
    end: int
    padding: int


def special_tokens(mapping: Sequence[str]) -> SpecialTokens:
    """Look the special tokens up by name."""
    names = ("<B>", "<S>", "<E>", "<P>")
    if missing := [name for name in names if name not in mapping]:
        raise UserError(
            f"the data has no {', '.join(missing)} among its classes: expected data of text, such as EMNISTLines"
        )
    return SpecialTokens(*map(mapping.index, names))
