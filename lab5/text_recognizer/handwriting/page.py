"""Draws a page: lines in one writer's hand, and where each line and word is.

Letters in this file: H W image, N points.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.handwriting.camera import Camera, draw_camera
from text_recognizer.handwriting.hands import X_HEIGHT, Hands
from text_recognizer.handwriting.line import DrawnLine, draw_line
from text_recognizer.handwriting.texts import Texts
from text_recognizer.handwriting.writer import Writer, draw_writer
from text_recognizer.images.constants import Box
from text_recognizer.images.regions import lay_ink

MAX_LINES = 14
EDGE = 4  # pixels of paper that an aimed picture has at least around the ink


class PageLine(NamedTuple):
    """A line of a page: its text, and the boxes (left, top, right, bottom) of its ink and of its words' ink."""

    text: str
    box: Box
    words: list[Box]


class Page(NamedTuple):
    """A page of handwriting."""

    image: np.ndarray  # (H, W) uint8, white ink on black
    lines: list[PageLine]

    @property
    def text(self) -> str:
        """The text of the page, line by line."""
        return "\n".join(line.text for line in self.lines)


class Aim(NamedTuple):
    """The place of a sheet in a picture; a sheet that would not fit is moved and, at worst, shrunk."""

    scale: float  # pixels of the picture to one of the sheet
    corner: tuple[float, float]  # (x, y) of the corner of the ink's box


@dataclass(frozen=True)
class Layout:
    """How a writer fills a page. Lengths in x-heights.

    Parameters
    ----------
    pitch
        From one baseline to the next.
    pitch_jitter
        Standard deviation of that.
    margin
        Space left of the lines.
    margin_drift
        How far each line starts to the right of the one above it.
    margin_jitter
        Standard deviation of where lines start.
    characters
        About how many characters fill a line.
    """

    pitch: float
    pitch_jitter: float
    margin: float
    margin_drift: float
    margin_jitter: float
    characters: float


def draw_layout(writer: Writer, rng: np.random.Generator) -> Layout:
    """Draw how a writer fills a page: on one page in four, lines touch."""
    reach = writer.ascent + writer.descent
    return Layout(
        pitch=reach * (rng.uniform(0.7, 0.95) if rng.random() < 0.25 else rng.uniform(0.95, 1.5)),
        pitch_jitter=abs(rng.normal(0, 0.12)),
        margin=rng.uniform(0.3, 3),
        margin_drift=rng.normal(0, 0.25),
        margin_jitter=abs(rng.normal(0, 0.5)),
        characters=float(np.clip(rng.normal(43, 8), 24, 64)),
    )


def draw_page(
    hands: Hands, texts: Texts, shape: tuple[int, int], rng: np.random.Generator, num_lines: int | None = None
) -> Page:
    """Draw and photograph a paragraph by a new writer on a canvas (H, W).

    Parameters
    ----------
    num_lines
        Number of lines; drawn from 1 to 14 if None.
    """
    writer = draw_writer(hands, rng)
    layout = draw_layout(writer, rng)
    num = int(rng.integers(1, MAX_LINES + 1)) if num_lines is None else num_lines
    texts_of_lines = texts.paragraph(num, rng, layout.characters)
    drawn = [draw_line(writer.varied(rng), text, rng, with_words=True) for text in texts_of_lines]
    ink, corners = lay_out(drawn, layout, rng)
    return take_picture(ink, corners, texts_of_lines, draw_camera(rng), shape, rng)


def lay_out(
    drawn: list[DrawnLine], layout: Layout, rng: np.random.Generator
) -> tuple[np.ndarray, list[tuple[tuple[int, int], DrawnLine]]]:
    """Put lines onto a sheet of their own size; return it, and the top left corner (x, y) of each line's ink."""
    places, y = [], 0.0
    for i, line in enumerate(drawn):
        x = layout.margin + layout.margin_drift * i + rng.normal(0, layout.margin_jitter)
        places.append((round(X_HEIGHT * x), round(y - line.baseline)))
        y += X_HEIGHT * layout.pitch * max(0.6, rng.normal(1, layout.pitch_jitter))
    left, top = (min(place[axis] for place in places) for axis in (0, 1))
    corners = [((x - left, y - top), line) for (x, y), line in zip(places, drawn, strict=True)]
    height = max(y + line.image.shape[0] for (_, y), line in corners)
    width = max(x + line.image.shape[1] for (x, _), line in corners)
    sheet = np.zeros((height, width), np.uint8)
    for (x, y), line in corners:
        lay_ink(sheet, line.image, x, y)
    return sheet, corners


def take_picture(
    sheet: np.ndarray,
    corners: list[tuple[tuple[int, int], DrawnLine]],
    texts: list[str],
    camera: Camera,
    shape: tuple[int, int],
    rng: np.random.Generator,
    aim: Aim | None = None,
) -> Page:
    """Photograph a sheet so that all ink is on the canvas (H, W); boxes go with it.

    Parameters
    ----------
    aim
        The place and size of the sheet on the canvas; if None, the place is random, and the size the largest that fits.
    """
    matrix, scale = _view(sheet.shape, shape, aim, rng)
    small = cv2.GaussianBlur(sheet, (0, 0), 0.4 / scale) if scale < 0.8 else sheet  # else thin strokes would break
    ink = cv2.warpPerspective(small, matrix, shape[::-1], flags=cv2.INTER_LINEAR)
    (x, y), first = corners[0]
    baseline = _move([(x, y + first.baseline)], matrix)[0, 1]
    image = camera.photograph(ink, float(baseline), scale * X_HEIGHT, rng)
    lines = []
    for ((x, y), line), text in zip(corners, texts, strict=True):
        height, width = line.image.shape
        words = [(x + left, y + top, x + right, y + bottom) for left, top, right, bottom in line.words]
        box = _move_box((x, y, x + width, y + height), matrix, shape)
        lines.append(PageLine(text, box, [_move_box(word, matrix, shape) for word in words]))
    return Page(image, lines)


def _view(
    size: tuple[int, ...], shape: tuple[int, int], aim: Aim | None, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return the homography (3, 3) from a sheet to the canvas and its scale: turned, in perspective, all on it."""
    tilted, low, high = _tilt(size, rng)
    room = np.array(shape[::-1]) * rng.uniform(0.9, 0.985) if aim is None else np.array(shape[::-1]) - 2 * EDGE
    scale = float(min(np.min(room / (high - low)), 28 / X_HEIGHT if aim is None else aim.scale))
    spare = np.maximum(np.array(shape[::-1]) - scale * (high - low), 0)
    if aim is None:
        corner = spare * np.array([rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)])
    else:
        corner = np.clip(aim.corner, EDGE, spare - EDGE)
    shift = corner - scale * low
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]], [0, 0, 1]]) @ tilted, scale


def _tilt(size: tuple[int, ...], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a homography (3, 3) that turns a sheet a little and tilts it, and the corners of the box that it gets."""
    height, width = size
    angle = math.radians(rng.normal(0, 0.8))
    right, down = rng.normal(0, 0.02, 2) / max(size)
    turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    tilted = turn @ np.array([[1, 0, 0], [0, 1, 0], [right, down, 1]]) @ middle
    seen = _move([(0, 0), (width, 0), (0, height), (width, height)], tilted)
    return tilted, seen.min(axis=0), seen.max(axis=0)


def _move(points: list[tuple[float, float]], matrix: np.ndarray) -> np.ndarray:
    """Return where points (x, y) go: (N, 2)."""
    return cv2.perspectiveTransform(np.array([points], dtype=np.float64), matrix)[0]


def _move_box(box: Box, matrix: np.ndarray, shape: tuple[int, int]) -> Box:
    """Return the upright box around a box that moved, on the canvas."""
    left, top, right, bottom = box
    corners = _move([(left, top), (right, top), (left, bottom), (right, bottom)], matrix)
    low = np.clip(np.floor(corners.min(axis=0)), 0, np.array(shape[::-1]) - 1)
    high = np.clip(np.ceil(corners.max(axis=0)), 1, shape[::-1])
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
