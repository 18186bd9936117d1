"""Runs a print finder on the strips of a page.

Letters in this file: H W strip, S cells.
"""

from collections.abc import Sequence

import numpy as np

from text_recognizer.page.printed_parts import CELL
from text_recognizer.recognizer.strip_network import StripNetwork

WIDEST = 8192  # columns that are looked at together: wider strips are cut


class PrintNetwork(StripNetwork):
    """A print finder."""

    model_class = "PrintFinder"
    purpose = "find print"

    def see(self, strips: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the probabilities of the classes of each cell, (S, 3), for strips (H, W) uint8."""
        return [self._see(strip)[: -(-strip.shape[1] // CELL)] for strip in strips]

    def _see(self, strip: np.ndarray) -> np.ndarray:
        width = strip.shape[1]
        if width > WIDEST:
            return np.concatenate([self._see(strip[:, first : first + WIDEST]) for first in range(0, width, WIDEST)])
        logits = self.logits(strip)
        shares = np.exp(logits - logits.max(axis=0))
        return (shares / shares.sum(axis=0)).T
