"""A page with its reading or its error: the input of all output formats."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from text_recognizer.recognizer.page_warnings import PageWarning
from text_recognizer.recognizer.result import Line, Reading
from text_recognizer.util import UserError

Frame = tuple[tuple[float, float], ...]  # corners clockwise from above the first character

FAILED, CUT = "failed", "hit_length_limit"  # codes of warnings beside a reading's own


@dataclass(frozen=True)
class PageResult:
    """A page that was read, or could not be.

    Parameters
    ----------
    name
        The name of its file, with the page's number if the file has several.
    reading
        The reading, or the error if the page could not be read.
    size
        Width and height of its upright picture in pixels; None if the picture could not be opened.
    open_picture
        Opens the picture; None if the picture is not available.
    dpi
        Pixels of the picture per inch; None if unknown.
    """

    name: str
    reading: Reading | UserError
    size: tuple[int, int] | None = None
    open_picture: Callable[[], Image.Image] | None = None
    dpi: float | None = None

    @property
    def warnings(self) -> tuple[PageWarning, ...]:
        """Warnings that a person should see before trusting the text."""
        if isinstance(self.reading, UserError):
            return (PageWarning(FAILED, str(self.reading)),)
        cut = PageWarning(CUT, f"the model stops after {len(self.reading.text)} characters, the page may go on")
        return ((cut,) if self.reading.hit_length_limit else ()) + self.reading.warnings


def the_only_page(results: list[PageResult], kind: str) -> tuple[PageResult, Reading, tuple[int, int]]:
    """Return the single page for a format whose files hold one page, with its reading and its size."""
    if len(results) != 1:
        raise UserError(f"{kind} holds one page a file, and there are {len(results)}. Expected --output=FOLDER")
    return read_pages(results)[0]


def read_pages(results: list[PageResult]) -> list[tuple[PageResult, Reading, tuple[int, int]]]:
    """Return those pages that could be read, each with its reading and its size."""
    return [
        (one, one.reading, one.size) for one in results if isinstance(one.reading, Reading) and one.size is not None
    ]


def frames_of(reading: Reading, size: tuple[int, int]) -> list[Frame]:
    """Return the frame of each line on its picture.

    Archival formats require a place for every line. If the places are unknown, lines are spread evenly down the page.
    """
    width, height = size
    step = height / max(1, len(reading.lines))
    return [
        frame_of(line) or ((0, i * step), (width, i * step), (width, (i + 1) * step), (0, (i + 1) * step))
        for i, line in enumerate(reading.lines)
    ]


def frame_of(line: Line) -> Frame | None:
    """Return a line's outline, or the corners of its box; None if neither is known."""
    if line.outline is not None or line.box is None:
        return line.outline
    left, top, right, bottom = line.box
    return (left, top), (right, top), (right, bottom), (left, bottom)
