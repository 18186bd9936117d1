"""Finds the text on a picture of a page and puts it on a canvas like the training data: white ink on black.

Letters in this file: H W image. A box is (left, top, right, bottom) in pixels; right and bottom lie just outside.
"""

import cv2
import numpy as np
from PIL import Image

from text_recognizer.images.constants import WHITE, Box
from text_recognizer.page.geometry import Canvas, Page, Point, resized
from text_recognizer.page.ink import dark_on_light, extract_ink, smooth, to_grey
from text_recognizer.page.orientation import estimate_skew, is_sideways, rotation_matrix

# The distance between two lines of text on the canvas. Writers of IAM wrote above ruled sheets: 300 forms of the IAM
# subset have a median of 89.5 pixels, nine in ten from 86.5 to 91.8, and the canvas shows them at half their size.
LINE_PITCH = 44
HEIGHT_PER_PITCH = 0.66  # of a single line's ink: the median in IAM; nine in ten have 0.44 to 1.22
# The autocorrelation of the row profile at a shift of one line, as a share of that at 0: in IAM at least 0.17 with two
# lines, 0.3 with three. A single line correlates too, at the height of its letters, by 0.14 at most in 19 of 20 cases.
MIN_AUTOCORRELATION = 0.16
MIN_SLOPE = 0.01  # half a degree: single lines of a level page vary as much
MARGIN = 32  # pixels of the canvas above and to the left of the ink, as the data of IAM's paragraphs and lines have
PADDING = 16  # pixels of the canvas that are shown around the box: a full stop behind the last word lies outside
LINE_PADDING = 0.1  # the same on the canvas of a single line, as a share of its height
FAINTEST = 100  # of 255: a canvas without a brighter pixel has specks and no strokes


def find_page(image: Image.Image, upside_down: bool = False) -> Page | None:
    """Return the page on a picture, with level lines; None if there is no ink.

    A page on its side is turned upright by a quarter turn to the left; `upside_down` adds half a turn.
    """
    ink = extract_ink(dark_on_light(to_grey(image)))
    zoom = image.width / ink.shape[1]  # large pictures were made smaller
    text = find_text(ink)
    matrix = np.diag([1.0, 1.0, 0.0])[:2]
    quarters = is_sideways(text) + 2 * upside_down
    slope = estimate_skew(np.rot90(text, quarters))
    if quarters or abs(slope) > MIN_SLOPE:
        angle = quarters * np.pi / 2 + (np.arctan(slope) if abs(slope) > MIN_SLOPE else 0)
        matrix, size = rotation_matrix(angle, (ink.shape[0], ink.shape[1]))
        ink, text = (cv2.warpAffine(it, matrix, size) for it in (ink, text))
    box = box_of(text)
    return None if box is None else Page(ink, text, box, zoom * cv2.invertAffineTransform(matrix), image.size)


def put_on_canvas(page: Page, shape: tuple[int, int]) -> Canvas | None:
    """Put a page's text on a canvas of a shape (H, W); None if all of it is too faint to be ink."""
    left, top, right, bottom = page.box
    if shape[0] < 2 * LINE_PITCH:  # the canvas of a single line: the line fills it from top to bottom
        pitch: float = bottom - top
        pixels, origin, step = place(page.ink, page.box, np.inf, LINE_PADDING * shape[0], shape)
    else:
        pitch = line_pitch(page.text[top:bottom, left:right])
        pixels, origin, step = place(page.ink, page.box, LINE_PITCH / pitch, PADDING, shape)
    if pixels.max() <= FAINTEST:
        return None
    return Canvas(pixels, origin, step, pitch / step, page)


def page_to_canvas(image: Image.Image, shape: tuple[int, int], upside_down: bool = False) -> Canvas | None:
    """Return the text of a page on a canvas of a shape (H, W); None if there is no ink."""
    page = find_page(image, upside_down)
    return None if page is None else put_on_canvas(page, shape)


def find_text(ink: np.ndarray) -> np.ndarray:
    """Tell which pixels of a page (H, W), white ink on black, belong to text: (H, W) uint8, 0 or 1.

    Ruled lines, edges of the paper, dark corners, and specks far from everything else do not count as text.
    """
    longer = max(ink.shape)
    strokes = (smooth(ink) > 0.4 * WHITE).astype(np.uint8)
    strokes[_find_rules(strokes) > 0] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes)
    left, top, width, height = stats[:, :4].T
    touches = (left == 0) | (top == 0) | (left + width == ink.shape[1]) | (top + height == ink.shape[0])
    larger = np.maximum(width, height)
    is_text = (larger >= max(3, longer // 200)) & ~(touches & (larger > longer / 4))
    is_text[0] = False  # the background
    return _without_specks(is_text[labels].astype(np.uint8))


def _find_rules(strokes: np.ndarray) -> np.ndarray:
    """Mark lines that run straight through most of a page: (H, W) uint8, 0 or 1."""
    longer = max(strokes.shape)
    rules = np.zeros_like(strokes)
    length = max(8, longer // 24)  # even on a skewed page, so much of a rule lies in one row of pixels
    for kernel, axis in ((np.ones((1, length), np.uint8), 2), (np.ones((length, 1), np.uint8), 3)):
        parts = cv2.dilate(cv2.morphologyEx(strokes, cv2.MORPH_OPEN, kernel), np.ones((3, 3), np.uint8))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(parts)
        is_rule = stats[:, axis] > max(0.6 * strokes.shape[3 - axis], 0.4 * longer)
        is_rule[0] = False
        rules |= is_rule[labels].astype(np.uint8)
    return rules


def _without_specks(text: np.ndarray) -> np.ndarray:
    """Remove groups of strokes that hold less than 0.5 % of the ink and lie about two lines from all others."""
    reach = np.ones((max(1, max(text.shape) // 15),) * 2, np.uint8)
    _, groups = cv2.connectedComponents(cv2.dilate(text, reach))
    num_pixels = np.bincount(groups[text > 0], minlength=groups.max() + 1)
    return text * (num_pixels > num_pixels.sum() / 200)[groups].astype(np.uint8)


def box_of(text: np.ndarray) -> Box | None:
    """Return the box around the non-zero pixels; None if there are none."""
    left, top, width, height = cv2.boundingRect(text)
    return (left, top, left + width, top + height) if width else None


def line_pitch(text: np.ndarray) -> float:
    """Return the line pitch of text in pixels; the pixels (H, W) have no margin.

    The autocorrelation of the horizontal projection profile has its maximum at a shift of one line. Each of several
    vertical strips has its own profile: with a little skew, lines would mix in the profile of the whole width.
    """
    height, width = text.shape
    correlation = np.zeros(height)
    for strip in np.array_split(text, max(1, min(12, width // 64)), axis=1):
        rows = strip.sum(axis=1, dtype=np.float64)
        rows -= rows.mean()
        correlation += np.correlate(rows, rows, mode="full")[height - 1 :]  # at shifts of 0, 1, 2, …
    at_zero = correlation[0]
    negative = np.flatnonzero(correlation < 0)
    # A line correlates with itself at small shifts, and the tops of its letters with their bottoms.
    correlation[: max(negative[0] if negative.size else height, round(1.5 * _letter_height(text)))] = 0
    if correlation.max() <= MIN_AUTOCORRELATION * at_zero:  # both are 0 for a lone upright stroke
        return height / HEIGHT_PER_PITCH
    first = int(np.argmax(correlation > 0.8 * correlation.max()))  # a shift of two lines gives nearly the same value
    return float(first + correlation[first : first + first // 4 + 1].argmax())


def _letter_height(text: np.ndarray) -> float:
    """Return the median height of the connected components, weighted by their pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(text)
    order = stats[1:, cv2.CC_STAT_HEIGHT].argsort() + 1
    num_pixels = stats[order, cv2.CC_STAT_AREA].cumsum()
    return float(stats[order[np.searchsorted(num_pixels, num_pixels[-1] / 2)], cv2.CC_STAT_HEIGHT])


def place(
    ink: np.ndarray, box: Box, scale: float, padding: float, shape: tuple[int, int]
) -> tuple[np.ndarray, Point, float]:
    """Copy the ink of a box, with some pixels of paper around it, to the top left of a canvas of a shape (H, W).

    The ink is scaled by `scale`, or by less where it would not fit: nothing is cut off.

    Returns
    -------
    tuple
        The canvas (H, W), the place (x, y) of its top left corner on the ink's image, and the pixels of the ink's image
        per pixel of the canvas.
    """
    left, top, right, bottom = box
    size = np.array([bottom - top, right - left])
    scale = min(scale, *((np.array(shape) - 2 * padding - 1) / size))
    around = round(padding / scale)
    scale = min(scale, *(np.array(shape) / (size + 2 * around)))  # rounded up, the margin may not fit
    cut = np.pad(ink, around)[top : bottom + 2 * around, left : right + 2 * around]
    scaled = resized(cut, scale)
    canvas = np.zeros(shape, dtype=np.uint8)
    y, x = (
        min(max(0, MARGIN - round(padding)), length - used) for length, used in zip(shape, scaled.shape, strict=True)
    )
    canvas[y : y + scaled.shape[0], x : x + scaled.shape[1]] = scaled
    return canvas, (left - around - x / scale, top - around - y / scale), 1 / float(scale)
