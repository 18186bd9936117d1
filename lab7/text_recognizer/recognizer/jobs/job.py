"""A job of many pages: what is read is kept at once, one line a page tells how far it is, and a break costs nothing."""

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
    """Pages to read, and where to keep what is read.

    Parameters
    ----------
    pages
        The pages.
    read
        Reads some of them, in any order.
    journal
        What was read before and what will be; None if nothing is kept.
    use
        What to do with each page as soon as it is read.
    """

    pages: Sequence[PageSource]
    read: ReadMany
    journal: Journal | None
    use: Use

    def run(self) -> list[PageResult]:
        """Read what is not read yet; return all pages in their order.

        Pages that failed are tried again: a file may have been mended, or a server be there again.
        """
        keys = {page: page.key for page in self.pages}
        kept = self.journal.done if self.journal else {}
        done = {page: kept[key] for page, key in keys.items() if key in kept and isinstance(kept[key].reading, Reading)}
        done = {page: replace(result, open_picture=page.open_picture) for page, result in done.items()}
        if done:
            tell(f"{len(done)} of {len(self.pages)} pages are read already")
        rest = [page for page in self.pages if page not in done]
        for page, result in self._with_progress(rest, len(done)):
            self.use(page, result)  # first its files, then its line in the journal: a page that has a line is whole
            if self.journal:
                self.journal.add(keys[page], result)
            done[page] = result
        return [done[page] for page in self.pages]

    def _with_progress(self, rest: Sequence[PageSource], num_done: int) -> Iterator[tuple[PageSource, PageResult]]:
        start = time.monotonic()
        for number, (page, result, seconds) in enumerate(self.read(rest), 1):
            if isinstance(result.reading, UserError):
                tell(f"error: {result.reading}")
            if len(self.pages) > 1:
                left = len(rest) - number
                minutes = duration((time.monotonic() - start) / number * left)
                what = "failed" if isinstance(result.reading, UserError) else _summary(result.reading)
                count = f"[{num_done + number}/{len(self.pages)}]"
                tell(f"{count} {page.name}: {what}, {seconds:.1f} s; {left} left, {minutes}")
            yield page, result


def _summary(reading: Reading) -> str:
    if not reading.lines:
        return "no ink"
    return f"{len(reading.lines)} lines, {reading.confidence:.0%} sure" if reading.text else "nothing could be read"


def duration(seconds: float) -> str:
    """Return a time in the words of people: "40 s", "12 min" or "3 h 5 min"."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def tell(text: str) -> None:
    """Print a line for the person who waits: standard output is for what was read."""
    print(text, file=sys.stderr, flush=True)
