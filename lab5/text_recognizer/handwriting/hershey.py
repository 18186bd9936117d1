"""The strokes of A. V. Hershey's characters of 1967, and of three signs that he did not draw.

Lengths are in the units of a face; y grows downwards from the baseline.
"""

from functools import cache
from typing import NamedTuple

from HersheyFonts import HersheyFonts

BASELINE = 9  # where the faces have it
X_HEIGHTS = {"cursive": 9, "scripts": 9, "scriptc": 9, "futural": 14, "timesi": 14, "rowmans": 14}
Point = tuple[float, float]
# In units of the script faces.
EXTRA: dict[str, tuple[float, list[list[Point]]]] = {
    "£": (14, [[(11, -17), (9, -20), (6, -20), (4, -17), (4, -6), (2, 0), (12, 0)], [(1, -9), (9, -9)]]),
    "€": (
        14,
        [
            [(12, -17), (9, -20), (5, -18), (3, -10), (5, -2), (9, 0), (12, -3)],
            [(0, -12), (9, -12)],
            [(0, -8), (8, -8)],
        ],
    ),
    "°": (8, [[(4, -21), (2, -20), (1, -18), (2, -16), (4, -15), (6, -16), (7, -18), (6, -20), (4, -21)]]),
}


class Glyph(NamedTuple):
    """How far the pen moves on, and the corners of each stroke."""

    advance: float
    strokes: tuple[tuple[Point, ...], ...]


@cache
def glyph_of(face: str, character: str) -> Glyph:
    """Return a character of a face.

    Raises
    ------
    ValueError
        If no face has it.
    """
    if character in EXTRA:
        scale = X_HEIGHTS[face] / X_HEIGHTS["scripts"]
        advance, strokes = EXTRA[character]
        return Glyph(scale * advance, tuple(tuple((scale * x, scale * y) for x, y in stroke) for stroke in strokes))
    if not " " <= character <= "~":
        raise ValueError(f"{character!r}: Hershey's faces have ASCII only, and {' '.join(EXTRA)}")
    font = _face(face)
    advance = next(iter(font.glyphs_for_text(character))).char_width
    shifted = (tuple((x, y - BASELINE) for x, y in stroke) for stroke in font.strokes_for_text(character))
    return Glyph(advance, tuple(stroke for stroke in shifted if stroke))


@cache
def _face(face: str) -> HersheyFonts:
    fonts = HersheyFonts()
    fonts.load_default_font(face)
    return fonts
