"""The pictures and tables of the page: the picture with frames, single lines, and corrected readings."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME
from text_recognizer.recognizer.draw import colour_of, in_colour
from text_recognizer.recognizer.formats.page_result import Frame, frame_of
from text_recognizer.recognizer.formats.words import along, sides_of
from text_recognizer.recognizer.result import Character, Line, Reading, with_places_of

MAX_SIDE = 1400  # pixels of the displayed picture
LINE_SIZE = (1600, 240)  # largest width and height of a displayed line
CARD, LICENCE = "model_card.md", "| Licence |"


def shown_scale(picture: Image.Image) -> float:
    """Return the scale of the displayed picture: its pixels per pixel of the page, at most 1."""
    return min(1.0, MAX_SIDE / max(picture.size))


def framed(picture: Image.Image, reading: Reading, chosen: int | None = None) -> Image.Image:
    """Return the page with a frame around each line, from red to green by confidence; the chosen one is thick."""
    scale = shown_scale(picture)
    sheet = in_colour(picture).resize([max(1, round(scale * length)) for length in picture.size])
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(reading.lines):
        frame = frame_of(line)
        if frame is not None:
            corners = [(scale * x, scale * y) for x, y in frame]
            draw.polygon(corners, outline=colour_of(line.confidence), width=6 if number == chosen else 2)
    return sheet


def line_at(reading: Reading, x: float, y: float) -> int | None:
    """Return the number of the line whose frame contains a point of the picture; the nearest if frames overlap."""
    found: list[tuple[float, int]] = []
    for number, line in enumerate(reading.lines):
        frame = frame_of(line)
        if frame is not None:
            inside = cv2.pointPolygonTest(np.array(frame, dtype=np.float32), (x, y), measureDist=True)
            if inside >= 0:
                found.append((inside, number))
    return max(found)[1] if found else None


def cut_out(picture: Image.Image, line: Line) -> Image.Image | None:
    """Return the picture of one line, level and enlarged; None if its place is unknown."""
    frame = frame_of(line)
    if frame is None:
        return None
    upper, lower = _corners(frame)
    length = math.dist(*upper)
    height = math.dist(upper[0], lower[0])
    if length < 1 or height < 1:
        return None
    scale = min(LINE_SIZE[0] / length, LINE_SIZE[1] / height)
    width, high = max(1, round(scale * length)), max(1, round(scale * height))
    source = np.array([*upper, *lower], dtype=np.float32)
    target = np.array([(0, 0), (width, 0), (0, high), (width, high)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    pixels = cv2.warpPerspective(np.asarray(picture.convert("RGB")), matrix, (width, high), borderValue=(255, 255, 255))
    return Image.fromarray(pixels)


def _corners(frame: Frame) -> tuple[list[list[float]], list[list[float]]]:
    """Return the ends of a frame's upper and lower side."""
    ends = np.array([0.0, 1.0])
    upper, lower = sides_of(frame)
    return along(upper, ends).tolist(), along(lower, ends).tolist()


def rows_of(reading: Reading) -> list[list[str]]:
    """Return a row for each line: its confidence and its text."""
    return [[f"{line.confidence:.0%}", line.text] for line in reading.lines]


def corrected(reading: Reading, texts: Sequence[str]) -> Reading:
    """Return a reading with the texts that a person typed for its lines; lines without a text are left out.

    Typed characters have a confidence of 1, and the places of the same characters in the reading.
    """
    lines = [_corrected(line, text.strip()) for line, text in zip(reading.lines, texts, strict=True)]
    return replace(reading, lines=tuple(line for line in lines if line.characters))


def _corrected(line: Line, text: str) -> Line:
    if text == line.text:
        return line
    typed = [Character(character, 1.0) for character in text]
    return replace(line, characters=tuple(with_places_of(typed, line.characters)))


def models() -> list[str]:
    """Return the names of the models that come with the package and read pages."""
    return sorted(path.name for path in ARTIFACTS_DIRNAME.iterdir() if path.name.startswith("paragraph_"))


def licence_of(dirname: Path) -> str:
    """Return the licence that a model's card states."""
    try:
        rows = (dirname / CARD).read_text(encoding="utf-8").splitlines()
    except OSError:
        return "this model has no card: ask who trained it"
    found = [row.removeprefix(LICENCE).strip(" |") for row in rows if row.startswith(LICENCE)]
    return found[0] if found else "its card does not say"
