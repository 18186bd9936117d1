"""Writes readings as ALTO 4 (https://www.loc.gov/standards/alto/), which libraries store with scans; a page a file."""

from collections.abc import Sequence
from xml.etree import ElementTree

from text_recognizer.recognizer.formats.page_result import Frame, PageResult, frames_of, the_only_page
from text_recognizer.recognizer.formats.words import Word, words_of
from text_recognizer.recognizer.formats.xml_parts import SOFTWARE, as_text, box_on, child, points_of
from text_recognizer.recognizer.result import Line

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"


def as_alto(results: Sequence[PageResult]) -> str:
    """Return a page with its lines and words; WC is a word's confidence.

    Raises
    ------
    UserError
        If there are several pages.
    """
    page, reading, size = the_only_page([*results], "ALTO")
    root = ElementTree.Element(
        "alto",
        {
            "xmlns": NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": f"{NAMESPACE} {SCHEMA}",
        },
    )
    _describe(root, page.name)
    sheet = child(child(root, "Layout"), "Page", ID="page_1", PHYSICAL_IMG_NR=1, WIDTH=size[0], HEIGHT=size[1])
    space = child(sheet, "PrintSpace", HPOS=0, VPOS=0, WIDTH=size[0], HEIGHT=size[1])
    frames = frames_of(reading, size)
    if frames:
        block = child(space, "TextBlock", ID="block_1", **_place(tuple(sum(frames, ())), size))
        for number, (line, frame) in enumerate(zip(reading.lines, frames, strict=True), 1):
            _add_line(block, f"line_{number}", line, frame, size)
    return as_text(root)


def _describe(root: ElementTree.Element, name: str) -> None:
    about = child(root, "Description")
    child(about, "MeasurementUnit", "pixel")
    child(child(about, "sourceImageInformation"), "fileName", name)
    child(child(child(about, "Processing", ID="reading"), "processingSoftware"), "softwareName", SOFTWARE)


def _add_line(block: ElementTree.Element, name: str, line: Line, frame: Frame, size: tuple[int, int]) -> None:
    element = child(block, "TextLine", ID=name, **_place(frame, size))
    child(child(element, "Shape"), "Polygon", POINTS=points_of(frame, size))
    words = words_of(line, frame) or [Word("", 0.0, frame)]  # the schema requires a word, even if nothing was read
    for number, word in enumerate(words, 1):
        if number > 1:
            child(element, "SP")
        about = {"CONTENT": word.text, "WC": f"{word.confidence:.3f}"}
        child(element, "String", ID=f"{name}_word_{number}", **about, **_place(word.frame, size))


def _place(frame: Frame, size: tuple[int, int]) -> dict[str, int]:
    return dict(zip(("HPOS", "VPOS", "WIDTH", "HEIGHT"), box_on(frame, size), strict=True))
