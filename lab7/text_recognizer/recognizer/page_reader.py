"""Reads a picture line by line: a finder locates the lines, and a line model reads each.

Letters in this file: H W picture, h w map.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from text_recognizer.images.constants import Box
from text_recognizer.page.cut_lines import LineStrip, SeenMap, cut_lines
from text_recognizer.page.find_lines import FoundLines, find_lines
from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.page.line_contrast import contrasts_of
from text_recognizer.page.orientation import rotation_matrix
from text_recognizer.page.printed_lines import find_print, has_handwriting
from text_recognizer.page.printed_parts import amounts_of, find_printed_words, is_form, without_columns, words_of
from text_recognizer.page.reading_order import common_slope, in_reading_order
from text_recognizer.page.strip_ink import has_dark_ink, tile_size
from text_recognizer.page.text_line import QuarterTurn, TextLine
from text_recognizer.page.unread_ink import find_ink, unread_share
from text_recognizer.recognizer import page_warnings as say
from text_recognizer.recognizer.batched_lines import read_strips
from text_recognizer.recognizer.finder_network import OnnxFinder
from text_recognizer.recognizer.line_reader import LineReader
from text_recognizer.recognizer.page_finder import PageFinder
from text_recognizer.recognizer.page_warnings import PageWarning
from text_recognizer.recognizer.print_network import PrintNetwork
from text_recognizer.recognizer.result import Character, Line, Reading
from text_recognizer.recognizer.way_up import Upright, see_upright
from text_recognizer.recognizer.way_up_network import WayUpNetwork

ASKEW = 4.0  # degrees: a picture with more skew is levelled, and its lines are found again,
LEVEL = 1.5  # degrees: until less skew is left,
MOST_LEVELLINGS = 3  # but at most so often
FAINT = 0.4  # of the usual contrast of a page's lines: writing on the back of the sheet has less
NONSENSE = 0.4  # confidence: a line with less is nonsense,
NONSENSE_SHARE = 0.6  # if that is less than this share of the page's median, too


NUM_ASKED = 8  # of the longest lines are asked whether the page is upside down
MAX_ODDS = 20.0  # the finder's opinion of that does not count more


class Kept(NamedTuple):
    """The lines of a page to read.

    Parameters
    ----------
    rows
        Rows of lines in reading order, each from left to right.
    num_printed
        The number of lines that were left out because they are print, or of which a part was.
    """

    rows: list[list[TextLine]]
    num_printed: int


class Cut(NamedTuple):
    """The lines of a page to read, and their strips.

    Parameters
    ----------
    kept
        The lines.
    strips
        Their strips, row by row.
    """

    kept: Kept
    strips: list[list[LineStrip]]


class UprightPage(NamedTuple):
    """An upright picture with its lines.

    Parameters
    ----------
    picture
        (H, W, 3) uint8.
    turn
        How the picture was put upright.
    found
        Its lines, in pixels of the maps.
    step
        Pixels of the picture per pixel of the maps.
    angle
        The skew of the original picture, in radians.
    strips
        The strips of lines that were cut out already, by the `id` of their line.
    """

    picture: np.ndarray
    turn: QuarterTurn
    found: FoundLines
    step: float
    angle: float
    strips: dict[int, LineStrip]


class PageReader:
    """Finds the lines of a page and reads them.

    Parameters
    ----------
    finder
        A `PageFinder`, or an object with the same method `see`.
    line_reader
        A `LineReader`; None if pages are only to be put upright.
    keep_print
        Read print too on pages with handwriting; a page of print alone is always read.
    print_finder
        A `PrintNetwork`, or an object with the same method `see`, which tells print from handwriting on strips; if
        None, the finder's map of print has to do.
    way_up_finder
        A `WayUpNetwork`, or an object with the same method `votes`, which tells strips that are upside down; if None,
        the finder's opinion has to do.
    """

    def __init__(
        self,
        finder: Any,
        line_reader: Any,
        keep_print: bool = False,
        print_finder: Any = None,
        way_up_finder: Any = None,
    ) -> None:
        self.finder = finder
        self.line_reader = line_reader
        self.keep_print = keep_print
        self.print_finder = print_finder
        self.way_up_finder = way_up_finder

    def read(self, picture: np.ndarray, mode: str = "careful") -> Reading:
        """Read a picture of a page: (H, W, 3) uint8."""
        page = self.put_upright(picture)
        kept, strips = self._cut_out(page)
        read = read_strips(self.line_reader, [strip for row in strips for strip in row])
        shines_through = self._shines_through(page, kept, strips, read)
        shown = iter(Line(()) if behind else line for line, behind in zip(read, shines_through, strict=True))
        lines = [joined([next(shown) for _ in row]) for row in strips]
        lines = without_nonsense([line for line in lines if line.characters])
        share = self._unread(page, bool(lines))
        warnings = warnings_of(page, kept, lines, share, sum(shines_through))
        return Reading(tuple(lines), mode, warnings=warnings, unread=share)

    def put_upright(self, picture: np.ndarray) -> UprightPage:
        """Find the lines of a picture (H, W, 3); a skewed picture is levelled, and its lines are found again.

        The finder takes lines for less skewed than they are, so what is levelled may be levelled further.
        """
        seen = see_upright(self.finder, picture)
        page = _turned(picture, seen)
        if self._is_upside_down(page, seen.odds):
            page = _turned(picture, seen.upside_down())
        if not np.radians(ASKEW) < abs(page.angle) < np.radians(say.MAX_ANGLE):
            return page
        upright, angle = page, page.angle
        least = np.inf
        for _ in range(MOST_LEVELLINGS):
            levelled = self._levelled(upright, angle)
            rest = _skew_of(levelled.found)
            if not levelled.found.lines or abs(rest) >= least:
                break
            page, least = levelled, abs(rest)
            angle += rest
            if least < np.radians(LEVEL) or abs(angle) > np.radians(say.MAX_ANGLE):
                break
        return page

    def strips_of(self, picture: np.ndarray) -> list[list[LineStrip]]:
        """Return the strips of a picture's lines, row by row, as `read` reads them: (H, W, 3) uint8."""
        return self._cut_out(self.put_upright(picture)).strips

    def _levelled(self, upright: UprightPage, angle: float) -> UprightPage:
        """Turn a page by its skew in radians, and find its lines again."""
        height, width = upright.picture.shape[:2]
        matrix, size = rotation_matrix(angle, (height, width))
        level = cv2.warpAffine(upright.picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        maps, step = self.finder.see(level)
        turn = upright.turn._replace(level=cv2.invertAffineTransform(matrix))
        return UprightPage(level, turn, _find_lines(level, maps), step, angle, {})

    def _is_upside_down(self, page: UprightPage, odds: float) -> bool:
        """Ask the longest lines of a page, which the finder takes for upright with these odds."""
        if self.way_up_finder is None:
            return False
        longest = sorted(page.found.lines, key=lambda line: line.length, reverse=True)[:NUM_ASKED]
        strips = [strip for row in self._strips_of(page, [longest]) for strip in row]
        return sum(self.way_up_finder.votes([strip.pixels for strip in strips])) < -np.log(min(odds, MAX_ODDS))

    def _cut_out(self, page: UprightPage) -> Cut:
        """Choose the lines to read, and cut them out."""
        if self.print_finder is None or self.keep_print:
            kept = choose_lines(page.found.rows, self.keep_print)
            return Cut(kept, self._strips_of(page, kept.rows))
        strips = self._strips_of(page, page.found.rows)
        cells = iter(self.print_finder.see([strip.pixels for row in strips for strip in row]))
        cut = without_print(page.found.rows, strips, [[next(cells) for _ in row] for row in strips])
        return _ordered_again(cut, page.found) if cut.kept.num_printed else cut

    def _strips_of(self, page: UprightPage, rows: Sequence[Sequence[TextLine]]) -> list[list[LineStrip]]:
        """Cut out lines, given in pixels of the maps, unless they are cut out already."""
        every = {id(line): line.scaled(page.step) for line in page.found.lines}
        new = [id(line) for row in rows for line in row if id(line) not in page.strips]
        lines = [every[one] for one in new]
        shape = page.found.maps.core.shape
        small = _small_grey(page.picture, shape)
        is_dark = has_dark_ink(small, tile_size(small))
        rules, paper = (SeenMap(seen, page.step) for seen in (page.found.maps.rules, page.found.maps.paper))
        strips = cut_lines(page.picture, lines, page.turn, is_dark, rules, [*every.values()], paper)
        page.strips.update(zip(new, strips, strict=True))
        return [[page.strips[id(line)] for line in row] for row in rows]

    def _shines_through(
        self, page: UprightPage, kept: Kept, strips: Sequence[Sequence[LineStrip]], read: Sequence[Line]
    ) -> list[bool]:
        """Tell which lines are writing on the back of the sheet: faint ones that are read more surely in a mirror."""
        found = [line for row in kept.rows for line in row]
        contrasts = contrasts_of(_small_grey(page.picture, page.found.maps.core.shape), page.found.maps, found)
        faint = are_faint(contrasts, [line.length for line in found]).tolist()
        every = (strip for row in strips for strip in row)
        of_faint = [strip for strip, yes in zip(every, faint, strict=True) if yes]
        mirrored = iter(read_strips(self.line_reader, [replace(one, pixels=one.pixels[:, ::-1]) for one in of_faint]))
        return [yes and next(mirrored).confidence > line.confidence for line, yes in zip(read, faint, strict=True)]

    def _unread(self, page: UprightPage, has_lines: bool) -> float:
        """Return the share of the ink outside all lines; 1 if there is ink and no line, 0 if there is no ink."""
        ink = find_ink(_small_grey(page.picture, page.found.maps.core.shape), page.found.maps)
        return unread_share(ink, page.found.lines) if has_lines else float(ink.any())


def load_page_reader(
    line_reader: LineReader | None,
    finder_dirname: Path,
    keep_print: bool = False,
    print_dirname: Path | None = None,
    way_up_dirname: Path | None = None,
) -> PageReader | None:
    """Return a page reader; None if there is no line model or no line finder.

    Where the line finder does without PyTorch, no other network may load it either: PyTorch takes seconds to start.
    """
    if line_reader is None or not finder_dirname.is_dir():
        return None
    finder = PageFinder(finder_dirname)
    without_torch = isinstance(finder.network, OnnxFinder)
    print_finder = None if keep_print else PrintNetwork.load(print_dirname, without_torch)
    way_up_finder = WayUpNetwork.load(way_up_dirname, without_torch)
    return PageReader(finder, line_reader, keep_print, print_finder, way_up_finder)


def choose_lines(rows: Sequence[Sequence[TextLine]], keep_print: bool) -> Kept:
    """Choose the lines to read: print is left out if the page has handwriting, unless `keep_print` is set."""
    lines = [line for row in rows for line in row]
    if keep_print or not has_handwriting(lines):
        return Kept([list(row) for row in rows], 0)
    is_print = iter(find_print(lines))
    kept = [[line for line in row if not next(is_print)] for row in rows]
    return Kept([row for row in kept if row], len(lines) - sum(map(len, kept)))


def without_print(
    rows: Sequence[Sequence[TextLine]],
    strips: Sequence[Sequence[LineStrip]],
    cells: Sequence[Sequence[np.ndarray]],
) -> Cut:
    """Leave print out of rows of lines, if the page has handwriting.

    Parameters
    ----------
    rows
        Rows of lines.
    strips
        Their strips.
    cells
        For each strip the probabilities (S, 3) that its cells are empty, handwriting or print.
    """
    words = [[words_of(one) for one in row] for row in cells]
    amounts = amounts_of([one for row in words for one in row])
    if not (amounts.has_handwriting and amounts.has_print):
        # Either the page is of print alone, or there is little print, which the finder may know of nevertheless.
        kept_lines = choose_lines(rows, keep_print=not amounts.has_handwriting)
        of_line = {id(line): strip for row in zip(rows, strips, strict=True) for line, strip in zip(*row, strict=True)}
        return Cut(kept_lines, [[of_line[id(line)] for line in row] for row in kept_lines.rows])
    kept: list[list[tuple[TextLine, LineStrip]]] = []
    num_printed = 0
    on_form = is_form([[word for one in row for word in one] for row in words])
    for lines_of_row, strips_of_row, words_of_row in zip(rows, strips, words, strict=True):
        row = []
        for line, strip, own in zip(lines_of_row, strips_of_row, words_of_row, strict=True):
            chosen = find_printed_words(own, on_form)
            num_printed += any(chosen)
            rest = without_columns(strip, own, chosen) if any(chosen) else strip
            row += [(line, rest)] if rest is not None else []
        kept += [row] if row else []
    return Cut(
        Kept([[line for line, _ in row] for row in kept], num_printed), [[strip for _, strip in row] for row in kept]
    )


def _ordered_again(cut: Cut, found: FoundLines) -> Cut:
    """Order the lines of a page that print was left out of, such as a form.

    There, narrow blocks beside each other are parts of rows, whose labels made them look like columns of text.
    """
    strip_of = {
        id(line): strip for row in zip(cut.kept.rows, cut.strips, strict=True) for line, strip in zip(*row, strict=True)
    }
    rows = in_reading_order([line for row in cut.kept.rows for line in row], found.tables, narrow=False)
    return Cut(cut.kept._replace(rows=rows), [[strip_of[id(line)] for line in row] for row in rows])


def joined(lines: Sequence[Line]) -> Line:
    """Join the lines of a row to one line, with a space between them."""
    lines = [line for line in lines if line.characters]
    if len(lines) <= 1:
        return lines[0] if lines else Line(())
    characters = list(lines[0].characters)
    for line in lines[1:]:
        characters += [Character(" ", min(characters[-1].confidence, line.characters[0].confidence)), *line.characters]
    boxes = np.array([line.box for line in lines if line.box is not None])
    if not len(boxes):
        return Line(tuple(characters))
    box: Box = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
    return Line(tuple(characters), box)


def are_faint(contrasts: np.ndarray, lengths: Sequence[float]) -> np.ndarray:
    """Tell which lines of a page are faint beside its others: (N,) bool.

    Parameters
    ----------
    contrasts
        (N,) how strongly the ink of each line stands out.
    lengths
        The N lengths of the lines. Half of what is written has the usual contrast or more.
    """
    if not len(contrasts):
        return np.zeros(0, bool)
    order = np.argsort(contrasts)
    some = np.cumsum(np.asarray(lengths, float)[order])
    return contrasts < FAINT * contrasts[order[np.searchsorted(some, some[-1] / 2)]]


def without_nonsense(lines: Sequence[Line]) -> list[Line]:
    """Leave out lines with far less confidence than the others: wood, cloth or drawings taken for text."""
    if not lines:
        return []
    usual = float(np.median([line.confidence for line in lines for _ in line.characters]))
    return [line for line in lines if line.confidence >= min(NONSENSE, NONSENSE_SHARE * usual)]


def warnings_of(
    page: UprightPage, kept: Kept, lines: Sequence[Line], unread: float, num_behind: int = 0
) -> tuple[PageWarning, ...]:
    """Return the warnings about a page."""
    told = []
    if not lines and unread:
        told.append(say.nothing_found())
    elif unread > say.MAX_UNREAD:
        told.append(say.ink_not_read(unread))
    chosen = [line for row in kept.rows for line in row]
    if abs(page.angle) > np.radians(say.MAX_ANGLE):
        told.append(say.askew(abs(float(np.degrees(page.angle)))))
    height = float(np.median([line.height for line in chosen]) * page.step) if chosen else np.inf
    if height < say.MIN_HEIGHT:
        told.append(say.text_too_small(height))
    if kept.num_printed:
        told.append(say.print_left_out(kept.num_printed))
    if num_behind:
        told.append(say.show_through_left_out(num_behind))
    sure = Reading(tuple(lines), "careful").confidence
    if lines and sure < say.MIN_CONFIDENCE:
        told.append(say.unsure(sure))
    return tuple(told)


def _turned(picture: np.ndarray, seen: Upright) -> UprightPage:
    """Turn a picture (H, W, 3) upright, and find its lines."""
    upright = np.ascontiguousarray(np.rot90(picture, seen.quarters))
    found = _find_lines(upright, seen.seen.maps)
    turn = QuarterTurn(seen.quarters, (picture.shape[1], picture.shape[0]))
    return UprightPage(upright, turn, found, seen.seen.step, _skew_of(found), {})


def _skew_of(found: FoundLines) -> float:
    """Return the skew of a page's lines in radians."""
    return float(np.arctan(common_slope(found.lines)))


def _find_lines(picture: np.ndarray, maps: FinderMaps) -> FoundLines:
    """Find the lines of an upright picture (H, W, 3)."""
    return find_lines(maps, find_ink(_small_grey(picture, maps.core.shape), maps))


def _small_grey(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a picture (H, W, 3) in grey, scaled to a map's size (h, w)."""
    small = cv2.resize(np.ascontiguousarray(picture), shape[::-1], interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
