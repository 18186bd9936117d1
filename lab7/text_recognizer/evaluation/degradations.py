"""Degraded pictures of pages, as people take them, to measure how much they raise the error rate.

They share no code with the augmentation of training images, so no model has been trained on them.

Letters in this file: H W image.
"""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

Degradation = Callable[[Image.Image], Image.Image]
INK, PAPER = (96, 100, 122), (238, 222, 184)  # a soft pencil on old paper
SHADOW = 0.4  # share of the light in the darkest corner
ANGLE = 2.0  # degrees
BLUR = 0.0012  # standard deviation, as a share of the longer side: 1.5 pixels of a page at 150 dpi
NOISE = 12.0  # standard deviation, of 255
JPEG_QUALITY = 15


def grey_ink_on_tinted_paper(page: Image.Image) -> Image.Image:
    """Return the page in pencil on yellowed paper."""
    return ImageOps.colorize(page.convert("L"), INK, PAPER)


def uneven_light(page: Image.Image) -> Image.Image:
    """Return the page with light from one corner."""
    width, height = page.size
    y, x = np.mgrid[0:height, 0:width]
    light = 1 - (1 - SHADOW) * (x / max(1, width - 1) + y / max(1, height - 1)) / 2
    return Image.fromarray((np.asarray(page.convert("L")) * light).astype(np.uint8))


def rotated(page: Image.Image) -> Image.Image:
    """Return the page with a skew."""
    grey = page.convert("L")
    paper = int(np.median(np.asarray(grey)))
    return grey.rotate(ANGLE, Image.Resampling.BICUBIC, expand=True, fillcolor=paper)


def blurred(page: Image.Image) -> Image.Image:
    """Return the page out of focus."""
    return page.convert("L").filter(ImageFilter.GaussianBlur(BLUR * max(page.size)))


def noisy(page: Image.Image) -> Image.Image:
    """Return the page with the noise of poor light, the same noise each time."""
    noise = np.random.default_rng(0).normal(0, NOISE, (page.height, page.width))
    return Image.fromarray((np.asarray(page.convert("L")) + noise).clip(0, 255).astype(np.uint8))


def compressed(page: Image.Image) -> Image.Image:
    """Return the page after strong JPEG compression."""
    file = io.BytesIO()
    page.convert("L").save(file, format="jpeg", quality=JPEG_QUALITY)
    return Image.open(file)


def half_size(page: Image.Image) -> Image.Image:
    """Return the page at half the resolution."""
    return ImageOps.scale(page, 0.5)


def double_size(page: Image.Image) -> Image.Image:
    """Return the page at twice the resolution."""
    return ImageOps.scale(page, 2)


def inverted(page: Image.Image) -> Image.Image:
    """Return the page inverted, like chalk on a board."""
    return ImageChops.invert(page.convert("L"))


def as_it_is(page: Image.Image) -> Image.Image:
    """Return the page unchanged."""
    return page


def on_its_side(page: Image.Image) -> Image.Image:
    """Return the page after a quarter turn."""
    return page.transpose(Image.Transpose.ROTATE_90)


def upside_down(page: Image.Image) -> Image.Image:
    """Return the page after half a turn."""
    return page.transpose(Image.Transpose.ROTATE_180)


DEGRADATIONS: dict[str, Degradation] = {
    "clean": as_it_is,
    "grey ink on tinted paper": grey_ink_on_tinted_paper,
    "uneven light": uneven_light,
    "rotated by 2 degrees": rotated,
    "blurred": blurred,
    "noisy": noisy,
    "compressed": compressed,
    "half the size": half_size,
    "double the size": double_size,
    "inverted": inverted,
    "on its side": on_its_side,
    "upside down": upside_down,
}
