"""Asks the lines of a page whether it is upside down.

Letters in this file: H W strip.
"""

from collections.abc import Sequence

import numpy as np

from text_recognizer.images.centred import centred
from text_recognizer.recognizer.strip_network import StripNetwork

WIDEST = 2048  # columns of a line that are looked at
MAX_VOTE = 6.0  # nats: a line, however long and sure, does not count more


class WayUpNetwork(StripNetwork):
    """A network that tells upright lines from lines that are upside down."""

    model_class = "WayUpFinder"
    purpose = "tell which way up a line is"

    def votes(self, strips: Sequence[np.ndarray]) -> list[float]:
        """Return how sure it is that each strip (H, W) uint8 is upright, in nats; below 0 it is upside down."""
        logits = [self.logits(centred(strip[:, :WIDEST])) for strip in strips]
        return [float(np.clip(upright - upside_down, -MAX_VOTE, MAX_VOTE)) for upright, upside_down in logits]
