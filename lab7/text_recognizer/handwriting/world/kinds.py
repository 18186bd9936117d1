"""The kinds of pictures in a fixed evaluation set, with the severity of each.

Lengths are in pixels, angles in degrees.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from text_recognizer.handwriting.world.picture import Scene

PLAIN = {"kind": "plain", "texture": 0.01, "bleed": 0.0, "contrast": (0.85, 0.8)}
SIDE = 2200  # pixels of the longer side of most pictures


class Kind(NamedTuple):
    """A kind of picture."""

    says: str
    scene: Callable[[np.random.Generator], Scene]


def _scene(rng: np.random.Generator, layout: str = "paragraph", is_tall: bool = True, **settings: Any) -> Scene:
    """Return the standard scene, an upright sheet that fills the picture, changed by settings."""
    side = int(settings.pop("side", SIDE))
    shorter = round(side * rng.uniform(0.66, 0.78))
    usual: dict[str, Any] = {
        "place": "scan",
        "angle": 0.0,
        "look": "scan",
        "num_lines": rng.uniform(12, 22),
        "paper": PLAIN,
    }
    return Scene((side, shorter) if is_tall else (shorter, side), layout, **(usual | settings))


def _paper(rng: np.random.Generator, **changes: Any) -> Scene:
    return _scene(rng, paper=PLAIN | changes)


def _on_desk(rng: np.random.Generator, low: float, high: float, **settings: Any) -> Scene:
    share = rng.uniform(low, high)
    side = round(SIDE / max(share, 0.6))
    return _scene(rng, place="desk", share=share, angle=float(rng.uniform(-4, 4)), look="photo", side=side, **settings)


def _askew(rng: np.random.Generator, low: float, high: float) -> Scene:
    angle = float(rng.uniform(low, high) * rng.choice([-1, 1]))
    return _scene(rng, angle=angle, share=0.86)


def _lines(rng: np.random.Generator, layout: str, low: float, high: float, **settings: Any) -> Scene:
    return _scene(rng, layout, num_lines=float(rng.uniform(low, high)), **settings)


KINDS: dict[str, Kind] = {
    "plain": Kind("a paragraph on plain paper, scanned: the reference for the others", _scene),
    "binary": Kind("the same in black and white", lambda rng: _scene(rng, look="binary")),
    "ruled": Kind("ruled paper", lambda rng: _paper(rng, kind="ruled")),
    "squared": Kind("squared paper", lambda rng: _paper(rng, kind="squared")),
    "dotted": Kind("dotted paper", lambda rng: _paper(rng, kind="dotted")),
    "bleed": Kind("the other side shows through, 10 to 20 %", lambda rng: _paper(rng, bleed=rng.uniform(0.1, 0.2))),
    "faint": Kind(
        "pencil at a contrast of 10 to 25 %", lambda rng: _paper(rng, contrast=(rng.uniform(0.1, 0.25), 0.8))
    ),
    "coloured": Kind(
        "red, green or blue ink on tinted paper",
        lambda rng: _paper(
            rng, inks=(((170, 30, 35), (20, 110, 60), (40, 70, 190))[rng.integers(3)],) * 3, colour=(238, 224, 190)
        ),
    ),
    "board": Kind(
        "a board or whiteboard, some of them dark", lambda rng: _lines(rng, "board", 5, 12, look="photo", paper=None)
    ),
    "dark": Kind("light on dark", lambda rng: _paper(rng, colour=(30, 34, 40), inks=((235, 235, 225),) * 3)),
    "desk": Kind("a sheet on a desk that takes 5 to 40 % of the picture", lambda rng: _on_desk(rng, 0.85, 0.97)),
    "desk 40": Kind("a sheet on a desk that takes 40 % of the picture and more", lambda rng: _on_desk(rng, 0.6, 0.75)),
    "askew 5": Kind("2 to 5 degrees askew", lambda rng: _askew(rng, 2, 5)),
    "askew 12": Kind("5 to 12 degrees askew", lambda rng: _askew(rng, 5, 12)),
    "askew 20": Kind("12 to 20 degrees askew", lambda rng: _askew(rng, 12, 20)),
    "turned": Kind(
        "a quarter, a half or three quarters of a turn", lambda rng: _scene(rng, turns=int(rng.integers(1, 4)))
    ),
    "letter": Kind("a letter of 20 to 32 lines", lambda rng: _lines(rng, "letter", 20, 32)),
    "full": Kind("a page of 30 to 45 lines", lambda rng: _lines(rng, "full", 31, 45, side=2800)),
    "list": Kind("a list", lambda rng: _lines(rng, "list", 14, 26)),
    "sparse": Kind("one to three lines on a sheet", lambda rng: _lines(rng, "sparse", 12, 26)),
    "columns": Kind("two or three columns", lambda rng: _lines(rng, "columns", 24, 34, side=2800)),
    "margin": Kind("notes in the margin", lambda rng: _lines(rng, "margin", 18, 26, side=2600)),
    "form": Kind("a form with printed labels", lambda rng: _lines(rng, "form", 12, 22)),
    "table": Kind("a table", lambda rng: _lines(rng, "table", 12, 22)),
    "data form": Kind("print, the same by hand, a signature", lambda rng: _lines(rng, "data form", 20, 28)),
    "strip": Kind(
        "a close crop of one to twelve lines",
        lambda rng: _scene(rng, "strip", is_tall=False, num_lines=None, side=1600),
    ),
    "word": Kind("a close crop of one to three words", lambda rng: _scene(rng, "word", is_tall=False, side=500)),
}
