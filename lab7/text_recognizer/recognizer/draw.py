"""Draws a reading: the page with framed lines, and their texts beside it."""

from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

from text_recognizer.page.ink import to_grey
from text_recognizer.recognizer.result import Line, Reading

HEIGHT, MAX_WIDTH = 1200, 1600  # pixels of the page in the drawing: it is scaled to fit
MIN_FONT, MAX_FONT = 10, 32


def draw_reading(page: Image.Image, reading: Reading) -> Image.Image:
    """Return the page with a frame around each line, and the line's text and confidence beside it.

    Lines are coloured from red to green by confidence. Texts are listed one below the other where the places of lines
    are unknown, or lines run up and down the page.
    """
    scale = min(HEIGHT / page.height, MAX_WIDTH / page.width)
    width, height = (max(1, round(scale * length)) for length in page.size)
    sheet = Image.new("RGB", (2 * width, height), "white")
    sheet.paste(in_colour(page).resize((width, height)), (0, 0))
    size = _font_size(reading, width, height)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size)
    for line, middle in zip(reading.lines, _middles(reading.lines, scale, height, size), strict=True):
        colour = colour_of(line.confidence)
        if line.box is not None:
            left, top, right, bottom = line.box
            corners = line.outline or ((left, top), (right, top), (right, bottom), (left, bottom))
            draw.polygon([(scale * x, scale * y) for x, y in corners], outline=colour, width=2)
        draw.text((width + 10, middle), _caption(line), fill=colour, font=font, anchor="lm")
    return sheet


def in_colour(page: Image.Image) -> Image.Image:
    """Return a picture in any of Pillow's modes as RGB; pictures of more than 8 bits a pixel may be reduced."""
    return Image.fromarray(to_grey(page)).convert("RGB") if page.mode.startswith(("I", "F")) else page.convert("RGB")


def _middles(lines: Sequence[Line], scale: float, height: int, size: int) -> list[float]:
    """Return the y of each line's text: beside the line, or below the text before where the two would overlap."""
    even = [(number + 0.5) * height / len(lines) for number in range(len(lines))]
    beside = [
        y if line.box is None else scale * (line.box[1] + line.box[3]) / 2 for line, y in zip(lines, even, strict=True)
    ]
    overlap = any(below - above < size / 2 for above, below in pairwise(sorted(beside)))
    return even if overlap else beside


def _caption(line: Line) -> str:
    return f"{line.confidence:4.0%}  {line.text}"


def _font_size(reading: Reading, width: int, height: int) -> int:
    """Return a font size at which the longest line fits in width, and all lines in height."""
    longest = max((len(_caption(line)) for line in reading.lines), default=1)
    fitting = min(1.8 * width / longest, 0.8 * height / max(1, len(reading.lines)))  # letters are half as wide as high
    return round(min(max(MIN_FONT, fitting), MAX_FONT))


def colour_of(confidence: float) -> tuple[int, int, int]:
    """Return a colour from red, for confidences up to one half, to green at 1."""
    share = max(0.0, 2 * confidence - 1)
    return round(200 * (1 - share)), round(130 * share), 0
