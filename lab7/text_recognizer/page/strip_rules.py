"""Removes the rules of ruled and squared paper, and the borders of tables, from a strip along a line of text.

A rule is straight for longer than any stroke. In a window much longer than a letter, ink covers fewer than half of a
row's pixels, and a rule nearly all of them. So the darkness that is common to the whole window belongs to the rule, and
is subtracted. Strokes that cross a rule are darker and stay.

Letters in this file: H W strip, white ink on black.
"""

from collections.abc import Sequence

import cv2
import numpy as np

SLANTS = (-0.06, -0.04, -0.02, -0.01, 0.0, 0.01, 0.02, 0.04, 0.06)  # of rules against the line of text
WINDOW = 2.5  # heights: the part of a rule that must be straight
UPRIGHT_WINDOW = 1.6
LONG_WINDOW = 5.0  # heights: no stroke of a letter is as long
LONG_UPRIGHT_WINDOW = 2.3  # heights: no upright stroke of a letter is as long
SMALL = 20  # pixels: the height of a line on the reduced strip
SEEN_SMALL = 0.06  # of the ink's darkness: a rule on the reduced strip is at least as dark
SPREAD = 1.4  # times a rule's darkness is subtracted, because its darkness varies
MIN_RULE = 0.04  # of the ink's darkness: fainter rules are left
FAINT = 0.6  # of the ink's darkness: fainter pixels on a rule that are no edge of a stroke belong to the rule
THIN = 0.07  # heights: remnants of an upright rule are thinner
ON_RULES = 0.5  # share of a component's pixels that lie on the finder's rules, or
AROUND = 0.05  # heights beside them
GAP = 0.15  # heights: pieces of an upright rule are twice as far apart at most
TALL, NARROW = 1.2, 0.2  # heights: no letter is higher and narrower
_Rules = tuple[float, Sequence[float]]  # the window in pixels, and the slants


def without_rules(ink: np.ndarray, height: float) -> np.ndarray:
    """Remove the rules along a strip and across it: (H, W) float32, 1 for ink; `height` is that of a line of text."""
    return _without(ink, (WINDOW * height, SLANTS), (UPRIGHT_WINDOW * height, SLANTS))


def without_long_rules(ink: np.ndarray, height: float) -> np.ndarray:
    """Remove only rules that are longer than any stroke of a letter, where the finder saw no rules.

    A reduced strip is examined first: most strips have no such rule, and those that have one have it at few slants.
    """
    windows = LONG_WINDOW * height, LONG_UPRIGHT_WINDOW * height
    scale = min(1.0, SMALL / height)
    size = tuple(max(1, round(scale * length)) for length in ink.shape[::-1])
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    along, across = (
        [slant for slant in SLANTS if _rules_along(strip, scale * window, [slant]).max() > SEEN_SMALL]
        for strip, window in zip((small, np.ascontiguousarray(small.T)), windows, strict=True)
    )
    return _without(ink, (windows[0], along), (windows[1], across)) if along or across else ink


def _without(ink: np.ndarray, along: _Rules, across: _Rules) -> np.ndarray:
    """Subtract the rules along a strip and across it."""
    ink = np.maximum(0, ink - SPREAD * _rules_along(ink, *along))
    return np.maximum(0, ink - SPREAD * _rules_along(np.ascontiguousarray(ink.T), *across).T)


def faint_on_rules(ink: np.ndarray, rules: np.ndarray) -> np.ndarray:
    """Mark the pixels of a strip (H, W) that show a rule and no stroke; `rules` (H, W) bool are the finder's."""
    stroke = cv2.dilate((ink > FAINT).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return rules & ~stroke


def remnants_of_rules(ink: np.ndarray, height: float) -> np.ndarray:
    """Mark the pixels of thin, faint, upright components: (H, W) float32 -> (H, W) bool."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((ink > FAINT / 3).astype(np.uint8))
    is_strong = np.zeros(len(stats), bool)
    is_strong[labels[ink > FAINT]] = True
    is_thin = (stats[:, 2] < THIN * height) & (stats[:, 3] > 2 * stats[:, 2])
    is_remnant = is_thin & ~is_strong
    is_remnant[0] = False
    return is_remnant[labels]


def remnants_on_rules(ink: np.ndarray, rules: np.ndarray, beyond: np.ndarray, height: float) -> np.ndarray:
    """Mark what remains of upright rules, such as a table's borders, which look like a 1.

    A piece of ink on the finder's rules is a remnant if it stands before or behind the line, or if the pieces above and
    below it make it higher than any letter.

    Parameters
    ----------
    ink
        (H, W) float32.
    rules
        (H, W) bool: the finder's rules.
    beyond
        (W,) bool: the columns before and behind the line.
    height
        The height of the line, in pixels of the strip.
    """
    along, across = (1 + 2 * round(some * height) for some in (AROUND, GAP))
    wide_rules = cv2.dilate(rules.astype(np.uint8), np.ones((1, along), np.uint8)) > 0  # the finder's map is coarse
    dark = (ink > FAINT / 3).astype(np.uint8)
    num, labels = cv2.connectedComponents(dark)
    all_pixels, on_rules, in_line = (
        np.bincount(some.ravel(), minlength=num) for some in (labels, labels[wide_rules], labels[:, ~beyond])
    )
    is_beside = (on_rules > ON_RULES * all_pixels) & (in_line == 0)
    closed = cv2.morphologyEx(dark * wide_rules, cv2.MORPH_CLOSE, np.ones((across, 1), np.uint8))
    _, columns, stats, _ = cv2.connectedComponentsWithStats(closed)
    is_tall = (stats[:, cv2.CC_STAT_HEIGHT] > TALL * height) & (stats[:, cv2.CC_STAT_WIDTH] < NARROW * height)
    is_beside[0] = is_tall[0] = False
    return (is_beside[labels] | is_tall[columns]) & (dark > 0)


def _rules_along(ink: np.ndarray, window: float, slants: Sequence[float]) -> np.ndarray:
    """Return the darkness of rules along the strip, at one of the slants: (H, W) float32."""
    found = np.zeros_like(ink)
    length = min(max(3, round(window)), max(3, ink.shape[1] - 2))
    for slant in slants:
        shear = np.array([[1, 0, 0], [slant, 1, -slant * ink.shape[1] / 2]], np.float32)
        level = cv2.warpAffine(ink, shear, ink.shape[::-1], flags=cv2.INTER_LINEAR)
        rule = _open_along(cv2.blur(level, (5, 1)), length)
        back = cv2.warpAffine(rule, shear, ink.shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        found = np.maximum(found, back)
    found[found < MIN_RULE] = 0
    return found


def _open_along(image: np.ndarray, length: int) -> np.ndarray:
    """Return the morphological opening of each row by a window of `length` pixels: (H, W) float32.

    The window doubles until it is long enough, so it takes a logarithmic number of steps. OpenCV takes a linear number,
    four times as long for the windows of this file.
    """
    before = length // 2
    after = length - 1 - before
    eroded = _over_windows(np.pad(image, ((0, 0), (before, after)), constant_values=np.inf), length, np.minimum)
    return _over_windows(np.pad(eroded, ((0, 0), (after, before)), constant_values=-np.inf), length, np.maximum)


def _over_windows(image: np.ndarray, length: int, extreme: np.ufunc) -> np.ndarray:
    """Return the minimum or maximum over each window of `length` pixels in a row: (H, W) -> (H, W - length + 1)."""
    done = 1
    while done < length:
        step = min(done, length - done)
        image = extreme(image[:, : image.shape[1] - step], image[:, step:])
        done += step
    return image
