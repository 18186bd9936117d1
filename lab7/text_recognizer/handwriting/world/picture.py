"""Draws a picture of a sheet with a line finder's targets for each pixel.

Letters in this file: H W picture, h w maps at half its size, K points of a line.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from text_recognizer.handwriting.world.bank import LineBank, take_words
from text_recognizer.handwriting.world.drawings import scrawl
from text_recognizer.handwriting.world.forms import LAYOUTS
from text_recognizer.handwriting.world.layouts import Page
from text_recognizer.handwriting.world.lens import LOOKS
from text_recognizer.handwriting.world.papers import Paper, colour_sheet, draw_paper, fold, punch, rule_paper
from text_recognizer.handwriting.world.photograph import PAPER, Picture, photograph, scan
from text_recognizer.handwriting.world.sheet import Sheet
from text_recognizer.handwriting.world.view import draw_angle
from text_recognizer.images.constants import INK

PITCHES = {  # fewest and most lines that fit on the longer side of a sheet
    "letter": (10, 45),
    "paragraph": (6, 34),
    "full": (14, 45),
    "list": (6, 40),
    "sparse": (4, 34),
    "columns": (8, 45),
    "margin": (12, 34),
    "board": (4, 16),
    "form": (9, 30),
    "table": (6, 34),
    "data form": (16, 34),
    "print": (12, 34),
}
OFTEN = {"letter": 3, "paragraph": 3, "full": 2, "list": 2, "sparse": 2.5, "data form": 1.5}  # weights; others have 1
BOLD = {"contrast": (0.9, 0.9), "texture": 0.0}  # ink that a threshold separates from paper
SMALL_PITCH = 11.0  # pixels: the least distance of lines, unless a number of lines has to fit
PLACES = {"scan": 0.45, "desk": 0.4, "close": 0.15}


@dataclass(frozen=True)
class Scene:
    """The settings of a picture; None means that a setting is drawn at random.

    Parameters
    ----------
    shape
        Height and width of the picture.
    layout
        A key of LAYOUTS, or "strip" or "word" for a close crop that fills the shape as far as possible.
    place
        A key of PLACES.
    share
        The share of the picture's width or height that the sheet takes.
    angle
        The skew in degrees.
    turns
        Quarter turns counter-clockwise at the end.
    num_lines
        The number of lines that would fill the sheet.
    look
        A key of `lens.LOOKS`.
    paper
        Settings of `Paper` that are not drawn at random.
    """

    shape: tuple[int, int]
    layout: str | None = None
    place: str | None = None
    share: float | None = None
    angle: float | None = None
    turns: int = 0
    num_lines: float | None = None
    look: str | None = None
    paper: dict | None = None


def draw_picture(bank: LineBank, scene: Scene, split: str, rng: np.random.Generator) -> Picture:
    """Draw a picture in the hands of a bank, with the papers and textures of a split."""
    if scene.turns % 2:
        scene = replace(scene, shape=scene.shape[::-1])
    name = scene.layout or draw_layout_name(rng)
    if name in ("strip", "word"):
        picture = _draw_crop(bank, scene, name, split, rng)
    else:
        picture = _draw_sheet(bank, scene, name, split, rng)
    return _turned(picture, scene.turns)


def draw_layout_name(rng: np.random.Generator) -> str:
    """Draw the layout of a sheet."""
    weights = np.array([OFTEN.get(name, 1.0) for name in LAYOUTS])
    return str(rng.choice(list(LAYOUTS), p=weights / weights.sum()))


def draw_look(rng: np.random.Generator) -> str:
    """Draw the look of a sheet without surroundings: scanned, photographed, binarised."""
    return str(rng.choice(list(LOOKS), p=list(LOOKS.values())))


def _draw_sheet(bank: LineBank, scene: Scene, name: str, split: str, rng: np.random.Generator) -> Picture:
    place = scene.place or str(rng.choice(list(PLACES), p=list(PLACES.values())))
    share = scene.share or {"scan": 1.0, "desk": rng.uniform(0.5, 1.02), "close": rng.uniform(1.05, 1.5)}[place]
    angle = draw_angle(rng) if scene.angle is None else scene.angle
    size = _sheet_size(scene.shape, place, share, angle, rng)
    few, many = PITCHES[name]
    most = max(few + 1, min(many, max(size) / SMALL_PITCH))
    num = scene.num_lines or few * (most / few) ** rng.random()
    pitch = max(max(size) / num, 7.0 / min(1.0, share))
    sheet = Sheet(size)
    is_board = name == "board" and rng.random() < 0.7
    look = scene.look or ("photo" if place == "desk" else draw_look(rng))
    paper = draw_paper(pitch, size, split, rng, is_board)
    paper = replace(paper, **((BOLD if look == "binary" else {}) | (scene.paper or {})))
    rule_paper(sheet, paper, rng)
    page = _open_page(sheet, bank, pitch, paper, rng)
    LAYOUTS[name](page)
    if rng.random() < 0.08:
        scrawl(sheet, page.x_height, page.pen, rng)
    image = _coloured(sheet, paper, rng, clean=scene.paper is not None)
    if place == "scan" and abs(angle) < 0.05:
        whole = np.full(size, PAPER, np.uint8)
        return scan(image, sheet.labels | whole, sheet.heights, 1.0, sheet.lines, look, rng)
    return photograph(sheet, image, scene.shape, (place, share, angle, look), split, rng)


def _sheet_size(
    shape: tuple[int, int], place: str, share: float, angle: float, rng: np.random.Generator
) -> tuple[int, int]:
    """Return the size of a sheet in pixels, about the size that it will have in the picture."""
    if place == "scan" and abs(angle) < 0.05:
        return shape
    height, width = shape
    aspect = (
        height / width if place != "desk" else float(np.clip(rng.lognormal(np.log(height / width), 0.15), 0.4, 2.2))
    )
    wide = min(width, height / aspect) * min(share, 1.6)
    return max(64, round(wide * aspect)), max(64, round(wide))


def _open_page(sheet: Sheet, bank: LineBank, pitch: float, paper: Paper, rng: np.random.Generator) -> Page:
    """Choose a hand, and its size for lines at distance `pitch`; on ruled paper the lines follow the rules."""
    page = Page(sheet, bank, rng, 1.0, pitch)
    line = page.hand[0]
    reach = (line.ascent + line.descent) / line.x_height
    page.x_height = pitch / (reach * (rng.uniform(0.7, 0.95) if rng.random() < 0.25 else rng.uniform(0.95, 1.7)))
    if paper.kind in ("ruled", "double", "squared", "graph") and rng.random() < 0.8:
        page.grid = (paper.start, paper.pitch)
        page.pitch = paper.pitch * max(1, round(pitch / paper.pitch))
        page.slope = 0.3 * page.slope
    return page


def _coloured(sheet: Sheet, paper: Paper, rng: np.random.Generator, clean: bool = False) -> np.ndarray:
    image = colour_sheet(sheet, paper, rng)
    if not clean and rng.random() < 0.1:
        fold(image, rng)
    if not clean and rng.random() < (0.08 if paper.kind == "plain" else 0.2):
        grey = float(rng.choice([0, 30, 120, 250]))
        punch(image, (grey, grey, grey), rng)
    return image


def _draw_crop(bank: LineBank, scene: Scene, name: str, split: str, rng: np.random.Generator) -> Picture:
    """Draw a close crop of one to twelve lines, or of one word, with little or no paper around."""
    width = scene.shape[1]
    hand = bank.hand(rng)
    if name == "word":
        num, words = 1, take_words(hand, int(rng.choice([1, 1, 1, 2, 3])), rng)
        x_height = 0.8 * width / max(1.5, (words.places[-1, 1] - words.places[0, 0]) / words.x_height)
        x_height = min(x_height, 0.3 * width)
    else:
        num, words = int(scene.num_lines or rng.choice([1, 1, 2, 2, 3, 4, 5, 7, 9, 12])), None
        x_height = width / (12 * 5.5 ** rng.random())
    reach = (hand[0].ascent + hand[0].descent) / hand[0].x_height
    pitch = x_height * reach * (rng.uniform(0.7, 0.95) if rng.random() < 0.25 else rng.uniform(0.95, 1.5))
    sheet = Sheet((round(pitch * (num + 2) + 2 * x_height), round(1.1 * width)))
    look = scene.look or draw_look(rng)
    changes = (BOLD if look == "binary" else {}) | (scene.paper or {})
    paper = replace(draw_paper(pitch, sheet.size, split, rng), **changes)
    rule_paper(sheet, paper, rng)
    page = Page(sheet, bank, rng, x_height, pitch)
    page.hand = hand
    if words is not None:
        page.handwrite(words, 0.1 * width, 1.8 * pitch)
    else:
        page.paragraph((0.05 * width, 1.6 * pitch, width, sheet.size[0]), num, ragged=rng.uniform(0, 0.4))
    image = _coloured(sheet, paper, rng, clean=True)
    top, bottom, left, right = _ink_box(sheet, x_height * rng.uniform(0, 1.2))
    cut = np.s_[top:bottom, left:right]
    lines = [line._replace(polyline=line.polyline - np.array([left, top], np.float32)) for line in sheet.lines]
    scale = min(scene.shape[0] / (bottom - top), scene.shape[1] / (right - left))
    return scan(image[cut], sheet.labels[cut] | PAPER, sheet.heights[cut], scale, lines, look, rng)


def _ink_box(sheet: Sheet, margin: float) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of all ink, with a margin."""
    ink = np.maximum.reduce(list(sheet.inks.values()))
    x, y, width, height = cv2.boundingRect((ink > INK).astype(np.uint8))
    room = round(margin)
    top, left = max(0, y - room), max(0, x - room)
    return top, min(sheet.size[0], y + height + room), left, min(sheet.size[1], x + width + room)


def _turned(picture: Picture, turns: int) -> Picture:
    """Turn a picture by quarter turns counter-clockwise."""
    image, labels, heights, _, lines = picture
    for _ in range(turns % 4):
        width = image.shape[1]
        image, labels, heights = (np.rot90(array) for array in (image, labels, heights))
        lines = [line._replace(polyline=_quarter(line.polyline, width)) for line in lines]
    image, labels, heights = (np.ascontiguousarray(array) for array in (image, labels, heights))
    return Picture(image, labels, heights, -turns % 4, lines)


def _quarter(points: np.ndarray, width: int) -> np.ndarray:
    """Map points (K, 2) of a picture of some width to the picture after a quarter turn counter-clockwise."""
    return np.stack([points[:, 1], width - 1 - points[:, 0]], axis=1)
