"""Which pages of documents to read: "1-3,7", "5-" or "-2"."""

import re
from typing import NamedTuple

from text_recognizer.util import UserError


class PageNumbers(NamedTuple):
    """Ranges of page numbers from 1, each with its ends; without a range all pages."""

    ranges: tuple[tuple[int, float], ...] = ()

    @classmethod
    def parse(cls, text: str | None) -> "PageNumbers":
        """Read what somebody typed.

        Raises
        ------
        UserError
            If it is anything else than numbers and ranges.
        """
        return cls(tuple(_range(part, text) for part in text.split(","))) if text else cls()

    def of(self, total: int) -> list[int]:
        """Return those of the numbers from 1 to a total that are wanted."""
        numbers = range(1, total + 1)
        return [one for one in numbers if not self.ranges or any(low <= one <= high for low, high in self.ranges)]


def _range(part: str, text: str) -> tuple[int, float]:
    found = re.fullmatch(r"\s*(\d*)\s*(-?)\s*(\d*)\s*", part)
    first, dash, last = found.groups() if found else ("", "", "")
    low = int(first or 1)
    high = (int(last) if last else float("inf")) if dash else low
    if not (first or last) or not 1 <= low <= high:
        raise UserError(f"--pages={text}: {part!r} is no page or range of pages. Expected such as --pages=1-3,7")
    return low, high
