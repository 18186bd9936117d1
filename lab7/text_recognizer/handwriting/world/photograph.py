"""Photographs or scans a sheet: a picture, with a line finder's targets for each pixel.

Letters in this file: H W picture, h w maps at half its size.
"""

from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.handwriting.world.lens import expose
from text_recognizer.handwriting.world.sheet import UNKNOWN, Sheet, SheetLine
from text_recognizer.handwriting.world.surroundings import draw_background, put_hand, put_sheet_beside
from text_recognizer.handwriting.world.view import View, draw_curl, fit_view
from text_recognizer.images.constants import WHITE

PAPER = 16  # a bit of `Picture.labels`, beside those of a sheet
HALF = 2  # pixels of the picture per pixel of the maps


class Picture(NamedTuple):
    """A picture with its targets."""

    image: np.ndarray  # (H, W, 3) uint8, red, green, blue
    labels: np.ndarray  # (h, w) uint8: CORE, PRINTED, RULE, UNKNOWN and PAPER as bits
    heights: np.ndarray  # (h, w) float32: height of the line in pixels of this map, where CORE
    up: int  # number of quarter turns counter-clockwise that put it upright
    lines: list[SheetLine]  # in pixels of the picture


def photograph(
    sheet: Sheet,
    image: np.ndarray,
    shape: tuple[int, int],
    how: tuple[str, float, float, str],
    split: str,
    rng: np.random.Generator,
) -> Picture:
    """Lay a sheet in its surroundings and take a picture."""
    place, share, angle, look = how
    curl = draw_curl(sheet.size, rng) if place != "scan" and rng.random() < 0.45 else None
    tilt = 0.0 if place == "scan" else 0.07
    view = fit_view(sheet.size, shape, share * (1.15 if place == "scan" else 1.0), angle, tilt, rng, curl)
    x, y = cv2.split(view.sources(shape))
    seen = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    whole = cv2.remap(np.full(sheet.size, WHITE, np.uint8), x, y, cv2.INTER_LINEAR)
    if place == "scan":  # a scanner's lid, white or black
        scene = np.full_like(seen, int(rng.choice([0, 10, 235, 255])))
        others = np.zeros(shape, bool)
    else:
        scene = draw_background(shape, split, rng)
        others = np.zeros(shape, bool)
        if rng.random() < 0.2:
            others = put_sheet_beside(scene, rng)
    if place == "desk" and rng.random() < 0.5:
        _cast_shadow(scene, whole, rng)
    share3 = cv2.merge([whole] * 3)
    scene = cv2.add(
        cv2.multiply(seen, share3, scale=1 / WHITE), cv2.multiply(scene, cv2.bitwise_not(share3), scale=1 / WHITE)
    )
    small = shape[0] // HALF, shape[1] // HALF
    halves = view.sources(small, HALF)
    x, y = cv2.split(halves)
    labels = cv2.remap(sheet.labels | PAPER, x, y, cv2.INTER_NEAREST)
    heights = cv2.remap(sheet.heights, x, y, cv2.INTER_NEAREST)
    heights = heights / _local_scale(halves)
    beside = others[:: shape[0] // small[0], :: shape[1] // small[1]][: small[0], : small[1]]
    labels[(labels == 0) & beside] = UNKNOWN
    if place == "desk" and rng.random() < 0.12:
        cover = put_hand(scene, rng)[::HALF, ::HALF][: small[0], : small[1]]
        labels[cover > 127] = 0
    lines = [
        line._replace(polyline=view.move(line.polyline).astype(np.float32), height=line.height * _scale_at(view, line))
        for line in sheet.lines
    ]
    return Picture(expose(scene, look, rng), labels, heights, 0, lines)


def _cast_shadow(scene: np.ndarray, whole: np.ndarray, rng: np.random.Generator) -> None:
    """Draw a sheet's shadow on the desk."""
    shift = rng.integers(-14, 15, 2)
    shade = cv2.GaussianBlur(np.roll(whole, shift.tolist(), (0, 1)), (0, 0), rng.uniform(1, 8))
    kept = cv2.convertScaleAbs(cv2.bitwise_not(shade), alpha=0.6, beta=0.4 * WHITE)
    cv2.multiply(scene, cv2.merge([kept] * 3), scene, scale=1 / WHITE)


def _local_scale(sources: np.ndarray) -> np.ndarray:
    """Return the width of each pixel of a map in pixels of the sheet: (h, w)."""
    coarse = sources[::8, ::8]
    down, right = np.gradient(coarse, axis=(0, 1))
    area = np.abs(right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]) / 64
    return cv2.resize(np.sqrt(np.maximum(area, 1e-4)).astype(np.float32), sources.shape[1::-1])


def _scale_at(view: View, line: SheetLine) -> float:
    middle = line.polyline[len(line.polyline) // 2]
    half = np.array([0, line.height / 2])
    ends = view.move(np.stack([middle - half, middle + half]))
    return float(np.linalg.norm(ends[1] - ends[0]) / max(line.height, 1e-6))


def scan(
    image: np.ndarray,
    labels: np.ndarray,
    heights: np.ndarray,
    scale: float,
    lines: list[SheetLine],
    look: str,
    rng: np.random.Generator,
) -> Picture:
    """Scan a sheet that fills the picture, at another scale; `labels` (H, W) are those of its pixels."""
    shape = max(HALF, round(scale * image.shape[0])), max(HALF, round(scale * image.shape[1]))
    if shape != image.shape[:2]:
        image = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    small = (shape[1] // HALF, shape[0] // HALF)
    labels = cv2.resize(labels, small, interpolation=cv2.INTER_NEAREST)
    heights = cv2.resize(heights, small, interpolation=cv2.INTER_NEAREST) * (scale / HALF)
    moved = [line._replace(polyline=line.polyline * scale, height=line.height * scale) for line in lines]
    return Picture(expose(np.ascontiguousarray(image), look, rng), labels, heights, 0, moved)
