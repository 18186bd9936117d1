"""Reads a folder of pictures with texts beside them, and measures how well each is read."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from text_recognizer.documents.find_pages import PICTURES
from text_recognizer.documents.open_picture import open_pages
from text_recognizer.evaluation.confidence import Sureness, sureness_of
from text_recognizer.evaluation.edits import char_edits
from text_recognizer.evaluation.line_matching import LineCounts, ReadLine, ReferenceLine, match_lines
from text_recognizer.evaluation.reliability import calibration_error, diagram, reliability
from text_recognizer.recognizer.calibration import Calibration
from text_recognizer.recognizer.draw import draw_reading
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.result import Line, Reading
from text_recognizer.util import UserError

GOOD = 0.1  # largest character error rate of a picture that is read well


@dataclass(frozen=True)
class ReadPicture:
    """A picture with its text and its readings.

    Parameters
    ----------
    name
        The name of its file without the suffix.
    text
        The reference.
    readings
        The readings, one for each page of the file.
    lines
        Its reference lines; None if their places are unknown.
    seconds
        The time of reading.
    """

    name: str
    text: str
    readings: tuple[Reading, ...]
    lines: tuple[ReferenceLine, ...] | None
    seconds: float

    @property
    def read(self) -> str:
        """The text of the readings, pages joined by newlines."""
        return "\n".join(reading.text for reading in self.readings)

    def mapped(self, calibration: Calibration) -> "ReadPicture":
        """Return the same readings with calibrated confidences."""
        return replace(self, readings=tuple(mapped_reading(reading, calibration) for reading in self.readings))

    @property
    def cer(self) -> float:
        """Character error rate; line breaks count as characters."""
        return char_edits(self.text, self.read) / max(1, len(self.text))

    @property
    def cer_in_one_line(self) -> float:
        """Character error rate with line breaks replaced by spaces."""
        text, read = (" ".join(each.split()) for each in (self.text, self.read))
        return char_edits(text, read) / max(1, len(text))

    @property
    def counts(self) -> LineCounts | None:
        """The counts of found and missed lines, if the places of its lines are known."""
        if self.lines is None:
            return None
        return match_lines(self.lines, [part for line in self.readings[0].lines for part in parts_of(line)])


def read_pictures(
    recognizer: ParagraphTextRecognizer, dirname: Path, mode: str | None, draw_dirname: Path | None = None
) -> Iterator[ReadPicture]:
    """Read all pictures in a folder and its subfolders that have a text beside them."""
    for filename in find_pictures(dirname):
        text = filename.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")
        pages = list(open_pages(filename))
        start = time.perf_counter()
        readings = [recognizer.predict(page, mode, return_details=True) for page in pages]
        seconds = time.perf_counter() - start
        name = str(filename.relative_to(dirname).with_suffix(""))
        if draw_dirname is not None:
            draw_dirname.mkdir(parents=True, exist_ok=True)
            draw_reading(pages[0], readings[0]).save(draw_dirname / f"{name.replace('/', '_')}.png")
        yield ReadPicture(name, text, tuple(readings), read_lines(filename), seconds)


def find_pictures(dirname: Path) -> list[Path]:
    """Return the pictures in a folder and its subfolders that have a text beside them.

    Raises
    ------
    UserError
        If there are none.
    """
    found = sorted(path for path in dirname.rglob("*") if path.suffix.lower() in PICTURES)
    found = [path for path in found if path.with_suffix(".txt").is_file()]
    if not found:
        raise UserError(f"{dirname}: no picture with a text of the same name beside it, such as page.jpg and page.txt")
    return found


def read_lines(filename: Path) -> tuple[ReferenceLine, ...] | None:
    """Read the places of a picture's lines from NAME.lines.json beside it; None if there is no such file."""
    described = filename.with_suffix(".lines.json")
    if not described.is_file():
        return None
    try:
        lines = json.loads(described.read_text(encoding="utf-8"))["lines"]
        return tuple(
            ReferenceLine(line["text"], np.array(line["polyline"], float), float(line["height"]), bool(line["printed"]))
            for line in lines
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{described}: {error!r}. Expected {{'lines': [{{'text', 'polyline', 'height', 'printed'}}, ...]}}"
        ) from None


def mapped_reading(reading: Reading, calibration: Calibration) -> Reading:
    """Return a reading with calibrated confidences."""
    lines = (
        replace(line, characters=tuple(replace(one, confidence=calibration(one.confidence)) for one in line.characters))
        for line in reading.lines
    )
    return replace(reading, lines=tuple(lines))


def parts_of(line: Line) -> Iterator[ReadLine]:
    """Yield the cells of a table's row, which are separated by a space without a place; else yield the line."""
    part: list = []
    for one in (*line.characters, None):
        if one is None or (one.text.isspace() and one.place is None):
            places = np.array([each.place for each in part if not each.text.isspace()], float).reshape(-1, 2)
            yield ReadLine("".join(each.text for each in part), places)
            part = []
        else:
            part.append(one)


def sureness(pictures: Sequence[ReadPicture]) -> Sureness:
    """Compare confidences with outcomes."""
    pages = []
    for picture in pictures:
        lines = [
            [(one.text, one.confidence) for one in line.characters]
            for reading in picture.readings
            for line in reading.lines
        ]
        sure = float(np.mean([reading.confidence for reading in picture.readings]))
        pages.append((picture.text, lines, sure))
    return sureness_of(pages)


def show_pictures(pictures: Sequence[ReadPicture], with_diagrams: bool = True) -> str:
    """Return a table of all pictures, a summary, and the calibration of the confidences."""
    rows = [
        f"{'picture':<36} {'CER':>7} {'spaces':>7} {'found':>7} {'missed':>6} {'invented':>8} {'joined':>6} "
        f"{'order':>5} {'sure':>5} {'s':>5}  warnings"
    ]
    rows += [_row(picture) for picture in pictures]
    rates = np.array([picture.cer for picture in pictures])
    edits = sum(char_edits(picture.text, picture.read) for picture in pictures)
    characters = sum(len(picture.text) for picture in pictures)
    total = sum((picture.counts for picture in pictures if picture.counts is not None), LineCounts())
    in_one_line = f"line breaks as spaces: median {np.median([picture.cer_in_one_line for picture in pictures]):.1%}"
    rows.append(
        f"{len(pictures)} pictures: CER median {np.median(rates):.1%}, pooled {edits / max(1, characters):.1%}, "
        f"{np.mean(rates <= GOOD):.0%} of the pictures at {GOOD:.0%} or less; {in_one_line}"
    )
    if total.num:
        rows.append(
            f"{total.num} lines by hand: found {total.found / total.num:.1%}, missed {total.missed}, of {total.read} "
            f"that were read invented {total.invented / max(1, total.read):.1%}, joined {total.joined}, out of order "
            f"{total.out_of_order}"
        )
    for name, pair in sureness(pictures)._asdict().items():
        bins = reliability(*pair)
        rows.append(f"confidence of {name}: expected calibration error {calibration_error(bins):.3f}")
        rows += [diagram(bins)] if with_diagrams else []
    return "\n".join(rows)


def as_json(pictures: Sequence[ReadPicture]) -> list[dict[str, Any]]:
    """Return all figures and readings as lists and dictionaries."""
    return [
        {
            "name": picture.name,
            "text": picture.text,
            "read": picture.read,
            "cer": picture.cer,
            "cer_in_one_line": picture.cer_in_one_line,
            "confidence": [reading.confidence for reading in picture.readings],
            "warnings": [warning.code for reading in picture.readings for warning in reading.warnings],
            "lines": None if picture.counts is None else vars(picture.counts),
            "seconds": picture.seconds,
        }
        for picture in pictures
    ]


def _row(picture: ReadPicture) -> str:
    counts = picture.counts
    told = ["-"] * 5
    if counts is not None:
        numbers = counts.missed, counts.invented, counts.joined, counts.out_of_order
        told = [f"{counts.found}/{counts.num}", *map(str, numbers)]
    found, missed, invented, joined, order = told
    sure = np.mean([reading.confidence for reading in picture.readings])
    codes = " ".join(warning.code for reading in picture.readings for warning in reading.warnings)
    return (
        f"{picture.name:<36} {picture.cer:7.1%} {picture.cer_in_one_line:7.1%} {found:>7} {missed:>6} {invented:>8} "
        f"{joined:>6} {order:>5} {sure:5.2f} {picture.seconds:5.2f}  {codes}"
    )
