"""Converts pictures in any of Pillow's modes, and NumPy's arrays, to the few modes that all code can draw and read.

Letters in this file: H W image.
"""

import numpy as np
from PIL import Image, ImageCms

from text_recognizer.images.constants import WHITE
from text_recognizer.page.colour import BAND, bands
from text_recognizer.page.ink import WHITES
from text_recognizer.util import UserError

EXPECTED_ARRAY = "expected (H, W), (H, W, 3) or (H, W, 4) numbers: 0 to 255, 0 to 65,535, or 0 to 1 if they are floats"
PREMULTIPLIED = {"La": "LA", "RGBa": "RGBA"}


def in_common_mode(image: Image.Image, name: str) -> Image.Image:
    """Return a picture in a common mode: modes with more than 8 bits become 8-bit grey, LAB becomes RGB.

    Raises
    ------
    UserError
        If it has pixels that are not finite, or larger than any white.
    """
    if image.mode.startswith(("I", "F")):
        return _in_8_bits(image, name)
    if image.mode == "LAB":
        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.applyTransform(image, ImageCms.buildTransform(lab, rgb, "LAB", "RGB"))  # type: ignore[return-value]
    return image.convert(PREMULTIPLIED[image.mode]) if image.mode in PREMULTIPLIED else image


def _in_8_bits(image: Image.Image, name: str) -> Image.Image:
    """Scale numbers to 0..255: white is the smallest of WHITES that covers the values."""
    brightest, darkest = 0.0, 0.0
    for band in bands(image):
        values = np.asarray(band)
        if not np.isfinite(values).all():
            raise UserError(f"{name}: it has pixels that are not finite (inf or nan). Expected finite ones")
        brightest, darkest = max(brightest, float(values.max())), min(darkest, float(values.min()))
    if brightest > WHITES[-1]:
        raise UserError(f"{name}: it has a pixel of {brightest:g}. Expected {WHITES[-1]:,} at most")
    white = next(white for white in WHITES if brightest <= white)
    grey = np.empty(image.size[::-1], np.uint8)
    for number, band in enumerate(bands(image)):
        values = np.asarray(band).astype(np.float64).clip(min=0)
        grey[number * BAND : (number + 1) * BAND] = (values * (WHITE / white)).astype(np.uint8)
    return Image.fromarray(grey)


def without_transparency(image: Image.Image) -> Image.Image:
    """Return a picture in grey with paper behind its transparent pixels; without transparency, return it unchanged.

    The paper is white, or black if all visible pixels are light ink. It does what `to_grey` does, band by band.
    """
    if not image.has_transparency_data:
        return image
    num_seen, brightness = 0, 0
    for band in bands(image):
        whole = band.convert("RGBA")
        seen = np.asarray(whole.getchannel("A")) > WHITE / 2
        num_seen += int(seen.sum())
        brightness += int(np.asarray(whole.convert("L"))[seen].sum(dtype=np.int64))
    is_light = num_seen > 0 and brightness / num_seen > WHITE / 2
    paper = "black" if is_light and num_seen / (image.width * image.height) < 0.5 else "white"
    grey = Image.new("L", image.size)
    for number, band in enumerate(bands(image)):
        whole = band.convert("RGBA")
        grey.paste(Image.alpha_composite(Image.new("RGBA", whole.size, paper), whole).convert("L"), (0, number * BAND))
    return grey


def image_of_array(array: np.ndarray) -> Image.Image:
    """Return the picture of an array in grey, RGB or RGBA.

    Raises
    ------
    UserError
        If the array is not a picture.
    """
    values = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    is_picture = values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (3, 4))
    if not is_picture or values.dtype.kind not in "buif" or 0 in values.shape:
        raise UserError(f"an array of shape {array.shape} of {array.dtype}: {EXPECTED_ARRAY}")
    if values.dtype == np.uint8:
        return Image.fromarray(np.ascontiguousarray(values))
    numbers = values.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise UserError("the array has numbers that are not finite (inf or nan). Expected finite ones")
    if numbers.ndim == 2:
        return Image.fromarray(np.ascontiguousarray(numbers))  # scaled later, like all pictures of floats
    white = next((white for white in WHITES if numbers.max() <= white), None)
    if white is None or numbers.min() < 0:
        raise UserError(f"an array with numbers from {numbers.min():g} to {numbers.max():g}: {EXPECTED_ARRAY}")
    return Image.fromarray(np.ascontiguousarray((numbers * (WHITE / white)).astype(np.uint8)))
