"""Writes readings as PAGE-XML 2019-07-15 (https://github.com/PRImA-Research-Lab/PAGE-XML), a page a file.

Transkribus and eScriptorium read it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree

import numpy as np

from text_recognizer.recognizer.formats.page_result import Frame, PageResult, frames_of, the_only_page
from text_recognizer.recognizer.formats.words import along, sides_of, words_of
from text_recognizer.recognizer.formats.xml_parts import SOFTWARE, as_text, child, points_of
from text_recognizer.recognizer.result import Line

NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
BASELINE = 0.75  # of the way from a line's upper side to its lower one


def as_page_xml(results: Sequence[PageResult]) -> str:
    """Return a page with its lines and words; `conf` is the confidence of a text.

    Raises
    ------
    UserError
        If there are several pages.
    """
    page, reading, size = the_only_page([*results], "PAGE-XML")
    root = ElementTree.Element(
        "PcGts",
        {
            "xmlns": NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": f"{NAMESPACE} {NAMESPACE}/pagecontent.xsd",
        },
    )
    _describe(root)
    sheet = child(root, "Page", imageFilename=page.name, imageWidth=size[0], imageHeight=size[1])
    frames = frames_of(reading, size)
    if frames:
        region = child(sheet, "TextRegion", id="region_1")
        child(region, "Coords", points=points_of(_corners(sum(frames, ())), size))
        for number, (line, frame) in enumerate(zip(reading.lines, frames, strict=True), 1):
            _add_line(region, f"line_{number}", line, frame, size)
        _add_text(region, reading.text, reading.confidence)
    return as_text(root)


def _describe(root: ElementTree.Element) -> None:
    about = child(root, "Metadata")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for tag, text in (("Creator", SOFTWARE), ("Created", now), ("LastChange", now)):
        child(about, tag, text)


def _add_line(region: ElementTree.Element, name: str, line: Line, frame: Frame, size: tuple[int, int]) -> None:
    element = child(region, "TextLine", id=name)
    child(element, "Coords", points=points_of(frame, size))
    child(element, "Baseline", points=points_of(_baseline(frame), size))
    for number, word in enumerate(words_of(line, frame), 1):
        part = child(element, "Word", id=f"{name}_word_{number}")
        child(part, "Coords", points=points_of(word.frame, size))
        _add_text(part, word.text, word.confidence)
    _add_text(element, line.text, line.confidence)


def _add_text(element: ElementTree.Element, text: str, confidence: float) -> None:
    child(child(element, "TextEquiv", conf=f"{confidence:.3f}"), "Unicode", text)


def _baseline(frame: Frame) -> Frame:
    """Return an approximate baseline, straight or curved, from a line's beginning to its end."""
    upper, lower = sides_of(frame)
    shares = np.linspace(0, 1, len(upper))
    points = (1 - BASELINE) * along(upper, shares) + BASELINE * along(lower, shares)
    return tuple((x, y) for x, y in points.tolist())


def _corners(points: Frame) -> Frame:
    """Return the corners of the upright box around points."""
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys)), (max(xs), min(ys)), (max(xs), max(ys)), (min(xs), max(ys))
