"""Draws a form as IAM's: a printed text above, the same by hand below, and a line for the writer's name.

Pixels are those of the image, which is half the size of IAM's scans. Letters in this file: H W image.
"""

import re
import textwrap
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from stand_ins.work import as_jpeg
from text_recognizer.data.paragraphs.canvas import OUTPUT_LENGTH
from text_recognizer.data.prose.text import TextSource
from text_recognizer.handwriting.camera import draw_camera
from text_recognizer.handwriting.hands import X_HEIGHT, Hands, find_hands
from text_recognizer.handwriting.line import DrawnLine, draw_line
from text_recognizer.handwriting.page import Layout, draw_layout, lay_out
from text_recognizer.handwriting.writer import Writer, draw_writer
from text_recognizer.images.constants import Box
from text_recognizer.vocabulary import CROSSED_OUT

WHITE, INK = 255, 40
PAGE_SIZE = (1240, 1754)  # width and height of A4 at 150 pixels an inch
LEFT, RIGHT = 110, 1130  # of the print and its rules
TITLE_RULE, LAST_RULE = 140, 1440  # rows: below the title, below the handwriting; another is below the printed text
MAX_WIDTH = 940  # of the handwriting
TITLE_SIZE, PRINT_SIZE, PRINT_PITCH, PRINTED_CHARACTERS = 30, 25, 34, 82
LONGEST = OUTPUT_LENGTH - 2  # characters; there are a start and an end, too
SMALLEST_STROKE = 3  # pixels of a speck that is not worth a box
JPEG_QUALITY = 75
MAX_NUM_TRIES = 20
PITCH = 88  # pixels from line to line: a ruled sheet of 1.5 cm lay beneath the forms of IAM
CLEAN_SHARE = 0.8  # of the scans; IAM's have dark ink on white paper
MIN_CONTRAST = 0.85  # fainter ink would get lost when the page is shrunk


class FormTask(NamedTuple):
    """A form that is to be drawn."""

    form_id: str
    writer_id: str
    seed: int
    split: str
    writer: int
    form: int


class WordBoxes(NamedTuple):
    """A word and the boxes of its strokes on the page."""

    text: str
    strokes: list[Box]


class FormLine(NamedTuple):
    """A handwritten line of a form: its words, and the row on which it stands."""

    text: str
    words: list[WordBoxes]
    baseline: int


class DrawnForm(NamedTuple):
    """A form."""

    task: FormTask
    jpeg: bytes
    printed: list[str]
    lines: list[FormLine]


def hands_of(split: str) -> Hands:
    """Return the hands of a split: validation and test share the held-out families without having one in common."""
    return _held_out(split) if split != "train" else find_hands(split)


@cache
def _held_out(split: str) -> Hands:
    hands = find_hands(split)
    # Fonts and Hershey's faces in turn: each split has some of both.
    theirs = hands.families[("val", "test").index(split) :: 2]
    return Hands(tuple(hand for hand in hands.hands if hand.family in theirs))


@cache
def _texts(split: str) -> TextSource:
    return TextSource(split)


def draw_form(task: FormTask) -> DrawnForm:
    """Draw a form in its writer's hand."""
    by_writer = np.random.default_rng([task.seed, 0, task.writer])
    writer = draw_writer(hands_of(task.split), by_writer)
    layout = draw_layout(writer, by_writer)
    size = by_writer.uniform(0.85, 1.3)  # of the writing, against that of the engine
    rng = np.random.default_rng([task.seed, 1, task.form])
    num_lines = int(np.clip(round(rng.normal(8.7, 1.8)), 3, 13))
    texts = _fitting([_plain(text) for text in _texts(task.split).paragraph(num_lines, rng, layout.characters)])
    drawn = [_write(writer, text, rng) for text in texts]
    printed = textwrap.wrap(as_printed(texts), PRINTED_CHARACTERS)
    page, lines = _fill(layout, texts, drawn, size, rule_below(printed), rng)
    page = np.maximum(page, np.asarray(_print(task, printed)))
    page[LAST_RULE + 20 :] = np.maximum(page[LAST_RULE + 20 :], _name(writer, task, rng))
    return DrawnForm(task, _scan(page, rng), printed, lines)


def rule_below(printed: list[str]) -> int:
    """Return the row of the rule between a printed text and the handwriting."""
    return TITLE_RULE + 24 + PRINT_PITCH * max(4, len(printed))


def _plain(text: str) -> str:
    return " ".join(text.split()) or CROSSED_OUT


def _fitting(texts: list[str]) -> list[str]:
    """Leave out what is more than a form of IAM has: the labs' models read no more."""
    while len("\n".join(texts)) > LONGEST:
        texts = texts[:-1]
    return texts


def as_printed(texts: list[str]) -> str:
    """Return the text that was to be copied: without words crossed out and hyphens at the ends of lines."""
    text = re.sub(r"([a-z])-\n([a-z])", r"\1\2", "\n".join(texts))
    return " ".join(word for word in text.split() if word != CROSSED_OUT)


def _write(writer: Writer, text: str, rng: np.random.Generator) -> DrawnLine:
    """Draw a line with a box for each word."""
    for _ in range(MAX_NUM_TRIES):
        line = draw_line(writer.varied(rng), text, rng, with_words=True)
        if len(line.words) == len(text.split()):  # else the pen left no trace of one
            return line
        writer = replace(writer, stroke=writer.stroke * 1.1)
    raise AssertionError(f"{writer.hand.family} cannot write {text}")


def _fill(
    layout: Layout, texts: list[str], drawn: list[DrawnLine], size: float, rule: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[FormLine]]:
    """Put the lines onto an empty page below a rule: (H, W), white ink on black, and where everything is."""
    room = (MAX_WIDTH, LAST_RULE - rule - 30)
    size = min(size, room[0] / max(line.image.shape[1] for line in drawn))
    pitch = min(PITCH * rng.normal(1, 0.06), room[1] / len(drawn)) / (size * X_HEIGHT)
    sheet, corners = lay_out(drawn, on_ruled_sheet(layout, pitch), rng)
    scale = min(size, *(most / length for most, length in zip(room, sheet.shape[::-1], strict=True)))
    shape = [max(1, round(scale * length)) for length in sheet.shape[::-1]]
    ink = cv2.resize(sheet, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left = LEFT + int(rng.integers(20, max(21, min(120, RIGHT - LEFT - ink.shape[1]))))
    top = rule + int(rng.integers(12, max(13, min(70, LAST_RULE - rule - ink.shape[0] - 10))))
    page = np.zeros(PAGE_SIZE[::-1], np.uint8)
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    lines = []
    for text, ((x, y), line) in zip(texts, corners, strict=True):
        words = [
            WordBoxes(word, [_on_page(box, (x, y), scale, (left, top)) for box in boxes])
            for word, boxes in zip(text.split(), strokes_of(line), strict=True)
        ]
        lines.append(FormLine(text, words, round(top + scale * (y + line.baseline))))
    return page, lines


def on_ruled_sheet(layout: Layout, pitch: float) -> Layout:
    """Return how a writer fills a page with lines beneath it: evenly, below each other."""
    jitter = min(layout.pitch_jitter, 0.05)
    return replace(
        layout,
        pitch=pitch,
        pitch_jitter=jitter,
        margin_drift=0.3 * layout.margin_drift,
        margin_jitter=0.5 * layout.margin_jitter,
    )


def strokes_of(line: DrawnLine) -> list[list[Box]]:
    """Return the boxes of the strokes of each word of a line, that is, of ink that hangs together."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((line.image > INK).astype(np.uint8))
    strokes: list[list[Box]] = [[] for _ in line.words]
    for x, y, width, height, area in stats[1:].tolist():
        if area >= SMALLEST_STROKE:
            strokes[_nearest(line.words, x + width / 2)].append((x, y, x + width, y + height))
    # Ink that hangs together over several words is the first one's: the others have the box of the word.
    return [boxes or [word] for boxes, word in zip(strokes, line.words, strict=True)]


def _nearest(words: list[Box], x: float) -> int:
    return min(range(len(words)), key=lambda i: max(words[i][0] - x, x - words[i][2], 0))


def _on_page(box: Box, corner: tuple[int, int], scale: float, origin: tuple[int, int]) -> Box:
    """Move a box of a line to where it is on the page, rounded outwards."""
    (x, y), (left, top) = corner, origin
    return (
        int(np.floor(left + scale * (x + box[0]))),
        int(np.floor(top + scale * (y + box[1]))),
        int(np.ceil(left + scale * (x + box[2]))),
        int(np.ceil(top + scale * (y + box[3]))),
    )


def _print(task: FormTask, printed: list[str]) -> Image.Image:
    """Return what is printed on a form, white on black."""
    image = Image.new("L", PAGE_SIZE)
    draw = ImageDraw.Draw(image)
    draw.text((LEFT + 160, TITLE_RULE - 25), "Sentence Database", WHITE, ImageFont.load_default(TITLE_SIZE), "ls")
    draw.text((RIGHT - 160, TITLE_RULE - 25), task.form_id.upper(), WHITE, ImageFont.load_default(TITLE_SIZE), "rs")
    for row in (TITLE_RULE, rule_below(printed), LAST_RULE):
        draw.line((LEFT, row, RIGHT, row), WHITE, 2)
    for i, text in enumerate(printed):
        draw.text((LEFT, TITLE_RULE + 40 + PRINT_PITCH * i), text, WHITE, ImageFont.load_default(PRINT_SIZE), "ls")
    draw.text((LEFT, LAST_RULE + 60), "Name:", WHITE, ImageFont.load_default(PRINT_SIZE), "ls")
    return image


def _name(writer: Writer, task: FormTask, rng: np.random.Generator) -> np.ndarray:
    """Write the writer's number on the line for the name: (H, W) of the part of the page below the last rule."""
    image = np.zeros((PAGE_SIZE[1] - LAST_RULE - 20, PAGE_SIZE[0]), np.uint8)
    ink = draw_line(writer, f"writer {int(task.writer_id)}", rng).image[:100, :700]
    image[10 : 10 + ink.shape[0], LEFT + 120 : LEFT + 120 + ink.shape[1]] = ink
    return image


def _scan(page: np.ndarray, rng: np.random.Generator) -> bytes:
    """Return the file of a scanned page (H, W): dark ink on light paper, with no ruled lines, as IAM's."""
    camera = draw_camera(rng, "scanned clean" if rng.random() < CLEAN_SHARE else "scanned grey")
    contrast = max(MIN_CONTRAST, camera.contrast)
    camera = replace(camera, rule=0.0, bleed=0.0, quality=None, contrast=contrast, blur=min(camera.blur, 0.6))
    image = camera.photograph(page, 0.0, X_HEIGHT, rng)
    return as_jpeg(WHITE - image, JPEG_QUALITY)
