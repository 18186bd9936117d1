"""Simulates light, lens, sensor and file format: from a perfect scan to a poor photograph.

Letters in this file: H W image.
"""

import cv2
import numpy as np

from text_recognizer.images.augment import BANK_DEVIATION, draw_texture
from text_recognizer.images.constants import WHITE

LOOKS = {
    "binary": 0.15,
    "clean": 0.19,
    "scan": 0.24,
    "photo": 0.38,
    "negative": 0.04,
}  # with their probabilities for a sheet without surroundings


def expose(image: np.ndarray, look: str, rng: np.random.Generator) -> np.ndarray:
    """Return the picture of a scene (H, W, 3) uint8 in the file: the same shape and type.

    Parameters
    ----------
    look
        One of LOOKS; "negative" is a photograph whose light and dark are exchanged.
    """
    if look == "binary":
        return _binarise(image, rng)
    if look in ("photo", "negative"):
        image = _light(image, rng)
    if rng.random() < 0.35:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        image = cv2.merge([grey] * 3)
    if look != "clean":
        image = _blur(image, rng)
        image = _noise(image, rng.uniform(0, 0.05 if look == "photo" else 0.025), rng)
    if rng.random() < 0.4:
        image = _as_jpeg(image, int(rng.integers(20, 95)))
    return cv2.bitwise_not(image) if look == "negative" else image


def _binarise(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a picture in black and white, like the binarised forms of IAM."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    paper = float(np.median(grey))
    faint = max(8.0, 0.35 * (paper - float(grey.min())))
    sharp = WHITE / rng.uniform(0.2, 1.0) / faint
    grey = cv2.convertScaleAbs(np.maximum(grey, max(0.0, paper - 2 * faint)), alpha=1.0)
    level = paper - faint
    values = np.clip((np.arange(256) - level) * sharp + WHITE / 2, 0, WHITE).astype(np.uint8)
    return cv2.merge([cv2.LUT(grey, values)] * 3)


def _light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add uneven light to a scene: lamps, a shadow, a glare, a tint."""
    height, width = image.shape[:2]
    small = (max(2, height // 8), max(2, width // 8))
    low = rng.uniform(0.45, 1.0)
    knots = rng.uniform(low, 1.1, (3, 3)).astype(np.float32)
    shade = cv2.resize(knots, small[::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.35:
        shade *= _shadow(small, rng)
    if rng.random() < 0.12:
        shade += _glare(small, rng)
    tint = np.clip(rng.normal(1, 0.06, 3), 0.8, 1.2) if rng.random() < 0.6 else np.ones(3)
    gains = cv2.resize(shade[..., None] * tint.astype(np.float32), (width, height))
    return np.clip(image * gains, 0, WHITE).astype(np.uint8)


def _shadow(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw the shadow of a hand, a head or a phone: (H, W) float32 up to 1."""
    cover = np.ones(size, np.float32)
    middle = rng.uniform(-0.1, 1.1, 2) * size[::-1]
    axes = rng.uniform(0.15, 0.7, 2) * size[::-1]
    box = (middle.tolist(), (2 * axes).tolist(), float(rng.uniform(0, 180)))
    dark = float(rng.uniform(0.35, 0.85))
    if rng.random() < 0.5:
        cv2.ellipse(cover, box, dark, -1)
    else:
        cv2.fillConvexPoly(cover, cv2.boxPoints(box).astype(np.int32), dark)
    return cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.5, max(0.5, 0.06 * max(size))))


def _glare(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw the reflection of a lamp: (H, W) float32."""
    glare = np.zeros(size, np.float32)
    middle = (rng.uniform(0, 1, 2) * size[::-1]).astype(int).tolist()
    cv2.circle(glare, middle, max(2, int(rng.uniform(0.03, 0.12) * max(size))), float(rng.uniform(0.2, 0.9)), -1)
    return cv2.GaussianBlur(glare, (0, 0), rng.uniform(0.02, 0.06) * max(size))


def _blur(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur a scene: by defocus, by motion, or by fewer pixels than the file has."""
    kind = rng.random()
    if kind < 0.55:
        sigma = rng.uniform(0, 1.1) if rng.random() < 0.85 else rng.uniform(1, 2)
        return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.25 else image
    if kind < 0.65:
        length = int(rng.integers(2, 6))
        return cv2.blur(image, (length, 1) if rng.random() < 0.5 else (1, length))
    if kind < 0.75:
        part = rng.uniform(0.45, 0.9)
        few = cv2.resize(image, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
        return cv2.resize(
            few, image.shape[1::-1], interpolation=cv2.INTER_CUBIC if rng.random() < 0.7 else cv2.INTER_NEAREST
        )
    return image


def _noise(image: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Add a sensor's noise, separately for each colour or the same for all."""
    weight = WHITE * deviation / BANK_DEVIATION
    num = 3 if rng.random() < 0.3 else 1
    planes = [draw_texture(image.shape[:2], 2, rng) for _ in range(num)]
    return cv2.addWeighted(image, 1, cv2.merge(planes * (3 // num)), weight, -128 * weight)


def _as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
