"""Draws where on a page a decoder attends for each character, one artifact beneath the other.

    python training/studies/draw_attention.py resnet_transformer --output=attention.png
    python training/studies/draw_attention.py early resnet_transformer --picture=page.jpg --output=both.png

Each character is a dot in the centre of the cell with the largest attention weight, coloured from blue for the first to
red for the last. The dots of a decoder that reads run along the lines, from left to right and from top to bottom; those
of one that only knows English are scattered. The text is printed beneath each page.
"""

import sys
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import argparse
import colorsys

import numpy as np
import torch
from PIL import Image, ImageDraw

from text_recognizer.documents.open_picture import open_image
from text_recognizer.models.character_maps import character_maps
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.page.layout import page_to_canvas
from text_recognizer.recognizer.artifact import load_artifact
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME
from text_recognizer.recognizer.torch_reader import as_tensor
from text_recognizer.util import UserError, write_atomically
from text_recognizer.vocabulary import tokenizer_of
from training.command_line.settings import one_line_errors

PAGE = Path(__file__).resolve().parents[2] / "pictures" / "page.jpg"
RADIUS, TEXT_LINE, MARGIN = 3, 14, 8  # pixels
BLUE = 0.67  # hue of the first character; the last one's is 0, red


def draw(artifact: str, picture: Path) -> Image.Image:
    """Return the model's canvas with a dot for each character, and the text beneath."""
    model, config = load_artifact(ARTIFACTS_DIRNAME / artifact)
    if not isinstance(model, EncoderDecoder):
        raise UserError(f"{artifact}: it has no decoder. Expected an artifact of ResnetTransformer's kind")
    _, height, width = config["data_config"]["input_dims"]
    canvas = page_to_canvas(open_image(picture), (height, width))
    if canvas is None:
        raise UserError(f"--picture={picture}: there is no ink on it. Expected a page of handwriting")
    tokenizer = tokenizer_of(config["data_config"])
    read = character_maps(model, as_tensor(canvas.pixels), tokenizer.blank)
    text = tokenizer.decode(read.tokens.tolist())
    shown = Image.fromarray(255 - np.asarray(canvas.pixels) // 2).convert("RGB")  # faint ink shows the dots
    page = Image.new("RGB", (width, height + TEXT_LINE * (text.count("\n") + 1) + 2 * MARGIN), "white")
    page.paste(shown)
    pen = ImageDraw.Draw(page)
    places = read.places(height, width)
    for i, (x, y) in enumerate(places.tolist()):
        pen.ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), fill=colour_of(i / max(1, len(places) - 1)))
    pen.multiline_text((MARGIN, height + MARGIN), text, fill="black", spacing=TEXT_LINE - 11)
    return page


def colour_of(share: float) -> tuple[int, int, int]:
    """Return the colour of a character at a share of the text, from 0 to 1."""
    red, green, blue = colorsys.hsv_to_rgb(BLUE * (1 - share), 1.0, 0.85)
    return round(255 * red), round(255 * green), round(255 * blue)


def beneath(pages: list[Image.Image]) -> Image.Image:
    """Stack pictures from top to bottom."""
    sheet = Image.new("RGB", (max(page.width for page in pages), sum(page.height for page in pages)), "white")
    top = 0
    for page in pages:
        sheet.paste(page, (0, top))
        top += page.height
    return sheet


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("artifacts", nargs="+", help="names of artifacts whose models have a decoder")
    parser.add_argument("--picture", type=Path, default=PAGE, help="the page; by default the course's own")
    parser.add_argument("--output", type=Path, required=True, help="a PNG file for the picture")
    args = parser.parse_args(argv)
    torch.manual_seed(0)
    with one_line_errors():
        sheet = beneath([draw(artifact, args.picture) for artifact in args.artifacts])
        with write_atomically(args.output) as file:
            sheet.save(file, format="png", optimize=True)
    print(f"Where it looks: {args.output}")


if __name__ == "__main__":
    main()
