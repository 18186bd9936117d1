"""Reads a folder of corrections."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from text_recognizer.checked_json import check_json, parse_json
from text_recognizer.corrections.keep import ROWS_FILENAME
from text_recognizer.recognizer.formats.page_result import Frame
from text_recognizer.util import UserError

ROW = {"content": str, "annotation": [{"points": [[float]], "notes": str}]}


@dataclass(frozen=True)
class CorrectedLine:
    """A line with its corrected text.

    Parameters
    ----------
    picture
        The file with the page's picture.
    frame
        (N, 2), the line's corners as shares of the picture's width and height, clockwise from above its first
        character.
    text
        The corrected text.
    """

    picture: Path
    frame: Frame
    text: str


def read_corrections(dirname: Path) -> list[CorrectedLine]:
    """Return the lines of a folder; for a picture that was corrected several times, the last corrections.

    Raises
    ------
    UserError
        If there is no such folder, or it does not hold corrections.
    """
    filename = dirname / ROWS_FILENAME
    try:
        rows = filename.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UserError(
            f"{filename}: {error.strerror}. Expected a folder of corrections from `read-paragraph serve`"
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{filename}: not a text in UTF-8 ({error})") from None
    by_picture: dict[str, list[CorrectedLine]] = {}
    for number, row in enumerate(rows, 1):
        try:
            lines = [*_lines_of(row, dirname)]
        except (ValueError, UserError) as error:
            raise UserError(
                f"{filename}, row {number}: not a corrected page ({error}). Repair the row, or remove it"
            ) from None
        if lines:
            by_picture[str(lines[0].picture)] = lines
    return [line for lines in by_picture.values() for line in lines]


def _lines_of(row: str, dirname: Path) -> Iterator[CorrectedLine]:
    page = parse_json(row, "the row")
    check_json(page, ROW, "the row")
    for one in page["annotation"]:
        frame = tuple((float(x), float(y)) for x, y in one["points"])
        if len(frame) < 4 or len(frame) % 2:
            raise ValueError(f"{len(frame)} corners, expected 4 or another even number")
        yield CorrectedLine(dirname / page["content"], frame, one["notes"])
