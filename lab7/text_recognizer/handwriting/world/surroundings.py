"""Draws the surroundings of a sheet in a photograph: a desk, cloth, tiles, other sheets, a frame, a hand, pens.

Colours are red, green and blue. Letters in this file: H W image.
"""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from text_recognizer.images.constants import WHITE

BANK_SIZE, NUM_TEXTURES = 1408, 24
WOODS = ((150, 105, 62), (190, 150, 105), (95, 62, 40), (215, 190, 155), (60, 45, 36), (170, 80, 50))
CLOTHS = ((60, 70, 95), (150, 40, 45), (200, 190, 175), (90, 110, 90), (35, 35, 40), (230, 225, 220), (220, 120, 100))
SKINS = ((225, 180, 150), (190, 140, 110), (120, 80, 60), (240, 200, 180))

Texture = Callable[[np.random.Generator], np.ndarray]


def _noise(rng: np.random.Generator, grain: tuple[float, float]) -> np.ndarray:
    """Draw smooth noise (BANK_SIZE, BANK_SIZE) float32 of deviation 1; `grain` is its size in pixels."""
    size = [max(2, round(BANK_SIZE / pixels)) for pixels in grain]
    return cv2.resize(rng.standard_normal(size, np.float32), (BANK_SIZE, BANK_SIZE), interpolation=cv2.INTER_CUBIC)


def _coloured(shade: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Vary a colour's brightness by a shade (H, W): (H, W, 3) uint8."""
    image = np.asarray(colour, np.float32) * (1 + shade[..., None])
    return np.clip(image, 0, WHITE).astype(np.uint8)


def wood(rng: np.random.Generator) -> np.ndarray:
    """Draw wood: streaks and wavy rings along one direction."""
    y = np.arange(BANK_SIZE, dtype=np.float32)[:, None]
    bend = rng.uniform(2, 30) * _noise(rng, (200, 500))
    rings = np.sin((y + bend) * 2 * np.pi / rng.uniform(6, 70))
    shade = rng.uniform(0.02, 0.3) * rings + rng.uniform(0.02, 0.12) * _noise(rng, (2, 120))
    return _coloured(shade + 0.04 * _noise(rng, (300, 300)), WOODS[rng.integers(len(WOODS))])


def planks(rng: np.random.Generator) -> np.ndarray:
    """Draw adjacent boards with dark gaps."""
    image = wood(rng)
    high = int(rng.integers(60, 300))
    for i, top in enumerate(range(0, BANK_SIZE, high)):
        board = image[top : top + high]
        cv2.convertScaleAbs(np.roll(board, 97 * i, axis=1), board, alpha=rng.uniform(0.85, 1.1))
        image[top : top + int(rng.integers(1, 5))] //= 3
    return image


def cloth(rng: np.random.Generator) -> np.ndarray:
    """Draw cloth: crossing threads, with folds."""
    y, x = np.mgrid[:BANK_SIZE, :BANK_SIZE].astype(np.float32)
    pitch = rng.uniform(3, 14)
    weave = np.sin(2 * np.pi * x / pitch) * np.sin(2 * np.pi * y / pitch)
    shade = rng.uniform(0.02, 0.2) * weave + rng.uniform(0.02, 0.15) * _noise(rng, (150, 400))
    return _coloured(shade + 0.03 * _noise(rng, (1, 1)), CLOTHS[rng.integers(len(CLOTHS))])


def plain(rng: np.random.Generator) -> np.ndarray:
    """Draw a table top or wall of one colour, with specks."""
    grey = rng.uniform(10, 250)
    red, green, blue = np.clip(grey * rng.normal(1, 0.12, 3), 0, WHITE).astype(int).tolist()
    grain = float(rng.choice([1, 3, 8]))
    return _coloured(
        rng.uniform(0.0, 0.1) * _noise(rng, (grain, grain)) + 0.05 * _noise(rng, (400, 400)), (red, green, blue)
    )


def tiles(rng: np.random.Generator) -> np.ndarray:
    """Draw tiles with joints."""
    image = plain(rng)
    pitch = int(rng.integers(40, 400))
    joint = int(rng.integers(1, 6))
    for start in range(0, BANK_SIZE, pitch):
        image[start : start + joint] = image[:, start : start + joint] = int(rng.integers(40, 220))
    return image


def clutter(rng: np.random.Generator) -> np.ndarray:
    """Draw things on a table: boxes, discs, cables, keys."""
    image = plain(rng)
    for _ in range(int(rng.integers(5, 60))):
        colour = rng.integers(0, 256, 3).tolist()
        at = rng.integers(0, BANK_SIZE, 2)
        size = rng.integers(8, 260, 2)
        kind = rng.integers(3)
        if kind == 0:
            cv2.rectangle(image, at.tolist(), (at + size).tolist(), colour, -1)
        elif kind == 1:
            cv2.ellipse(image, at.tolist(), (size // 2).tolist(), float(rng.uniform(0, 180)), 0, 360, colour, -1)
        else:
            points = at + np.cumsum(rng.normal(0, 60, (12, 2)), axis=0).astype(int)
            cv2.polylines(image, [points.astype(np.int32)], False, colour, int(rng.integers(1, 14)), cv2.LINE_AA)
    return image


def checked(rng: np.random.Generator) -> np.ndarray:
    """Draw a checked cloth (held out)."""
    y, x = np.mgrid[:BANK_SIZE, :BANK_SIZE]
    pitch = int(rng.integers(20, 90))
    shade = 0.25 * ((x // pitch % 2) + (y // pitch % 2) - 1.0) + 0.04 * _noise(rng, (2, 2))
    return _coloured(shade.astype(np.float32), CLOTHS[rng.integers(len(CLOTHS))])


def marble(rng: np.random.Generator) -> np.ndarray:
    """Draw stone with veins (held out)."""
    y, x = np.mgrid[:BANK_SIZE, :BANK_SIZE].astype(np.float32)
    veins = np.abs(np.sin((x + y) / rng.uniform(60, 160) + 1.5 * _noise(rng, (120, 120)))) ** 0.3
    return _coloured((0.3 * (veins - 1)).astype(np.float32), (int(rng.integers(120, 240)),) * 3)


def herringbone(rng: np.random.Generator) -> np.ndarray:
    """Draw a floor of short boards laid at an angle (held out)."""
    y, x = np.mgrid[:BANK_SIZE, :BANK_SIZE].astype(np.float32)
    pitch = rng.uniform(30, 90)
    zigzag = y + np.abs((x % (4 * pitch)) - 2 * pitch)
    shade = 0.12 * np.sin(np.floor(zigzag / pitch) * 7.3) - 0.4 * (zigzag % pitch < 2) + 0.06 * _noise(rng, (2, 60))
    return _coloured(shade.astype(np.float32), WOODS[rng.integers(len(WOODS))])


TEXTURES: dict[str, tuple[Texture, ...]] = {
    "train": (wood, wood, planks, cloth, plain, plain, tiles, clutter),
    "val": (checked, marble, herringbone),
}


@cache
def texture_bank(split: str) -> list[np.ndarray]:
    """Draw the textures of a split, once per process."""
    split = "train" if split == "train" else "val"
    kinds = TEXTURES[split]
    rng = np.random.default_rng(len(split))
    return [kinds[i % len(kinds)](rng) for i in range(NUM_TEXTURES)]


def draw_background(shape: tuple[int, int], split: str, rng: np.random.Generator) -> np.ndarray:
    """Cut a background (H, W, 3) uint8 from a texture, rotated and tinted."""
    bank = texture_bank(split)
    texture = bank[rng.integers(len(bank))]
    if rng.random() < 0.5:
        texture = texture.transpose(1, 0, 2)
    if max(shape) > BANK_SIZE:
        texture = cv2.resize(np.ascontiguousarray(texture), (max(shape), max(shape)))
    y, x = (int(rng.integers(have - want + 1)) for have, want in zip(texture.shape[:2], shape, strict=True))
    return cv2.convertScaleAbs(
        np.ascontiguousarray(texture[y : y + shape[0], x : x + shape[1]]), alpha=rng.uniform(0.5, 1.2)
    )


def put_sheet_beside(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw another sheet at the edge of a picture; return its area, (H, W) bool."""
    height, width = image.shape[:2]
    size = np.array([width, height]) * rng.uniform(0.3, 0.9, 2)
    middle = np.array([width, height]) * rng.choice([-0.05, 1.05, 0.5], 2)
    box = cv2.boxPoints((middle.tolist(), size.tolist(), float(rng.uniform(-30, 30)))).astype(np.int32)
    cover = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(cover, box, 1)
    grey = int(rng.integers(170, 256))
    image[cover > 0] = (grey, grey, int(grey * rng.uniform(0.8, 1)))
    return cover > 0


def put_hand(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw fingers or a pen that reach in from an edge; return the area they cover, (H, W) uint8."""
    height, width = image.shape[:2]
    edge = int(rng.integers(4))
    along = rng.uniform(0.1, 0.9)
    at = np.array([(along * width, 0), (along * width, height), (0, along * height), (width, along * height)][edge])
    inward = np.array([(0, 1), (0, -1), (1, 0), (-1, 0)][edge])
    cover = np.zeros((height, width), np.uint8)
    thick = max(4, int(min(height, width) * rng.uniform(0.02, 0.06)))
    for i in range(int(rng.integers(1, 5))):
        start = at + (inward[::-1] * 1.6 * thick * i)
        tip = start + inward * rng.uniform(0.05, 0.16) * min(height, width) + rng.normal(0, thick, 2)
        cv2.line(cover, start.astype(int).tolist(), tip.astype(int).tolist(), WHITE, thick * 2, cv2.LINE_AA)
    colour = SKINS[rng.integers(len(SKINS))] if rng.random() < 0.75 else tuple(rng.integers(0, 256, 3).tolist())
    image[:] = np.where(cover[..., None] > 127, np.asarray(colour, np.uint8), image)
    return cover
