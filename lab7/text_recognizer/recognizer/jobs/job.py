"""A job of many pages: it stores each result at once, reports progress by a line a page, and can be resumed."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from text_recognizer.documents.page_source import PageSource
from text_recognizer.recognizer.formats.page_result import PageResult
from text_recognizer.recognizer.jobs.journal import Journal
from text_recognizer.recognizer.result import Reading
from text_recognizer.util import UserError

ReadMany = Callable[[Sequence[PageSource]], Iterable[tuple[PageSource, PageResult, float]]]
Use = Callable[[PageSource, PageResult], None]


class Job(NamedTuple):
    """Pages to read, and where to store their results.

    Parameters
    ----------
    pages
        The pages.
    read
        Reads a part of them, in any order.
    journal
        Stores the results; None if nothing is stored.
    use
        Is called with each page as soon as it is read.
    """

    pages: Sequence[PageSource]
    read: ReadMany
    journal: Journal | None
    use: Use

    def run(self) -> list[PageResult]:
        """Read the pages that are not read yet; return all pages in their order.

        Pages that failed are tried again: the file may be repaired by now, or the server reachable again.
        """
        keys = {page: page.key for page in self.pages}
        kept = self.journal.done if self.journal else {}
        done = {page: kept[key] for page, key in keys.items() if key in kept and isinstance(kept[key].reading, Reading)}
        done = {page: replace(result, open_picture=page.open_picture) for page, result in done.items()}
        if done:
            tell(f"{len(done)} of {len(self.pages)} pages are read already")
        rest = [page for page in self.pages if page not in done]
        for page, result in self._with_progress(rest, len(done)):
            self.use(page, result)  # its files come before its line in the journal: a page with a line is complete
            if self.journal:
                self.journal.add(keys[page], result)
            done[page] = result
        return [done[page] for page in self.pages]

    def _with_progress(self, rest: Sequence[PageSource], num_done: int) -> Iterator[tuple[PageSource, PageResult]]:
        start = time.monotonic()
        for number, (page, result, seconds) in enumerate(self.read(rest), 1):
            yield page, result  # it is kept before anybody is told that it is read
            if isinstance(result.reading, UserError):
                tell(f"error: {result.reading}")
            if len(self.pages) > 1:
                left = len(rest) - number
                minutes = duration((time.monotonic() - start) / number * left)
                what = "failed" if isinstance(result.reading, UserError) else _summary(result.reading)
                count = f"[{num_done + number}/{len(self.pages)}]"
                tell(f"{count} {page.name}: {what}, {seconds:.1f} s; {left} left, {minutes}")


def _summary(reading: Reading) -> str:
    if not reading.lines:
        return "no ink"
    return f"{len(reading.lines)} lines, {reading.confidence:.0%} sure" if reading.text else "nothing could be read"


def duration(seconds: float) -> str:
    """Return a time as text: "40 s", "12 min" or "3 h 5 min"."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def tell(text: str) -> None:
    """Print a line to standard error: standard output is for the texts."""
    print(text, file=sys.stderr, flush=True)
