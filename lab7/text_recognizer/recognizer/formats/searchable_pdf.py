"""Writes readings as a PDF: the pages' pictures, with invisible text over each word that can be searched and copied.

It needs ReportLab, which the extra `documents` installs.
"""

import importlib.util
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from text_recognizer.recognizer.draw import in_colour
from text_recognizer.recognizer.formats.page_result import PageResult, frames_of, read_pages
from text_recognizer.recognizer.formats.words import Word, words_of
from text_recognizer.recognizer.result import Reading
from text_recognizer.util import UserError

POINTS = 72  # to the inch
LONG_SIDE = 842.0  # points: a page whose resolution is not known becomes as long as A4
JPEG_QUALITY = 85
MAX_CLIMB = 0.6  # heights: a line that rises or falls by more does not count as level
LETTERS = 0.6  # of a frame's height: frames overlap, and PDF viewers would mix up the lines
MIN_SIZE = 0.1  # points: the least font size
INVISIBLE = 3  # the text rendering mode that draws nothing (PDF 1.7, section 9.3.6)
FONT = "Vera"  # comes with ReportLab; embedded, so that each character can be copied


def as_pdf(results: Sequence[PageResult]) -> bytes:
    """Return a PDF of the pages that could be read.

    Raises
    ------
    UserError
        If ReportLab is not installed, or a page's picture is not available.
    """
    check_reportlab()
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(TTFont(FONT, f"{FONT}.ttf"))
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.setCreator("text-recognizer")
    for page, reading, size in read_pages([*results]):
        if page.open_picture is None:
            raise UserError(f"{page.name}: the picture is not available, and a PDF needs it. Expected another format")
        points_per_pixel = POINTS / page.dpi if page.dpi else LONG_SIDE / max(size)
        _add_page(canvas, page.open_picture(), reading, points_per_pixel)
    canvas.save()
    return file.getvalue()


def check_reportlab() -> None:
    """Refuse to go on if ReportLab is not installed."""
    if importlib.util.find_spec("reportlab") is None:
        raise UserError("PDFs are written with ReportLab, which is missing. Type: python -m pip install reportlab")


def _add_page(canvas: Any, picture: Image.Image, reading: Reading, scale: float) -> None:
    width, height = (scale * length for length in picture.size)
    canvas.setPageSize((width, height))
    canvas.drawImage(_as_jpeg(picture), 0, 0, width, height)
    for line, frame in zip(reading.lines, frames_of(reading, picture.size), strict=True):
        for word in _levelled(words_of(line, frame)):
            _write_word(canvas, word, scale, height)
    canvas.showPage()


def _levelled(words: list[Word]) -> list[Word]:
    """Put the words of a nearly level line on one height, so that PDF viewers take them for one line."""
    if not words:
        return []
    middles = np.array([np.mean(word.frame, axis=0)[1] for word in words])
    heights = [math.dist(word.frame[0], word.frame[3]) for word in words]
    if np.ptp(middles) > MAX_CLIMB * np.mean(heights):
        return words
    shifts = (middles.mean() - middles).tolist()
    return [
        replace(word, frame=tuple((x, y + shift) for x, y in word.frame))
        for word, shift in zip(words, shifts, strict=True)
    ]


def _as_jpeg(picture: Image.Image) -> Any:
    """Return a picture as a JPEG, whose bytes ReportLab copies into the PDF."""
    from reportlab.lib.utils import ImageReader

    file = io.BytesIO()
    (picture if picture.mode == "L" else in_colour(picture)).save(file, "JPEG", quality=JPEG_QUALITY)
    return ImageReader(file)


def _write_word(canvas: Any, word: Word, scale: float, page_height: float) -> None:
    """Write a word as wide as its frame, centred on the frame.

    It is written horizontally, or vertically where the line runs up the page: PDF viewers take letters for one word
    only if their heights agree to half a point (poppler's TextPage::addChar), and a slope of a degree exceeds that.
    """
    from reportlab.pdfbase.pdfmetrics import getAscentDescent, stringWidth

    corners = [(scale * x, page_height - scale * y) for x, y in word.frame]  # in a PDF y grows upwards
    length = math.dist(corners[3], corners[2])
    height = math.dist(corners[0], corners[3])
    slope = math.atan2(corners[2][1] - corners[3][1], corners[2][0] - corners[3][0])
    angle = math.pi / 2 * round(slope / (math.pi / 2))
    cos, sin = round(math.cos(angle)), round(math.sin(angle))
    ascent, descent = getAscentDescent(FONT, 1)
    font_size = max(LETTERS * height / (ascent - descent), MIN_SIZE)
    # Where the text begins, seen from the frame's centre, in the line's direction.
    along, above = -length / 2, -LETTERS * height / 2 - descent * font_size
    x, y = (sum(values) / len(corners) for values in zip(*corners, strict=True))
    text = canvas.beginText()
    text.setTextRenderMode(INVISIBLE)
    text.setFont(FONT, font_size)
    text.setHorizScale(100 * max(length, MIN_SIZE) / max(stringWidth(word.text, FONT, font_size), MIN_SIZE))
    text.setTextTransform(cos, sin, -sin, cos, x + along * cos - above * sin, y + along * sin + above * cos)
    text.textOut(word.text)
    canvas.drawText(text)
