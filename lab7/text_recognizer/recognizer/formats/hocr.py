"""Writes readings as hOCR 1.2 (https://kba.github.io/hocr-spec/1.2/): a web page with the place of each word."""

from collections.abc import Sequence
from xml.etree import ElementTree

from text_recognizer.recognizer.formats.page_result import Frame, PageResult, frames_of, read_pages
from text_recognizer.recognizer.formats.words import words_of
from text_recognizer.recognizer.formats.xml_parts import SOFTWARE, as_text, box_on, child
from text_recognizer.recognizer.result import Line

CLASSES = "ocr_page ocr_carea ocr_par ocr_line ocrx_word"


def as_hocr(results: Sequence[PageResult]) -> str:
    """Return a web page with all pages, one below the other; pages that failed are left out."""
    root = ElementTree.Element("html", {"xmlns": "http://www.w3.org/1999/xhtml"})
    head = child(root, "head")
    child(head, "title", "; ".join(one.name for one in results))
    child(head, "meta", **{"http-equiv": "Content-Type", "content": "text/html; charset=utf-8"})
    child(head, "meta", name="ocr-system", content=SOFTWARE)
    child(head, "meta", name="ocr-capabilities", content=CLASSES)
    body = child(root, "body")
    for number, (page, reading, size) in enumerate(read_pages([*results]), 1):
        name = page.name.replace('"', "")
        title = f'image "{name}"; bbox 0 0 {size[0]} {size[1]}; ppageno {number - 1}'
        sheet = _part(body, "div", "ocr_page", f"page_{number}", title)
        frames = frames_of(reading, size)
        if frames:
            place = _bbox(sum(frames, ()), size)
            area = _part(sheet, "div", "ocr_carea", f"area_{number}", place)
            paragraph = _part(area, "p", "ocr_par", f"paragraph_{number}", place)
            for i, (line, frame) in enumerate(zip(reading.lines, frames, strict=True), 1):
                _add_line(paragraph, f"{number}_{i}", line, frame, size)
    return as_text(root)


def _add_line(paragraph: ElementTree.Element, number: str, line: Line, frame: Frame, size: tuple[int, int]) -> None:
    element = _part(paragraph, "span", "ocr_line", f"line_{number}", _bbox(frame, size))
    for i, word in enumerate(words_of(line, frame), 1):
        title = f"{_bbox(word.frame, size)}; x_wconf {round(100 * word.confidence)}"
        _part(element, "span", "ocrx_word", f"word_{number}_{i}", title).text = word.text


def _part(parent: ElementTree.Element, tag: str, kind: str, name: str, title: str) -> ElementTree.Element:
    return child(parent, tag, **{"class": kind, "id": name, "title": title})


def _bbox(frame: Frame, size: tuple[int, int]) -> str:
    left, top, width, height = box_on(frame, size)
    return f"bbox {left} {top} {left + width} {top + height}"
