"""Extracts the ink of a strip along a line of text: white on black, for uneven light and faint or coloured ink.

Letters in this file: H W strip, C channels. `height` is that of the line of text, in pixels of the strip.
"""

import cv2
import numpy as np

WHITE = 255
PAPER_REACH = 1.5  # heights: the kernel that estimates the paper; narrower, darker things are ink
SMALL = 12  # pixels: the height of a line on the reduced strip where the paper is estimated
MIN_SKEWNESS = 0.5  # of the brightness around its mean: with less, the strip does not tell whether its ink is dark
MIN_CONTRAST = 0.03  # of the paper's brightness: fainter pixels are no ink
NOISE = 4.0  # standard deviations of the paper's grain: fainter pixels are no ink
SURE_CONTRAST = 0.12  # of the paper's brightness: fainter ink is compared with the paper's grain first
PAPER_SHARE, MIDDLE_SHARE = 80, 60  # percent of a line's area that shows no ink: usually, and with thick letters
MOST_OF_STROKES = 0.15  # of the strength of strokes: as much may be subtracted from them without harm
GRAIN = 1.4  # times what `MIDDLE_SHARE` of the area has: little grain is stronger
MIN_GRAIN, MAX_GRAIN = 0.08, 0.5  # of the strength of strokes: weaker grain stays, and what is stronger is ink
STROKE = 0.12  # of the strength of strokes: weaker pixels tell nothing of it
BETTER = 1.3  # a colour channel replaces grey if its ink is stronger by this factor


def ink_of_strip(strip: np.ndarray, height: float, is_dark: bool = True) -> np.ndarray:
    """Return the ink of a strip: (H, W) or (H, W, C) uint8 -> (H, W) float32 with 1 for the darkest strokes.

    Parameters
    ----------
    strip
        The picture along a line, grey or in colour.
    height
        Height of the line in it, in pixels.
    is_dark
        Whether the page's ink is dark; used where the strip itself does not tell.
    """
    grey = strip if strip.ndim == 2 else cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY)
    ink = _ink_of_channel(grey, height, is_dark)
    strength = strength_of(ink, height)
    if strip.ndim == 3 and _is_coloured(strip):
        for channel in cv2.split(strip):
            other = _ink_of_channel(channel, height, is_dark)
            if (stronger := strength_of(other, height)) > BETTER * strength:
                ink, strength = other, stronger / BETTER  # between two channels any difference decides
    return ink / (strength_of(ink, height) or 1.0)


def has_dark_ink(grey: np.ndarray, size: int, default: bool = True) -> bool:
    """Tell whether ink is darker than paper: (H, W) uint8.

    Ink covers less than paper does. So in a tile of `size` pixels with text, few pixels lie far from the mean on the
    ink's side, and many lie close to it on the paper's: the third moment has the ink's sign.
    """
    values = grey.astype(np.float32)
    values = values - cv2.blur(values, (size, size))
    squares = values * values
    skewness = float((squares * values).mean()) / max(float(squares.mean()), 1e-6) ** 1.5
    return default if abs(skewness) < MIN_SKEWNESS else skewness < 0


def without_grain(ink: np.ndarray) -> np.ndarray:
    """Subtract the grain of the paper, and the writing on its back, from a line's ink: (H, W) float32 to the same.

    Most of a line's area is paper, so little that lies on paper exceeds the level below which most pixels lie. Thick
    letters may take more than a fifth of the area, though: what would weaken strokes much is only subtracted if more
    than two fifths of the area have such grain.
    """
    if not ink.size:
        return ink
    middle, level = np.percentile(ink[::2, ::2], (MIDDLE_SHARE, PAPER_SHARE))
    level = min(float(level), max(MOST_OF_STROKES, GRAIN * float(middle)))
    if not MIN_GRAIN < level < MAX_GRAIN:
        return ink
    left = np.maximum(ink - np.float32(level), 0)
    strokes = left[left > STROKE]
    return left / float(np.percentile(strokes, 90)) if strokes.size else ink


def tile_size(grey: np.ndarray) -> int:
    """Return the size of the tiles of a page (H, W) in which `has_dark_ink` compares ink and paper."""
    return max(16, max(grey.shape) // 24)


def _is_coloured(strip: np.ndarray) -> bool:
    """Tell whether a part of a strip is coloured: then one channel may show ink better than grey does."""
    some = strip[::3, ::3]
    spread = some.max(axis=2).astype(np.int16) - some.min(axis=2)
    return bool(np.percentile(spread, 98) > 30)


def _ink_of_channel(grey: np.ndarray, height: float, is_dark: bool) -> np.ndarray:
    """Return by how much each pixel is darker than the paper, as a share of the paper's brightness: (H, W)."""
    small = _reduced(grey, SMALL / height)
    if not has_dark_ink(small, 2 * SMALL, is_dark):
        grey = WHITE - grey
    paper = _paper_of(grey, height)
    bright = max(1.0, float(np.percentile(paper[::4, ::4], 90)))
    ink = (paper - grey) / np.maximum(paper, bright / 2)  # in deep shadow, noise is as strong as the paper is bright
    return np.maximum(ink, 0).astype(np.float32)


def _paper_of(grey: np.ndarray, height: float) -> np.ndarray:
    """Return the paper's brightness at each pixel: a closing removes what is darker and narrower than its kernel."""
    small = _reduced(grey, SMALL / height)  # averages the noise: a closing takes the lightest pixel nearby
    reach = max(3, round(PAPER_REACH * SMALL)) | 1
    padded = cv2.copyMakeBorder(small, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))[reach:-reach, reach:-reach]
    paper = cv2.resize(closed, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.erode(paper, np.ones((max(1, round(height / 6)),) * 2, np.uint8)).astype(np.float32)


def _reduced(grey: np.ndarray, scale: float) -> np.ndarray:
    """Reduce a strip by a scale; a scale of 1 or more leaves it as it is."""
    size = tuple(max(1, round(min(1.0, scale) * length)) for length in grey.shape[::-1])
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def strength_of(ink: np.ndarray, height: float) -> float:
    """Return the strength of a strip's stronger strokes, at least the threshold of ink; 0 if there are none."""
    smooth = cv2.GaussianBlur(ink, (0, 0), max(0.5, height / 75))
    some = smooth[::3, ::3]
    median = float(np.median(some))
    grain = 1.4826 * float(np.median(np.abs(some - median)))
    least = min(SURE_CONTRAST, max(MIN_CONTRAST, median + NOISE * grain))
    strokes = smooth[smooth > least]
    return max(float(np.percentile(strokes, 90)), 1.5 * least) if strokes.size > height else 0.0
