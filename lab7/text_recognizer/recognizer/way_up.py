"""Finds out which way up a picture is, with the line finder.

The network is trained to tell in which of four ways a picture lies. It tells upright from upside down much better than
one side from the other, and what it says of a picture and of the same picture upside down are two opinions. So a
picture on its side is turned and seen again, and a picture that may be upside down is turned and seen again too.
"""

from typing import Any, NamedTuple

import numpy as np

from text_recognizer.recognizer.page_finder import SeenPage

PREFER_UPRIGHT = (
    1.5  # more pictures are upright than upside down: the odds in favour of upright are higher by this factor
)
UNSURE = 3.0  # if the odds of the likelier way are lower, the picture is seen upside down too
SMALLEST = 1e-6


class Upright(NamedTuple):
    """What the line finder sees of a picture that was turned upright.

    Parameters
    ----------
    seen
        The maps, turned upright.
    quarters
        The number of quarter turns counter-clockwise that put the picture upright.
    odds
        How much likelier it is upright than upside down, in the finder's opinion.
    """

    seen: SeenPage
    quarters: int
    odds: float

    def upside_down(self) -> "Upright":
        """Return the same picture, turned by half a turn."""
        maps = self.seen.maps.turned(2)
        return Upright(self.seen._replace(maps=maps), (self.quarters + 2) % 4, 1 / self.odds)


def see_upright(finder: Any, picture: np.ndarray) -> Upright:
    """See a picture (H, W, 3) uint8 with a `PageFinder`, and find out which way up it is."""
    quarters = 0
    seen: SeenPage = finder.see(picture)
    up = seen.maps.up
    if up[1] + up[3] > up[0] + up[2]:
        quarters = 1
        seen = finder.see(_turned(picture, quarters))
    odds = _odds(seen) * (1.0 if quarters else PREFER_UPRIGHT)  # pictures lie on either side equally often
    if 1 / UNSURE < odds < UNSURE:
        odds /= _odds(finder.see(_turned(picture, quarters + 2)))
    upright = Upright(seen, quarters, odds)
    return upright if odds >= 1 else upright.upside_down()


def _odds(seen: SeenPage) -> float:
    """Return how much likelier upright is than upside down."""
    upright, _, upside_down, _ = np.maximum(seen.maps.up, SMALLEST)
    return float(upright / upside_down)


def _turned(picture: np.ndarray, quarters: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(picture, quarters))
