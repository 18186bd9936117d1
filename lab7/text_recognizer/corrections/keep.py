"""Adds corrected pages to a folder of corrections."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from text_recognizer.recognizer.draw import in_colour
from text_recognizer.recognizer.formats.page_result import frame_of
from text_recognizer.recognizer.result import Line, Reading
from text_recognizer.util import UserError

ROWS_FILENAME, IMAGES_DIRNAME = "corrections.jsonl", "images"
JPEG_QUALITY = 95
DIGITS = 6  # decimals of shares: finer than a hundredth of a pixel


@dataclass(frozen=True)
class Correction:
    """A reading with its corrected text.

    Parameters
    ----------
    picture
        The upright page.
    reading
        The reading.
    texts
        The corrected text of each line; an empty text means that there is no line, and is not stored.
    source
        The name of the picture.
    writer
        The name of the writer.
    model
        The name of the model that read it.
    """

    picture: Image.Image
    reading: Reading
    texts: Sequence[str]
    source: str
    writer: str = ""
    model: str = ""

    def as_row(self, image: str) -> dict[str, Any]:
        """Return the row for corrections.jsonl; `image` is the picture's file name."""
        lines = zip(self.reading.lines, self.texts, strict=True)
        annotation = [_annotation(line, text.strip(), self.picture.size) for line, text in lines if text.strip()]
        return {
            "content": image,
            "annotation": [one for one in annotation if one is not None],
            "writer": self.writer,
            "source": self.source,
            "model": self.model,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def keep(correction: Correction, dirname: Path) -> Path:
    """Append a page to a folder, and return the file of its picture. Existing files are never overwritten.

    Raises
    ------
    UserError
        If no line has both a place and a text.
    """
    if not correction.as_row("")["annotation"]:
        raise UserError("there is no line to store. Expected one with a place on the picture, and a text")
    images = dirname / IMAGES_DIRNAME
    images.mkdir(parents=True, exist_ok=True)
    filename = _write_picture(correction.picture, images)
    row = correction.as_row(f"{IMAGES_DIRNAME}/{filename.name}")
    with (dirname / ROWS_FILENAME).open(
        "ab"
    ) as file:  # one write at the end of the file: rows of two processes do not mix
        file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return filename


def _write_picture(picture: Image.Image, images: Path) -> Path:
    """Write a picture under the next free number."""
    number = 1 + max((int(path.stem) for path in images.glob("*.jpg") if path.stem.isdigit()), default=0)
    while True:
        filename = images / f"{number:04}.jpg"
        try:
            file = filename.open("xb")  # fails if another process has taken the number
        except FileExistsError:
            number += 1
            continue
        with file:
            in_colour(picture).save(file, "JPEG", quality=JPEG_QUALITY)
        return filename


def _annotation(line: Line, text: str, size: tuple[int, int]) -> dict[str, Any] | None:
    frame = frame_of(line)
    if frame is None:
        return None
    return {
        "label": ["line"],
        "notes": text,
        "points": [[round(x / size[0], DIGITS), round(y / size[1], DIGITS)] for x, y in frame],
        "imageWidth": size[0],
        "imageHeight": size[1],
        "read_as": line.text,
        "confidence": round(line.confidence, 3),
    }
