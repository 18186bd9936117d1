"""Writes a small Chars74K: a few drawn characters of each class, in four files of EMNIST's layout."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.small_mnist import write_idx

NUM = {"train": 5, "test": 2}  # of each class


def write(downloaded_dirname: Path) -> None:
    """Write the idx files into `chars74k` under the directory of downloads."""
    from text_recognizer.data.characters import CLASSES, NAME

    dirname = downloaded_dirname / "chars74k"
    dirname.mkdir(parents=True, exist_ok=True)
    for split, num in NUM.items():
        labels = np.arange(len(CLASSES)).repeat(num)
        images = np.stack([draw(CLASSES[label], 18 + i % 4) for i, label in enumerate(labels)])
        write_idx(dirname / NAME.format(split=split, what="images-idx3"), images.swapaxes(1, 2))
        write_idx(dirname / NAME.format(split=split, what="labels-idx1"), labels)


def draw(character: str, size: int) -> np.ndarray:
    """Return a character in Pillow's font, white on black: (28, 28) uint8."""
    image = Image.new("L", (28, 28))
    ImageDraw.Draw(image).text((14, 14), character, fill=255, font=ImageFont.load_default(size), anchor="mm")
    return np.array(image)
