"""The interface of a source of text for the engine."""

from typing import Protocol

import numpy as np


class Texts(Protocol):
    """A source of text."""

    def line(self, rng: np.random.Generator, length: float | None = None) -> str:
        """Draw a line of about this many characters; of a usual length if None."""

    def paragraph(self, num_lines: int, rng: np.random.Generator, width: float) -> list[str]:
        """Draw consecutive lines of about `width` characters."""
