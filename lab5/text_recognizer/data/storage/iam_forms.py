"""The XML file of a form of IAM: its writer, and the text and place of each line."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from text_recognizer.checked_json import shown
from text_recognizer.images.constants import Box
from text_recognizer.images.regions import regions_of
from text_recognizer.util import UserError

CURE = "Delete it and put a whole copy in its place"
MOST_DIGITS = 6  # of a number of pixels


@dataclass(frozen=True)
class Line:
    """One handwritten line.

    Parameters
    ----------
    id
        The form's id and the line's number.
    text
        What it says; `#` stands for a word crossed out.
    box
        Where its ink is in the form's image; None if the form does not say.
    region
        The box with some paper around it, which reaches at most half of the way to the next line and may reach beyond
        the page.
    is_err
        Whether IAM marks the box as uncertain.
    """

    id: str
    text: str
    box: Box | None
    region: Box | None
    is_err: bool


@dataclass(frozen=True)
class Form:
    """One page: its id, who wrote it, and its lines from top to bottom."""

    id: str
    writer_id: str
    lines: tuple[Line, ...]


def form_of(root: Any, form_id: str, scale: float, name: str) -> Form:
    """Return the form in an XML tree.

    Parameters
    ----------
    root
        The tree's root element.
    form_id
        The form's id.
    scale
        XML pixels per pixel of the form's image.
    name
        The name of the file, for messages.

    Raises
    ------
    UserError
        If the form has no lines, or a line has no id, no text, or coordinates that are not numbers of pixels.
    """
    elements = root.findall("handwritten-part/line")
    if not elements:
        raise UserError(f"{name} has no lines: expected handwritten-part/line. {CURE}")
    boxes = [_box_of(element, scale, name) for element in elements]
    parts = zip(elements, boxes, regions_of(boxes), strict=True)
    lines = tuple(_line_of(element, box, region, name) for element, box, region in parts)
    return Form(form_id, root.get("writer-id", ""), lines)


def _line_of(element: Any, box: Box | None, region: Box | None, name: str) -> Line:
    # The files are escaped twice, so that the parser leaves &quot; in the text.
    text = (element.get("text") or "").replace("&quot;", '"').strip()
    line_id = element.get("id")
    if not text or not line_id:
        raise UserError(f"{name}: line {line_id!r} has the text {text!r}: expected an id and a text. {CURE}")
    return Line(line_id, text, box, region, element.get("segmentation") == "err")


def _box_of(element: Any, scale: float, name: str) -> Box | None:
    """Return the box around all strokes of a line at the image's scale, rounded outwards so that no ink is cut."""
    strokes = [
        [parse_pixels(stroke.get(key), f"{name}: {key} of a cmp") for key in ("x", "y", "width", "height")]
        for stroke in element.findall("word/cmp")
    ]
    if not strokes:
        return None
    x, y, width, height = np.array(strokes).T
    left, top = np.floor([x.min() / scale, y.min() / scale]).astype(int).tolist()
    right, bottom = np.ceil([(x + width).max() / scale, (y + height).max() / scale]).astype(int).tolist()
    return left, top, right, bottom


def parse_pixels(text: str | None, name: str) -> int:
    """Parse a number of pixels; `name` names it in the error."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS:
        raise UserError(f"{name} is {shown(text)}: expected a number of pixels. {CURE}")
    return int(text)
