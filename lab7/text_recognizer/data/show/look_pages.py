"""Shows a data set of paragraphs: draws them on a contact sheet, reduced, with their texts beneath."""

import sys

import torch
from PIL import Image, ImageDraw, ImageFont

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError, write_atomically
from text_recognizer.vocabulary import tokenizer_of

NUM_PAGES = 12
PAGES_IN_A_ROW = 3
SHRINK = 2  # pixels of a page per pixel of the sheet
LINE_HEIGHT = 12  # of captions, in pixels
MARGIN = 8


def look_at_pages(data_class: type[BaseDataModule]) -> None:
    """Prepare a data set with its default settings, print its description, and save a picture of training pages."""
    try:
        data = data_class(batch_size=NUM_PAGES)
        data.prepare_data()
        data.setup()
        show_pages(data)
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")


def show_pages(data: BaseDataModule) -> None:
    """Print the description of a data set, and save a picture of training pages."""
    print(data)
    images, targets = next(iter(data.train_dataloader()))
    tokenizer = tokenizer_of(data.config())
    filename = PROCESSED_DIRNAME / "look" / f"{type(data).__name__}.png"
    with write_atomically(filename) as file:
        page_sheet(list(images), [tokenizer.spell(target) for target in targets]).save(file, format="png")
    print(f"Picture of {len(images)} training pages: {filename}")


def page_sheet(images: list[torch.Tensor], texts: list[str]) -> Image.Image:
    """Draw pages (1, H, W) in [0, 1], white ink on black, in rows, each above the lines of its text."""
    pages = [Image.fromarray((image[0].clamp(0, 1) * 255).byte().numpy()).reduce(SHRINK) for image in images]
    width = max(page.width for page in pages) + MARGIN
    rows = [range(i, min(i + PAGES_IN_A_ROW, len(pages))) for i in range(0, len(pages), PAGES_IN_A_ROW)]
    heights = [max(pages[i].height + LINE_HEIGHT * (texts[i].count("\n") + 1) for i in row) + MARGIN for row in rows]
    sheet = Image.new("RGB", (width * len(rows[0]) + MARGIN, sum(heights) + MARGIN), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(9)
    y = MARGIN
    for row, height in zip(rows, heights, strict=True):
        for x, i in enumerate(row):
            sheet.paste(pages[i], (MARGIN + x * width, y))
            for k, line in enumerate(texts[i].split("\n")):
                draw.text((MARGIN + x * width, y + pages[i].height + LINE_HEIGHT * k), line, fill="black", font=font)
        y += height
    return sheet
