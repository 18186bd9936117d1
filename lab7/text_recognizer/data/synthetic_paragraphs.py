"""Paragraphs drawn by the handwriting engine, new ones in each epoch, on the canvas of IAM's paragraphs.

Letters in this file: H W image, S labels in a row.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from text_recognizer.data.drawing.drawn import DrawnData
from text_recognizer.data.paragraphs.canvas import (
    EDGE,
    IMAGE_HEIGHT,
    IMAGE_WIDTH,
    OUTPUT_LENGTH,
    PARAGRAPH_MAPPING,
    encode_paragraph,
)
from text_recognizer.data.paragraphs.page_style import PageStyle, draw_style
from text_recognizer.data.prose.text import TextSource
from text_recognizer.data.show.look_pages import look_at_pages
from text_recognizer.handwriting.camera import Camera, draw_camera
from text_recognizer.handwriting.hands import X_HEIGHT, Hands
from text_recognizer.handwriting.line import draw_line
from text_recognizer.handwriting.page import Aim, Layout, Page, lay_out, take_picture
from text_recognizer.handwriting.writer import MAX_STROKE, MIN_STROKE, Writer, draw_writer
from text_recognizer.images.constants import WHITE
from text_recognizer.page.ink import extract_ink
from text_recognizer.page.layout import PADDING
from text_recognizer.util import UserError
from text_recognizer.vocabulary import NEWLINE

SHAPE = (IMAGE_HEIGHT, IMAGE_WIDTH)
MAX_TRIES = 100  # nearly all pages of up to 10 lines fit at the first or second try
SMALLEST = 0.85  # a page that is a little too large is scaled down, to this at least; a larger one is drawn again
EVENED = 0.85  # share of pictures that pass through the recogniser's own code; a model sees the others as they are
PHOTO_PIXELS = 3  # pixels of a photograph per pixel of the canvas, in each direction
RULED_BY_LINES = 0.8  # share of ruled paper whose rules have the distance of the lines
FAINTER = 0.6  # largest darkness of ruled lines, as a share of the ink's
CLIMB = 0.006  # standard deviation of the slope of lines on a page, in addition to the picture's
LETTERS_OF_A_WORD = 4.7  # mean in English
SAMPLE = "etaoinshrdlucmfwypvbgk"  # letters by frequency
Labelled = tuple[np.ndarray, list[int]]


class SyntheticParagraphs(DrawnData):
    """Paragraphs drawn by the handwriting engine: new ones in each epoch, in the format of `IAMParagraphs`.

    They need no licence. Lines have the recogniser's line pitch, letters are as large as IAM's, and most pages have
    black paper, like pages after the recogniser has evened out the light. Validation and test pages are always the
    same, in handwriting families and from a part of the text that training never sees; they have as many lines as
    training pages. `make fonts` installs the families; without them Hershey's stroke fonts are used.

    Parameters
    ----------
    num_train_pages
        Number of training pages in an epoch.
    num_held_out_pages
        Number of validation pages, and of test pages.
    min_lines
        Fewest lines of a page; use short pages at first if a model does not start to learn.
    max_lines
        Most lines of a page; each number is equally likely.
    min_families
        Refuse to train with fewer handwriting families than this.
    """

    input_dims = (1, *SHAPE)
    output_dims = (OUTPUT_LENGTH,)
    mapping = PARAGRAPH_MAPPING
    unit = "pages"

    def __init__(
        self,
        num_train_pages: int = 5_000,
        num_held_out_pages: int = 200,
        min_lines: int = 1,
        max_lines: int = 12,
        min_families: int = 0,
        **kwargs: Any,
    ) -> None:
        if not 1 <= min_lines <= max_lines:
            raise UserError(f"--min_lines={min_lines} --max_lines={max_lines}: expected 1 <= min_lines <= max_lines")
        super().__init__(
            draw=partial(draw_labelled_page, nums_lines=(min_lines, max_lines)),
            num_train=num_train_pages,
            num_held_out=num_held_out_pages,
            min_families=min_families,
            **kwargs,
        )


def draw_labelled_page(
    hands: Hands, texts: TextSource, rng: np.random.Generator, nums_lines: tuple[int, int]
) -> Labelled:
    """Draw a page on the canvas, (576, 640) uint8, and its labels (S,).

    Parameters
    ----------
    nums_lines
        Fewest and most lines.

    Raises
    ------
    UserError
        If no page with that many lines fits.
    """
    num = int(rng.integers(nums_lines[0], nums_lines[1] + 1))
    for _ in range(MAX_TRIES):
        page = _try_page(hands, texts, num, rng)
        if page is not None:
            return page
    raise UserError(
        f"--max_lines={nums_lines[1]}: none of {MAX_TRIES} pages of {num} lines fits {IMAGE_HEIGHT} x {IMAGE_WIDTH} "
        f"pixels and {OUTPUT_LENGTH} labels: expected fewer lines"
    )


def _try_page(hands: Hands, texts: TextSource, num: int, rng: np.random.Generator) -> Labelled | None:
    """Draw a page of `num` lines, or None if it does not fit."""
    style = draw_style(rng)
    lines = texts.paragraph(num, rng, style.page_width / style.character_width)
    if len(lines) != num or len(NEWLINE.join(lines)) > OUTPUT_LENGTH - 2:
        return None
    writer = writer_of(style, hands, rng)
    layout = layout_of(style)
    scale = style.x_height / X_HEIGHT
    drawn = [draw_line(writer.varied(rng), line, rng) for line in lines]
    sheet, corners = lay_out(drawn, layout, rng)
    if not _fits(sheet.shape, scale):
        return None
    camera, is_evened = camera_for(layout, rng)
    page = take_picture(sheet, corners, lines, camera, SHAPE, rng, Aim(scale, style.corner))
    return as_recognised(page) if is_evened else page.image, encode_paragraph(NEWLINE.join(lines))


def writer_of(style: PageStyle, hands: Hands, rng: np.random.Generator) -> Writer:
    """Draw a writer whose pen and letters have the widths of a page's style, as far as the hand allows."""
    stroke = float(np.clip(style.stroke / style.x_height, MIN_STROKE, MAX_STROKE))
    writer = draw_writer(hands, rng, stroke=stroke, drift=rng.normal(0, CLIMB))
    letter = writer.hand.width(SAMPLE) / (len(SAMPLE) * X_HEIGHT) + writer.letter_gap
    word = (LETTERS_OF_A_WORD + 1) * style.character_width / style.x_height
    stretch = word / (LETTERS_OF_A_WORD * letter + writer.word_gap)
    return replace(writer, stretch=float(np.clip(stretch, 0.6, 2.4)))


def layout_of(style: PageStyle) -> Layout:
    """Convert a page's style to the engine's layout, whose unit is the x-height."""
    x_height = style.x_height
    return Layout(
        pitch=style.pitch / x_height,
        pitch_jitter=style.pitch_jitter,
        margin=0,
        margin_drift=style.margin_drift / x_height,
        margin_jitter=style.margin_jitter / x_height,
        characters=style.page_width / style.character_width,
    )


def _fits(size: tuple[int, ...], scale: float) -> bool:
    """Tell whether a sheet (H, W) fits the canvas, if necessary scaled down by SMALLEST."""
    return all(SMALLEST * scale * pixels <= room - 2 * EDGE for pixels, room in zip(size, SHAPE, strict=True))


def camera_for(layout: Layout, rng: np.random.Generator) -> tuple[Camera, bool]:
    """Draw a camera with its paper, and whether the picture passes through the recogniser's own code."""
    camera = draw_camera(rng)
    camera = replace(camera, rule=min(camera.rule, FAINTER * camera.contrast))
    if rng.random() < RULED_BY_LINES:
        camera = replace(camera, rule_pitch=layout.pitch)
    if rng.random() > EVENED:
        return camera, False
    # The recogniser evens out the light at full size, and a pixel of the canvas is the mean of many.
    effects = replace(camera.effects, noise=camera.effects.noise / PHOTO_PIXELS)
    return replace(camera, effects=effects, quality=None), True


def as_recognised(page: Page) -> np.ndarray:
    """Process a page (H, W) like the recogniser: even out the light, and keep only the surroundings of the ink."""
    left, top, right, bottom = np.array([line.box for line in page.lines]).T
    part = (
        slice(max(0, top.min() - PADDING), bottom.max() + PADDING),
        slice(max(0, left.min() - PADDING), right.max() + PADDING),
    )
    image = np.zeros_like(page.image)
    image[part] = extract_ink(WHITE - page.image)[part]
    return image


if __name__ == "__main__":
    look_at_pages(SyntheticParagraphs)
