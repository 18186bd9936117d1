"""Extracts the ink from a picture in any mode: white strokes on black, for any paper and light.

Letters in this file: H W image.
"""

import cv2
import numpy as np
from PIL import Image

from text_recognizer.images.constants import WHITE
from text_recognizer.page.geometry import resized

WORK_SIZE = 2400  # pixels along the longer side: a page scanned at 200 dpi; larger pictures are reduced first
MIN_SKEWNESS = 0.5  # of the brightness around its local mean: noise has less than 0.01, forms of IAM 3.8 and more
MIN_CONTRAST = 0.12  # of the paper's brightness: fainter pixels are noise; a hard pencil gives 0.2
WHITES = (1, 255, 4095, 65_535, 2**32 - 1)  # of floating point, 8, 12, 16 and 32 bit


def to_grey(image: Image.Image, max_size: int | None = WORK_SIZE) -> np.ndarray:
    """Turn an image in any of Pillow's modes to grey on paper, reduced to at most `max_size` pixels: (H, W) uint8."""
    if image.mode.startswith(("I", "F")):
        grey = _to_8_bits(np.asarray(image))
    else:
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, _paper_behind(image)), image)
        grey = np.asarray(image.convert("L"))
    scale = 1 if max_size is None else max_size / max(grey.shape)
    return grey if scale >= 1 else resized(grey, scale)


def _paper_behind(image: Image.Image) -> str:
    """Return the colour to put behind a transparent image: white, or black if all of its ink is light."""
    seen = np.asarray(image.getchannel("A")) > WHITE / 2
    is_light = seen.any() and np.asarray(image.convert("L"))[seen].mean() > WHITE / 2
    return "black" if is_light and seen.mean() < 0.5 else "white"


def _to_8_bits(values: np.ndarray) -> np.ndarray:
    """Scale numbers of any range to 0..255: white is the smallest of WHITES that covers the values."""
    values = np.nan_to_num(values.astype(np.float64)).clip(min=0)
    white = next((white for white in WHITES if values.max() <= white), values.max())
    return (values * (WHITE / white)).astype(np.uint8)


def dark_on_light(grey: np.ndarray) -> np.ndarray:
    """Return a page (H, W) with dark ink on light paper; invert it if its ink was light.

    Ink covers less of a page than paper does. So wherever there is text, few pixels lie far from the mean on the ink's
    side, and many lie close to it on the paper's: the third moment has the ink's sign. It is summed over small tiles,
    so that neither a shadow nor the desk beneath the paper decides.
    """
    size = max(16, max(grey.shape) // 24)
    values = grey.astype(np.float32)
    mean = cv2.boxFilter(values, -1, (size, size))
    skewness = ((values - mean) ** 3).mean() / max(((values - mean) ** 2).mean(), 1e-6) ** 1.5
    if abs(skewness) < MIN_SKEWNESS:  # no ink: noise is symmetric around the mean
        return WHITE - grey if np.median(grey) < WHITE / 2 else grey
    return WHITE - grey if skewness > 0 else grey


def extract_ink(grey: np.ndarray) -> np.ndarray:
    """Even out the light on a page (H, W) of dark ink on light paper: (H, W) uint8; the darkest strokes are white.

    A morphological closing estimates the paper's brightness. It removes dark things narrower than its kernel, such as
    strokes; shadows and the desk beside the paper are wider and stay. Pixels darker than that estimate are ink.
    """
    small = resized(grey, 1 / 4)  # averages the noise: a closing takes the lightest pixel nearby
    size = max(3, max(small.shape) // 16)
    padded = cv2.copyMakeBorder(small, size, size, size, size, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))[size:-size, size:-size]
    paper = cv2.erode(cv2.resize(closed, grey.shape[::-1]), np.ones((9, 9), np.uint8)).astype(np.float32)
    bright = max(1.0, float(np.percentile(paper, 90)))
    ink = (paper - grey) / np.maximum(paper, bright / 2)  # in deep shadow, noise is as strong as the paper is bright
    ink[paper < bright / 4] = 0  # the desk
    smoothed = smooth(ink)
    strokes = smoothed[smoothed > MIN_CONTRAST]
    strongest = np.percentile(strokes, 90) if strokes.size else 1.0
    return (ink * (WHITE / max(strongest, 2 * MIN_CONTRAST))).clip(0, WHITE).astype(np.uint8)


def smooth(page: np.ndarray) -> np.ndarray:
    """Blur by less than a stroke's width, which leaves noise far weaker than ink."""
    return cv2.GaussianBlur(page, (0, 0), max(page.shape) / 1000)
