"""Makes of any picture of a page what a model was trained on: a paragraph in white ink on a black canvas.

Letters in this file: H W image. A box is (left, top, right, bottom) in pixels; right and bottom lie just outside.
"""

import cv2
import numpy as np
from PIL import Image

from text_recognizer.canvas import Box, Canvas, Page, Point, resized
from text_recognizer.orientation import lies_sideways, slope_of_lines, turning

WHITE = 255
WORK_SIZE = 2400  # pixels along the longer side: a page scanned at 200 dpi; larger pictures are made smaller first
# How far two lines of text are apart on the canvas. Writers of IAM wrote above ruled sheets: 300 forms of the IAM
# subset have a median of 89.5 pixels, nine in ten from 86.5 to 91.8, and the canvas shows them at half their size.
LINE_PITCH = 44
HEIGHT_PER_PITCH = 0.66  # of a single line's ink: the median in IAM; nine in ten have 0.44 to 1.22
# How like itself text is when moved down by a line: in IAM at least 0.17 with two lines, 0.3 with three. A single line
# finds a likeness too, of its letters' tops and bottoms, of 0.14 at most in 19 of 20 cases.
MIN_LIKENESS = 0.16
MIN_SLOPE = 0.01  # half a degree: many a line climbs as much on a page that lies straight
MARGIN = 32  # pixels of the canvas above and to the left of the ink, as the data of IAM's paragraphs and lines have
PADDING = 16  # pixels of the canvas that are shown around the box: a full stop behind the last word lies outside
LINE_PADDING = 0.1  # the same on the canvas of a single line, as a share of its height
MIN_SKEWNESS = 0.5  # of brightness around its mean nearby: noise has less than 0.01, forms of IAM 3.8 and more
FAINTEST = 100  # of 255: where no pixel of the canvas is brighter, there are specks and no strokes
MIN_CONTRAST = 0.12  # of the paper's brightness: what is fainter is noise; a hard pencil gives 0.2
WHITES = (1, 255, 4095, 65_535, 2**32 - 1)  # of floating point, 8, 12, 16 and 32 bit


def find_page(image: Image.Image, upside_down: bool = False) -> Page | None:
    """Return the page on a picture, with its lines level; None if there is no ink.

    A page on its side is put upright, by a quarter turn to the left; `upside_down` turns it by half a turn more.
    """
    ink = extract_ink(dark_on_light(to_grey(image)))
    zoom = image.width / ink.shape[1]  # large pictures were made smaller
    text = find_text(ink)
    matrix = np.diag([1.0, 1.0, 0.0])[:2]
    quarters = lies_sideways(text) + 2 * upside_down
    slope = slope_of_lines(np.rot90(text, quarters))
    if quarters or abs(slope) > MIN_SLOPE:
        angle = quarters * np.pi / 2 + (np.arctan(slope) if abs(slope) > MIN_SLOPE else 0)
        matrix, size = turning(angle, (ink.shape[0], ink.shape[1]))
        ink, text = (cv2.warpAffine(it, matrix, size) for it in (ink, text))
    box = box_of(text)
    return None if box is None else Page(ink, text, box, zoom * cv2.invertAffineTransform(matrix), image.size)


def put_on_canvas(page: Page, shape: tuple[int, int]) -> Canvas | None:
    """Put a page's text on a canvas of a shape (H, W); None if it is too faint for ink."""
    left, top, right, bottom = page.box
    if shape[0] < 2 * LINE_PITCH:  # the canvas of a single line, which fills it from top to bottom
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


def to_grey(image: Image.Image) -> np.ndarray:
    """Return an image in any of Pillow's modes in grey, with paper behind it, at most WORK_SIZE long: (H, W) uint8."""
    if image.mode.startswith(("I", "F")):
        grey = _to_8_bits(np.asarray(image))
    else:
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, _paper_behind(image)), image)
        grey = np.asarray(image.convert("L"))
    scale = WORK_SIZE / max(grey.shape)
    return grey if scale >= 1 else resized(grey, scale)


def _paper_behind(image: Image.Image) -> str:
    """Return the colour to put behind a transparent image: white, or black if all it has is light ink."""
    seen = np.asarray(image.getchannel("A")) > WHITE / 2
    is_light = seen.any() and np.asarray(image.convert("L"))[seen].mean() > WHITE / 2
    return "black" if is_light and seen.mean() < 0.5 else "white"


def _to_8_bits(values: np.ndarray) -> np.ndarray:
    """Scale numbers of any size to 0 to 255: white is the smallest of WHITES that is large enough."""
    values = np.nan_to_num(values.astype(np.float64)).clip(min=0)
    white = next((white for white in WHITES if values.max() <= white), values.max())
    return (values * (WHITE / white)).astype(np.uint8)


def dark_on_light(grey: np.ndarray) -> np.ndarray:
    """Return a page (H, W) with dark ink on light paper, whichever it was.

    Ink covers less of a page than paper does. So wherever there is text, few pixels lie far from the mean on the ink's
    side, many lie close to it on the paper's: the third moment has the ink's sign. It is summed over small tiles, so
    that neither a shadow nor the desk beneath the paper decides.
    """
    size = max(16, max(grey.shape) // 24)
    values = grey.astype(np.float32)
    mean = cv2.boxFilter(values, -1, (size, size))
    skewness = ((values - mean) ** 3).mean() / max(((values - mean) ** 2).mean(), 1e-6) ** 1.5
    if abs(skewness) < MIN_SKEWNESS:  # no ink: only noise lies on both sides of the mean alike
        return WHITE - grey if np.median(grey) < WHITE / 2 else grey
    return WHITE - grey if skewness > 0 else grey


def extract_ink(grey: np.ndarray) -> np.ndarray:
    """Even out the light on a page (H, W) of dark ink on light paper: (H, W) uint8, the darkest strokes are white.

    The paper's brightness at a place is that of a closing: dark things go that are narrower than its kernel, strokes
    that is, while shadows and the desk beside the paper are wider and stay. What is darker than the paper there is ink.
    """
    small = resized(grey, 1 / 4)  # averages noise, of which the closing would else take the lightest grains
    size = max(3, max(small.shape) // 16)
    padded = cv2.copyMakeBorder(small, size, size, size, size, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))[size:-size, size:-size]
    paper = cv2.erode(cv2.resize(closed, grey.shape[::-1]), np.ones((9, 9), np.uint8)).astype(np.float32)
    bright = max(1.0, float(np.percentile(paper, 90)))
    ink = (paper - grey) / np.maximum(paper, bright / 2)  # in deep shadow noise is as large as the paper is bright
    ink[paper < bright / 4] = 0  # the desk
    strokes = (smooth := _smooth(ink))[smooth > MIN_CONTRAST]
    strongest = np.percentile(strokes, 90) if strokes.size else 1.0
    return (ink * (WHITE / max(strongest, 2 * MIN_CONTRAST))).clip(0, WHITE).astype(np.uint8)


def _smooth(page: np.ndarray) -> np.ndarray:
    """Blur by less than a stroke's width: what is left of noise is far weaker than ink."""
    return cv2.GaussianBlur(page, (0, 0), max(page.shape) / 1000)


def find_text(ink: np.ndarray) -> np.ndarray:
    """Tell which pixels of a page (H, W), white ink on black, belong to text: (H, W) uint8, 0 or 1.

    Left out are ruled lines, the edges of the paper and dark corners, and specks that lie far from everything else.
    """
    longer = max(ink.shape)
    strokes = (_smooth(ink) > 0.4 * WHITE).astype(np.uint8)
    strokes[_find_rules(strokes) > 0] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes)
    left, top, width, height = stats[:, :4].T
    touches = (left == 0) | (top == 0) | (left + width == ink.shape[1]) | (top + height == ink.shape[0])
    larger = np.maximum(width, height)
    is_text = (larger >= max(3, longer // 200)) & ~(touches & (larger > longer / 4))
    is_text[0] = False  # what is no stroke
    return _without_specks(is_text[labels].astype(np.uint8))


def _find_rules(strokes: np.ndarray) -> np.ndarray:
    """Mark lines that run straight through most of a page: (H, W) uint8, 0 or 1."""
    longer, rules = max(strokes.shape), np.zeros_like(strokes)
    length = max(8, longer // 24)  # the part of a line that lies in one row of pixels, although the page is askew
    for kernel, axis in ((np.ones((1, length), np.uint8), 2), (np.ones((length, 1), np.uint8), 3)):
        parts = cv2.dilate(cv2.morphologyEx(strokes, cv2.MORPH_OPEN, kernel), np.ones((3, 3), np.uint8))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(parts)
        is_rule = stats[:, axis] > max(0.6 * strokes.shape[3 - axis], 0.4 * longer)
        is_rule[0] = False
        rules |= is_rule[labels].astype(np.uint8)
    return rules


def _without_specks(text: np.ndarray) -> np.ndarray:
    """Leave out groups of strokes that have less than 0.5 % of all ink and lie about two lines from all others."""
    reach = np.ones((max(1, max(text.shape) // 15),) * 2, np.uint8)
    _, groups = cv2.connectedComponents(cv2.dilate(text, reach))
    num_pixels = np.bincount(groups[text > 0], minlength=groups.max() + 1)
    return text * (num_pixels > num_pixels.sum() / 200)[groups].astype(np.uint8)


def box_of(text: np.ndarray) -> Box | None:
    """Return the box around the pixels that are not 0, or None if all are."""
    left, top, width, height = cv2.boundingRect(text)
    return (left, top, left + width, top + height) if width else None


def line_pitch(text: np.ndarray) -> float:
    """Return how far lines of text are apart, in pixels, from the pixels that are text: (H, W), with no margin.

    The rows' ink is compared with itself moved down: it fits best when moved by one line. Each of some strips has rows
    of its own, for over the whole width of a page that is not quite straight the rows of two lines mix.
    """
    height, width = text.shape
    likeness = np.zeros(height)
    for strip in np.array_split(text, max(1, min(12, width // 64)), axis=1):
        rows = strip.sum(axis=1, dtype=np.float64)
        rows -= rows.mean()
        likeness += np.correlate(rows, rows, mode="full")[height - 1 :]  # moved by 0, 1, 2, …
    likeness_at_rest = likeness[0]
    unlike = np.flatnonzero(likeness < 0)
    # A line is like itself when it has hardly moved, and the tops of its letters are like their bottoms.
    likeness[: max(unlike[0] if unlike.size else height, round(1.5 * _letter_height(text)))] = 0
    if likeness.max() <= MIN_LIKENESS * likeness_at_rest:  # both are 0 for a lone upright stroke
        return height / HEIGHT_PER_PITCH
    first = int(np.argmax(likeness > 0.8 * likeness.max()))  # moved by two lines, rows fit nearly as well
    return float(first + likeness[first : first + first // 4 + 1].argmax())


def _letter_height(text: np.ndarray) -> float:
    """Return the median height of strokes that hang together, each counted by its pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(text)
    order = stats[1:, cv2.CC_STAT_HEIGHT].argsort() + 1
    num_pixels = stats[order, cv2.CC_STAT_AREA].cumsum()
    return float(stats[order[np.searchsorted(num_pixels, num_pixels[-1] / 2)], cv2.CC_STAT_HEIGHT])


def place(
    ink: np.ndarray, box: Box, scale: float, padding: float, shape: tuple[int, int]
) -> tuple[np.ndarray, Point, float]:
    """Put the ink in a box, and some pixels of paper around it, on the top left of a canvas of a shape (H, W).

    It is scaled by `scale`, or by less where that would not fit: nothing is cut off.

    Returns
    -------
    tuple
        The canvas (H, W), where on the ink's image its top left corner lies (x, y), and how many pixels of the ink's
        image make one of the canvas.
    """
    left, top, right, bottom = box
    size = np.array([bottom - top, right - left])
    scale = min(scale, *((np.array(shape) - 2 * padding - 1) / size))
    around = round(padding / scale)
    cut = np.pad(ink, around)[top : bottom + 2 * around, left : right + 2 * around]
    scaled = resized(cut, scale)
    canvas = np.zeros(shape, dtype=np.uint8)
    y, x = (
        min(max(0, MARGIN - round(padding)), length - used) for length, used in zip(shape, scaled.shape, strict=True)
    )
    canvas[y : y + scaled.shape[0], x : x + scaled.shape[1]] = scaled
    return canvas, (left - around - x / scale, top - around - y / scale), 1 / float(scale)
