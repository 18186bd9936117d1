"""Draws recorded strokes as a line of a data set, each time with another hand, pen and paper.

Letters in this file: H W image.
"""

from dataclasses import replace

import cv2
import numpy as np

from text_recognizer.handwriting.example import LINE_HEIGHT, photograph_line
from text_recognizer.handwriting.line import DrawnLine
from text_recognizer.handwriting.nibs import LINE_HEIGHT as INK_HEIGHT
from text_recognizer.handwriting.nibs import OLD_KINDS, Nib, draw_nib, draw_trace
from text_recognizer.handwriting.traces import Motion, Trace, draw_motion, draw_old_motion

OLD_SHARE = 0.3  # how often a line is drawn as people wrote before there were ball pens
MAX_WIDTH = 20 * INK_HEIGHT  # pixels of a line's ink that a stretch may lead to
PLAIN_NIB = Nib("ball", width=0.052, contrast=0.0, angle=0.0, uneven=0.0)
PLAIN_MARGIN = 6  # pixels of paper around the ink of a line that is LINE_HEIGHT high


def draw_recorded_line(trace: Trace, rng: np.random.Generator, look: str | None = None) -> np.ndarray:
    """Return a picture (LINE_HEIGHT, W) uint8 of a line in a new hand, white ink on black; `look` is the camera's."""
    is_old = rng.random() < OLD_SHARE
    motion = draw_old_motion(rng) if is_old else draw_motion(rng)
    moved = limit_stretch(motion, trace).apply(trace, rng)
    ink = draw_trace(moved, draw_nib(rng, OLD_KINDS if is_old else None), rng)
    return photograph_line(DrawnLine(ink, baseline_of(ink), []), rng, look)


def draw_plain_line(trace: Trace) -> np.ndarray:
    """Return a picture (LINE_HEIGHT, W) uint8 of a line as it was written, with a ball pen on white paper."""
    rng = np.random.default_rng(0)
    ink = draw_trace(Motion().apply(trace, rng), PLAIN_NIB, rng)
    scale = (LINE_HEIGHT - 2 * PLAIN_MARGIN) / ink.shape[0]
    size = max(1, round(scale * ink.shape[1])), LINE_HEIGHT - 2 * PLAIN_MARGIN
    ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.pad(ink, PLAIN_MARGIN)


def limit_stretch(motion: Motion, trace: Trace) -> Motion:
    """Limit the stretch of a motion so that the line does not get too wide; a wide line is not narrowed."""
    width = INK_HEIGHT * float(np.ptp(trace.points[:, 0])) / trace.height
    most = MAX_WIDTH / max(width, 1.0)
    return replace(motion, stretch=min(motion.stretch, max(most, min(motion.stretch, 1.0))))


def baseline_of(ink: np.ndarray) -> float:
    """Estimate the row of a line's baseline (H, W): three quarters of the ink lie above it."""
    rows = np.cumsum(ink.sum(axis=1, dtype=np.int64))
    return float(np.searchsorted(rows, 0.75 * rows[-1]))
