"""Tells print from handwriting, line by line."""

from collections.abc import Sequence

from text_recognizer.page.text_line import TextLine

SURE = 0.5  # probability of print: a line with more is print,
LIKELY = 0.2  # and so is a line with more that stands before or behind a line of print; handwriting seldom has more


def has_handwriting(lines: Sequence[TextLine]) -> bool:
    """Tell whether some lines are neither print nor likely to be print."""
    return any(line.printed <= LIKELY for line in lines)


def find_print(lines: Sequence[TextLine]) -> list[bool]:
    """Tell for each line, in reading order, whether it is print.

    A printed paragraph has lines of which the line finder is sure and others of which it is not, so two thresholds are
    used, with hysteresis (J. Canny, "A computational approach to edge detection", 1986, §IV).
    """
    is_print = [line.printed > SURE for line in lines]
    for step in (1, -1):
        before = False
        for i in range(len(lines))[::step]:
            before = is_print[i] = is_print[i] or (before and lines[i].printed > LIKELY)
    return is_print
