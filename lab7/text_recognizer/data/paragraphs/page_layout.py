"""Draws the lines of a synthetic page and their places, so that the page looks like a written one.

Letters in this file: N lines in store, L lines of a page, H W image.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from text_recognizer.data.paragraphs.canvas import EDGE, IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH
from text_recognizer.util import UserError
from text_recognizer.vocabulary import NEWLINE

MAX_TRIES = 100  # of pages of up to 12 of IAM's lines, nearly all fit at the first try


@dataclass(frozen=True)
class Page:
    """The lines of a page from top to bottom, the top left corner of each, and the size of the page (H, W)."""

    lines: list[int]
    corners: list[tuple[int, int]]  # (x, y)
    shape: tuple[int, int]


class PageLayout:
    """Draws pages that fit the canvas and the labels, from lines and their places on real pages.

    A page takes its lines from one writer, in any order; the last one also ended a real page. If a writer has too few
    lines, another continues. Some pages mix hands line by line. The distances between lines are drawn from those of the
    first line's page, and the left margin is that of a random real page.

    Parameters
    ----------
    places
        (N,) the place of each line, with the fields of `stored_lines.PLACES`.
    texts
        The text of each line.
    min_lines
        Fewest lines on a page.
    max_lines
        Most lines on a page; each number is equally likely, as far as the pages fit.
    mixed_hands
        Share of pages that mix hands line by line.
    """

    def __init__(
        self, places: np.ndarray, texts: Sequence[str], min_lines: int, max_lines: int, mixed_hands: float
    ) -> None:
        if max_lines > len(places):
            raise UserError(f"--max_lines={max_lines}: there are {len(places)} training lines, expected no more")
        self.places = places
        self.lengths = np.array([len(text) for text in texts])
        self.nums = (min_lines, max_lines)
        self.mixed_hands = mixed_hands
        self.lines_of = {writer: np.flatnonzero(places["writer"] == writer) for writer in np.unique(places["writer"])}
        pages = [places[places["form"] == form] for form in np.unique(places["form"])]
        self.margins = [page["left"] for page in pages]
        self.gaps_of = {int(page["form"][0]): _gaps_of(page) for page in pages}
        self.gaps = np.concatenate(list(self.gaps_of.values()))
        if max_lines > 1 and not len(self.gaps):
            raise UserError(f"--max_lines={max_lines}: no training page has two usable lines, expected --max_lines=1")

    def draw(self, rng: np.random.Generator) -> Page:
        """Draw pages until one fits.

        Raises
        ------
        UserError
            If none fits.
        """
        for _ in range(MAX_TRIES):
            lines = self._draw_lines(int(rng.integers(self.nums[0], self.nums[1] + 1)), rng)
            page = self._place(lines, rng)
            if self._fits(page):
                return page
        raise UserError(
            f"--min_lines={self.nums[0]} --max_lines={self.nums[1]}: of {MAX_TRIES} pages drawn none fits "
            f"{IMAGE_HEIGHT} x {IMAGE_WIDTH} pixels and {OUTPUT_LENGTH} labels: expected fewer lines"
        )

    def _draw_lines(self, num: int, rng: np.random.Generator) -> list[int]:
        if rng.random() < self.mixed_hands:
            return rng.choice(len(self.places), num, replace=False).tolist()
        lines: list[int] = []
        while len(lines) < num:
            writer = self.places["writer"][
                rng.integers(len(self.places))
            ]  # in proportion to the writer's number of lines
            lines += [line for line in rng.permutation(self.lines_of[writer]).tolist() if line not in lines]
        return _end_with_an_end(lines, self.places["is_last"], num)

    def _place(self, lines: list[int], rng: np.random.Generator) -> Page:
        places = self.places[lines]
        num = len(lines)
        gaps = self.gaps_of[int(places["form"][0])]
        if not len(gaps):  # the only usable line of its page
            gaps = self.gaps
        margin = self.margins[rng.integers(len(self.margins))]
        x = np.pad(margin, (0, max(0, num - len(margin))), mode="symmetric")[:num]
        y = np.cumsum([0, *(rng.choice(gaps, num - 1) if num > 1 else [])]) - places["core"]
        x, y = (np.round(values - values.min()).astype(int) + EDGE for values in (x, y))
        shape = (y + places["height"]).max() + EDGE, (x + places["width"]).max() + EDGE
        return Page(lines, list(zip(x.tolist(), y.tolist(), strict=True)), (int(shape[0]), int(shape[1])))

    def _fits(self, page: Page) -> bool:
        num_labels = self.lengths[page.lines].sum() + len(NEWLINE) * (len(page.lines) - 1) + 2
        return page.shape[0] <= IMAGE_HEIGHT and page.shape[1] <= IMAGE_WIDTH and bool(num_labels <= OUTPUT_LENGTH)


def _gaps_of(page: np.ndarray) -> np.ndarray:
    """Return the distances between neighbouring lines of a real page; across a line that was left out, the mean."""
    return np.diff(page["y"]) / np.diff(page["line"])


def _end_with_an_end(lines: list[int], is_last: np.ndarray, num: int) -> list[int]:
    """Choose `num` lines so that one that ended a real page, which may be short, comes only at the end."""
    ends, others = ([line for line in lines if is_last[line] == wanted] for wanted in (True, False))
    if num == 1 or not ends:
        return lines[:num]
    return [*(others + ends[:-1])[: num - 1], ends[-1]]
