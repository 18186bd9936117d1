"""Draws recorded strokes with ball pens, felt pens, flexible and broad nibs.

Letters in this file: H W image, P points.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from text_recognizer.handwriting.traces import Trace
from text_recognizer.images.constants import WHITE

ZOOM = 3  # a line is first drawn this many times larger, because pens are a whole number of pixels wide
LINE_HEIGHT = 44  # pixels of a line's ink as it is needed, from the top of an l to the bottom of a g
KINDS = {"ball": 0.45, "hasty": 0.25, "felt": 0.1, "pointed": 0.12, "broad": 0.08}  # and how often each is chosen
OLD_KINDS = {"pointed": 0.6, "hasty": 0.2, "broad": 0.1, "ball": 0.1}
THINNEST, THICKEST = 0.3, 2.2  # of the pen's width, whatever it does
SUBPIXEL_BITS = 4  # of the coordinates that OpenCV draws with
MAX_WIDTH = 12_000  # pixels that are drawn at most: a damaged trace would take all memory otherwise


@dataclass(frozen=True)
class Nib:
    """A pen.

    Parameters
    ----------
    kind
        "ball" is as wide everywhere; "hasty" gets narrower where the hand is fast; "felt" is wide and round; "pointed"
        presses on the way down and hardly touches the paper on the way up; "broad" is an edge held at an angle.
    width
        Width of a stroke in line heights.
    contrast
        How much narrower the narrowest strokes are, as a share: 0 for a pen that is as wide everywhere.
    angle
        Of a broad nib's edge, in degrees above the horizontal.
    uneven
        How much the width changes at random along a stroke, as a share.
    """

    kind: str
    width: float
    contrast: float
    angle: float
    uneven: float

    def widths(self, points: np.ndarray, height: float, rng: np.random.Generator) -> np.ndarray:
        """Return the width of the way from each point (P, 2) to the next, in line heights: (P - 1,)."""
        steps = np.diff(points, axis=0)
        if not len(steps):
            return np.zeros(0)
        length = np.hypot(steps[:, 0], steps[:, 1])
        if self.kind == "hasty":
            share = np.clip(length / max(float(np.median(length)), 1e-6), 0.2, 3) ** -0.5
        elif self.kind == "pointed":
            share = np.clip(0.5 + 0.5 * steps[:, 1] / np.maximum(length, 1e-6), 0, 1)
        elif self.kind == "broad":
            share = np.abs(np.sin(np.arctan2(-steps[:, 1], steps[:, 0]) - np.radians(self.angle)))
        else:
            share = np.ones(len(steps))
        width = 1 - self.contrast + self.contrast * _smooth(share)
        noise = _smooth(rng.standard_normal(len(steps)), 9)
        return self.width * np.clip(width * (1 + 2 * self.uneven * noise), THINNEST, THICKEST)


def draw_nib(rng: np.random.Generator, kinds: dict[str, float] | None = None) -> Nib:
    """Draw a pen; `kinds` says how often each kind is chosen, as KINDS does."""
    kinds = KINDS if kinds is None else kinds
    kind = str(rng.choice(list(kinds), p=list(kinds.values())))
    width = 0.052 * rng.lognormal(0, 0.28) * (1.9 if kind == "felt" else 1.15 if kind in ("pointed", "broad") else 1)
    contrast = {"ball": 0.0, "felt": 0.0, "hasty": rng.uniform(0.3, 0.8)}.get(kind, rng.uniform(0.4, 0.75))
    return Nib(kind, float(np.clip(width, 0.025, 0.15)), contrast, rng.uniform(15, 60), rng.uniform(0, 0.12))


def draw_trace(trace: Trace, nib: Nib, rng: np.random.Generator) -> np.ndarray:
    """Draw a line of writing: (H, W) uint8, white ink on black, as large as the ink.

    A line of ordinary height is LINE_HEIGHT pixels high; one with longer letters is higher.
    """
    scale = ZOOM * LINE_HEIGHT / trace.height
    margin = np.ceil(THICKEST * nib.width * ZOOM * LINE_HEIGHT / 2) + ZOOM
    low = trace.points.min(axis=0)
    width, height = np.ceil(scale * np.ptp(trace.points, axis=0) + 2 * margin).astype(int)
    if max(width, height) > MAX_WIDTH:
        raise ValueError(f"a trace {width} x {height} pixels large: expected {MAX_WIDTH} at most")
    large = np.zeros((height, width), np.uint8)
    for stroke in trace.strokes:
        points = scale * (stroke - low) + margin
        widths = ZOOM * LINE_HEIGHT * nib.widths(stroke, trace.height, rng)
        for run, thickness in _runs(points, widths, ZOOM * LINE_HEIGHT * nib.width):
            cv2.polylines(large, [run], False, WHITE, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    size = max(1, round(width / ZOOM)), max(1, round(height / ZOOM))
    return _cut_to_ink(cv2.resize(large, size, interpolation=cv2.INTER_AREA))


def _runs(points: np.ndarray, widths: np.ndarray, dot_width: float) -> Iterator[tuple[np.ndarray, int]]:
    """Yield the parts of a stroke with constant thickness, as points for OpenCV; a single point is a dot."""
    fixed = np.round(points * 2**SUBPIXEL_BITS).astype(np.int32)
    if len(points) == 1:
        yield np.repeat(fixed, 2, axis=0), max(1, round(1.2 * dot_width))
        return
    thickness = np.maximum(1, np.round(widths)).astype(int)
    edges = [0, *(np.flatnonzero(np.diff(thickness)) + 1).tolist(), len(thickness)]
    for first, last in itertools.pairwise(edges):
        yield fixed[first : last + 1], int(thickness[first])


def _smooth(values: np.ndarray, reach: int = 3) -> np.ndarray:
    """Return a moving average that keeps the number of values: (P,)."""
    if len(values) < 2:
        return values
    padded = np.pad(values, reach // 2, mode="edge")
    return np.convolve(padded, np.full(reach, 1 / reach), mode="valid")[: len(values)]


def _cut_to_ink(image: np.ndarray) -> np.ndarray:
    x, y, width, height = cv2.boundingRect(cv2.threshold(image, WHITE // 6, WHITE, cv2.THRESH_BINARY)[1])
    return image[y : y + height, x : x + width] if width else np.zeros((1, 1), np.uint8)
