"""Readings made by hand, for the tests of what is written from them."""

from text_recognizer.recognizer.formats import PageResult
from text_recognizer.recognizer.result import Character, Line, Reading

SIZE = (400, 300)


def line_of(text, left=40, top=50, width=10, height=30, confidence=0.9, slope=0.0):
    """Return a line whose characters are equally wide, in a frame that falls by `slope`."""

    def fall(x):
        return slope * (x - left)

    middle = top + height / 2
    xs = [left + (i + 0.5) * width for i in range(len(text))]
    characters = tuple(Character(c, confidence, (x, middle + fall(x))) for c, x in zip(text, xs, strict=True))
    right = left + len(text) * width
    outline = (
        (left, top),
        (right, top + fall(right)),
        (right, top + height + fall(right)),
        (left, top + height),
    )
    box = (left, round(min(top, top + fall(right))), right, round(max(top, top + fall(right)) + height))
    return Line(characters, box, outline)


def page_result(*lines, name="page.png", size=SIZE, picture=None, mode="careful", dpi=None):
    """Return a page with these lines."""
    return PageResult(name, Reading(tuple(lines), mode), size, picture and (lambda: picture), dpi)
