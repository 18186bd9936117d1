"""The flag --pages: which pages of a document to read, such as "1-3,7", "5-" or "-2"."""

import re
from typing import NamedTuple

from text_recognizer.util import UserError


class PageNumbers(NamedTuple):
    """Ranges of page numbers, counted from 1, with both ends included; no ranges mean all pages."""

    ranges: tuple[tuple[int, float], ...] = ()

    @classmethod
    def parse(cls, text: str | None) -> "PageNumbers":
        """Parse the flag's text.

        Raises
        ------
        UserError
            If it is anything but numbers and ranges.
        """
        return cls(tuple(_range(part, text) for part in text.split(","))) if text else cls()

    def of(self, total: int) -> list[int]:
        """Return the wanted numbers among 1 to `total`."""
        numbers = range(1, total + 1)
        return [one for one in numbers if not self.ranges or any(low <= one <= high for low, high in self.ranges)]


def _range(part: str, text: str) -> tuple[int, float]:
    found = re.fullmatch(r"\s*(\d*)\s*(-?)\s*(\d*)\s*", part)
    first, dash, last = found.groups() if found else ("", "", "")
    low = int(first or 1)
    high = (int(last) if last else float("inf")) if dash else low
    if not (first or last) or not 1 <= low <= high:
        shown = text if text.isprintable() else repr(text)  # the message stays one line
        raise UserError(f"--pages={shown}: {part!r} is not a page or a range of pages. Expected such as --pages=1-3,7")
    return low, high
