"""Worse pictures of the same pages, as people take them: how much of the reading do they cost?

They are written apart from what training does to its images, with other means, so that no model has seen them.

Letters in this file: H W image.
"""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

Degradation = Callable[[Image.Image], Image.Image]
INK, PAPER = (96, 100, 122), (238, 222, 184)  # a soft pencil on old paper
SHADOW = 0.4  # of the light reaches the darkest corner
ANGLE = 2.0  # degrees
BLUR = 0.0012  # standard deviation as a share of the longer side: 1.5 pixels of a page at 150 dpi
NOISE = 12.0  # standard deviation, of 255
JPEG_QUALITY = 15


def grey_ink_on_tinted_paper(page: Image.Image) -> Image.Image:
    """Write with a pencil on yellowed paper."""
    return ImageOps.colorize(page.convert("L"), INK, PAPER)


def uneven_light(page: Image.Image) -> Image.Image:
    """Let the light fall from one corner."""
    width, height = page.size
    y, x = np.mgrid[0:height, 0:width]
    light = 1 - (1 - SHADOW) * (x / max(1, width - 1) + y / max(1, height - 1)) / 2
    return Image.fromarray((np.asarray(page.convert("L")) * light).astype(np.uint8))


def rotated(page: Image.Image) -> Image.Image:
    """Lay the page askew."""
    grey = page.convert("L")
    paper = int(np.median(np.asarray(grey)))
    return grey.rotate(ANGLE, Image.Resampling.BICUBIC, expand=True, fillcolor=paper)


def blurred(page: Image.Image) -> Image.Image:
    """Focus badly."""
    return page.convert("L").filter(ImageFilter.GaussianBlur(BLUR * max(page.size)))


def noisy(page: Image.Image) -> Image.Image:
    """Photograph in poor light, with the same noise each time."""
    noise = np.random.default_rng(0).normal(0, NOISE, (page.height, page.width))
    return Image.fromarray((np.asarray(page.convert("L")) + noise).clip(0, 255).astype(np.uint8))


def compressed(page: Image.Image) -> Image.Image:
    """Save as a small JPEG."""
    file = io.BytesIO()
    page.convert("L").save(file, format="jpeg", quality=JPEG_QUALITY)
    return Image.open(file)


def half_size(page: Image.Image) -> Image.Image:
    """Scan at half the resolution."""
    return ImageOps.scale(page, 0.5)


def double_size(page: Image.Image) -> Image.Image:
    """Scan at twice the resolution."""
    return ImageOps.scale(page, 2)


def inverted(page: Image.Image) -> Image.Image:
    """Write with chalk on a board."""
    return ImageChops.invert(page.convert("L"))


def as_it_is(page: Image.Image) -> Image.Image:
    """Change nothing."""
    return page


def on_its_side(page: Image.Image) -> Image.Image:
    """Return the page turned by a quarter turn."""
    return page.transpose(Image.Transpose.ROTATE_90)


def upside_down(page: Image.Image) -> Image.Image:
    """Return the page turned by half a turn."""
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
