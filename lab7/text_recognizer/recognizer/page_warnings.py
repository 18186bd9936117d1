"""Warnings about a page that was read."""

from typing import NamedTuple


class PageWarning(NamedTuple):
    """A reason why a page may have been read incompletely or wrongly.

    Parameters
    ----------
    code
        A stable word for programs: one of CODES.
    text
        A sentence for people.
    """

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.text} [{self.code}]"


CODES = (
    "ink_not_read",
    "nothing_found",
    "askew",
    "text_too_small",
    "print_left_out",
    "show_through_left_out",
    "unsure",
    "more_pages",
)
MAX_UNREAD = 0.15  # share of the ink that may lie outside all lines: stains, crossings-out, signatures
MAX_ANGLE = 25.0  # degrees of skew
MIN_HEIGHT = 14.0  # pixels of the picture from ascenders to descenders
MIN_CONFIDENCE = 0.6


def ink_not_read(share: float) -> PageWarning:
    """Warn that ink lies outside all lines."""
    return PageWarning("ink_not_read", f"{share:.0%} of the ink on the page lies outside the lines that were read")


def nothing_found() -> PageWarning:
    """Warn that there is ink and no line."""
    return PageWarning("nothing_found", "there is ink on the page, but no line of text was found")


def askew(degrees: float) -> PageWarning:
    """Warn that lines are too steep."""
    return PageWarning(
        "askew", f"the lines are skewed by {degrees:.0f} degrees: expected {MAX_ANGLE:.0f} at most, turn the picture"
    )


def text_too_small(height: float) -> PageWarning:
    """Warn that lines have too few pixels."""
    return PageWarning(
        "text_too_small",
        f"the lines are {height:.0f} pixels high: expected {MIN_HEIGHT:.0f} at least, take a larger picture",
    )


def print_left_out(num: int) -> PageWarning:
    """Warn that lines of print were not read."""
    return PageWarning("print_left_out", f"{num} {'line' if num == 1 else 'lines'} of print left out")


def show_through_left_out(num: int) -> PageWarning:
    """Warn that lines of writing on the back of the sheet were not read."""
    return PageWarning(
        "show_through_left_out", f"{num} {'line' if num == 1 else 'lines'} of the sheet's other side left out"
    )


def unsure(confidence: float) -> PageWarning:
    """Warn that much of the text may be wrong."""
    return PageWarning(
        "unsure", f"the text is read with a confidence of {confidence:.0%} only: much of it may be wrong"
    )


def more_pages() -> PageWarning:
    """Warn that a file has other pages."""
    return PageWarning("more_pages", "the file has more than one page, and only the first was read")
