"""Writes readings as plain text, JSON and CSV, and reads them back from JSON."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from text_recognizer.recognizer.formats.page_result import CUT, PageResult
from text_recognizer.recognizer.page_warnings import PageWarning
from text_recognizer.recognizer.result import Character, Line, Reading
from text_recognizer.util import UserError

SCHEMA_FILENAME = Path(__file__).with_name("pages.schema.json")
DIGITS, PLACE_DIGITS = 3, 1  # decimals of confidences and of places


def as_txt(results: Sequence[PageResult]) -> str:
    """Return the texts, each below its page's name if there are several; pages that failed are left out."""
    read = [(one.name, one.reading.text) for one in results if isinstance(one.reading, Reading)]
    return "".join(f"== {name}\n{text}\n" if len(results) > 1 else f"{text}\n" for name, text in read)


def as_json(results: Sequence[PageResult]) -> str:
    """Return a JSON list with all data of each page, or its error; pages.schema.json describes it."""
    return json.dumps([page_as_dict(result) for result in results], ensure_ascii=False, indent=1) + "\n"


def as_csv(results: Sequence[PageResult]) -> str:
    """Return a table with a row for each line of text; pages that failed are left out."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["image", "line", "text", "confidence", "left", "top", "right", "bottom"])
    for result in results:
        if isinstance(result.reading, Reading):
            for number, line in enumerate(result.reading.lines, 1):
                writer.writerow([result.name, number, line.text, f"{line.confidence:.3f}", *(line.box or [""] * 4)])
    return file.getvalue()


def read_schema() -> dict[str, Any]:
    """Return the JSON schema of what `as_json` writes."""
    return json.loads(SCHEMA_FILENAME.read_text(encoding="utf-8"))


def page_as_dict(result: PageResult, exact: bool = False) -> dict[str, Any]:
    """Return a page as a JSON object; `exact` keeps all digits, so that `page_from_dict` returns an equal reading."""
    about: dict[str, Any] = {"image": result.name}
    if result.size is not None:
        about["size"] = list(result.size)
    if result.dpi is not None:
        about["dpi"] = result.dpi
    if isinstance(result.reading, UserError):
        return about | {"error": str(result.reading)}
    reading = result.reading
    return about | {
        "text": reading.text,
        "confidence": reading.confidence if exact else round(reading.confidence, DIGITS),
        "mode": reading.mode,
        "licence": reading.licence,
        "hit_length_limit": reading.hit_length_limit,
        "unread": reading.unread if exact else round(reading.unread, DIGITS),
        "warnings": [{"code": one.code, "text": one.text} for one in result.warnings],
        "lines": [_line_as_dict(line, exact) for line in reading.lines],
    }


def page_from_dict(page: dict[str, Any]) -> PageResult:
    """Return the page that `page_as_dict` wrote."""
    size = tuple(page["size"]) if "size" in page else None
    reading: Reading | UserError
    if "error" in page:
        reading = UserError(page["error"])
    else:
        lines = tuple(map(_line_from_dict, page["lines"]))
        told = tuple(PageWarning(one["code"], one["text"]) for one in page["warnings"] if one["code"] != CUT)
        reading = Reading(lines, page["mode"], page["hit_length_limit"], told, page["unread"], page["licence"])
    return PageResult(page["image"], reading, size, dpi=page.get("dpi"))


def _line_as_dict(line: Line, exact: bool) -> dict[str, Any]:
    def point(place: tuple[float, float] | None) -> list[float] | None:
        return None if place is None else [one if exact else round(one, PLACE_DIGITS) for one in map(float, place)]

    return {
        "text": line.text,
        "confidence": line.confidence if exact else round(line.confidence, DIGITS),
        "box": line.box,
        "outline": line.outline and [point(corner) for corner in line.outline],
        "character_confidences": [
            one.confidence if exact else round(one.confidence, DIGITS) for one in line.characters
        ],
        "character_places": [point(one.place) for one in line.characters],
    }


def _line_from_dict(line: dict[str, Any]) -> Line:
    parts = zip(line["text"], line["character_confidences"], line["character_places"], strict=True)
    characters = tuple(Character(text, confidence, place and tuple(place)) for text, confidence, place in parts)
    outline = line["outline"] and tuple((x, y) for x, y in line["outline"])
    return Line(characters, line["box"] and tuple(line["box"]), outline)
