"""Functions that the XML formats share."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from text_recognizer.recognizer.formats.page_result import Frame

SOFTWARE = "text-recognizer"
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def child(
    parent: ElementTree.Element, tag: str, text: str | None = None, /, **attributes: object
) -> ElementTree.Element:
    """Add a child element; characters that XML does not allow are left out of its text and attributes."""
    clean = {key: NOT_IN_XML.sub("", str(value)) for key, value in attributes.items()}
    element = ElementTree.SubElement(parent, tag, clean)
    element.text = None if text is None else NOT_IN_XML.sub("", text)
    return element


def as_text(root: ElementTree.Element) -> str:
    """Return a whole document, indented."""
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def points_of(frame: Iterable[tuple[float, float]], size: tuple[int, int]) -> str:
    """Return corners in the notation of ALTO and PAGE-XML, in whole pixels clipped to the picture."""
    return " ".join(f"{min(max(0, round(x)), size[0])},{min(max(0, round(y)), size[1])}" for x, y in frame)


def box_on(frame: Frame, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, width and height of the part of a frame that lies on the picture."""
    xs = [min(max(0, round(x)), size[0]) for x, _ in frame]
    ys = [min(max(0, round(y)), size[1]) for _, y in frame]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
