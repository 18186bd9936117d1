"""Readings of pages as plain text, JSON and CSV."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from text_recognizer.reading import Reading
from text_recognizer.util import UserError

Result = tuple[str, Reading | UserError]  # the image's name, and what came of it


def as_txt(results: Sequence[Result]) -> str:
    """Return the texts, each below its image's name if there are several; pages that failed are left out."""
    read = [(name, reading.text) for name, reading in results if isinstance(reading, Reading)]
    return "".join(f"== {name}\n{text}\n" if len(results) > 1 else f"{text}\n" for name, text in read)


def as_json(results: Sequence[Result]) -> str:
    """Return a list with all that is known of each page; of one that failed, its error."""
    return json.dumps([_page(*result) for result in results], ensure_ascii=False, indent=1) + "\n"


def as_csv(results: Sequence[Result]) -> str:
    """Return a table with a row for each line of text; pages that failed are left out."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["image", "line", "text", "confidence", "left", "top", "right", "bottom"])
    for name, reading in results:
        if isinstance(reading, Reading):
            for number, line in enumerate(reading.lines, 1):
                writer.writerow([name, number, line.text, f"{line.confidence:.3f}", *(line.box or [""] * 4)])
    return file.getvalue()


def _page(name: str, reading: Reading | UserError) -> dict[str, Any]:
    if isinstance(reading, UserError):
        return {"image": name, "error": str(reading)}
    lines = [
        {
            "text": line.text,
            "confidence": round(line.confidence, 3),
            "box": line.box,
            "character_confidences": [round(one.confidence, 3) for one in line.characters],
        }
        for line in reading.lines
    ]
    about = {"confidence": round(reading.confidence, 3), "mode": reading.mode}
    return (
        {"image": name, "text": reading.text} | about | {"hit_length_limit": reading.hit_length_limit, "lines": lines}
    )


FORMATS: dict[str, Callable[[Sequence[Result]], str]] = {"txt": as_txt, "json": as_json, "csv": as_csv}
