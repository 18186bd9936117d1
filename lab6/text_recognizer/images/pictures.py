"""Pictures of images with words beneath, for files and for the terminal.

Letters in this file: N images, H W image.
"""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

MARGIN = 6
CAPTION_HEIGHT = 16
MIN_CELL_WIDTH = 64
SHEET_WIDTH = 960


def contact_sheet(images: Sequence[torch.Tensor], captions: Sequence[str], marked: Sequence[bool] = ()) -> Image.Image:
    """Draw images in rows, as many in a row as fit, each above its caption; without images, a blank strip.

    Parameters
    ----------
    images
        N images (1, H, W) in [0, 1], white ink on black; small ones are drawn at twice their size.
    captions
        N texts.
    marked
        Which captions are printed in red; none if empty.
    """
    pictures = [_to_picture(image) for image in images]
    cell_width = max([MIN_CELL_WIDTH, *(picture.width for picture in pictures)]) + MARGIN
    cell_height = max((picture.height for picture in pictures), default=0) + CAPTION_HEIGHT + MARGIN
    num_columns = max(1, min(len(pictures), SHEET_WIDTH // cell_width))
    num_rows = -(-len(pictures) // num_columns)
    sheet = Image.new("RGB", (num_columns * cell_width + MARGIN, num_rows * cell_height + MARGIN), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for i, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = MARGIN + i % num_columns * cell_width, MARGIN + i // num_columns * cell_height
        sheet.paste(picture, (x, y))
        colour = "red" if marked and marked[i] else "black"
        draw.text((x, y + picture.height + 1), caption, fill=colour, font=font)
    return sheet


def to_terminal(image: torch.Tensor) -> list[str]:
    """Draw one image (1, H, W) with block characters, two rows of pixels in a line of text: H/2 strings."""
    ink = image[0].numpy() > 0.4
    ink = np.vstack([ink, np.zeros((len(ink) % 2, ink.shape[1]), dtype=bool)])
    blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    return [
        "".join(blocks[bool(upper), bool(lower)] for upper, lower in zip(*rows, strict=True))
        for rows in zip(ink[::2], ink[1::2], strict=True)
    ]


def _to_picture(image: torch.Tensor) -> Image.Image:
    picture = Image.fromarray((image[0].clamp(0, 1) * 255).byte().numpy())
    scale = 2 if picture.width <= 64 else 1
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
