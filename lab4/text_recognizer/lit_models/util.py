"""Special tokens, apart from any model."""

from collections.abc import Sequence
from typing import NamedTuple


class SpecialTokens(NamedTuple):
    """The labels that stand for no character."""

    blank: int
    start: int
    end: int
    padding: int


def special_tokens(mapping: Sequence[str]) -> SpecialTokens:
    """Look the special tokens up by name."""
    return SpecialTokens(*(mapping.index(name) for name in ("<B>", "<S>", "<E>", "<P>")))
