"""Writes a small EMNIST: printed characters in matlab.zip, in the structure of the real emnist-byclass.mat."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.io import savemat

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MEMBER = "matlab/emnist-byclass.mat"


def write(downloaded_dirname: Path) -> None:
    """Write matlab.zip into `emnist` under the directory of downloads."""
    rng = np.random.default_rng(0)
    dirname = downloaded_dirname / "emnist"
    dirname.mkdir(parents=True, exist_ok=True)
    write_zip(dirname / "matlab.zip", {"train": make_split(rng, 40, 60), "test": make_split(rng, 4, 8)})


def write_zip(filename: Path, dataset: dict) -> None:
    """Write a structure of splits as the zip file's MATLAB file."""
    content = io.BytesIO()
    savemat(content, {"dataset": dataset})
    with zipfile.ZipFile(filename, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MEMBER, content.getvalue())


def make_split(rng: np.random.Generator, min_count: int, max_count: int) -> dict[str, np.ndarray]:
    """Draw an unbalanced split: (N, 784) pixels, each image lying on its side as in the real file, (N, 1) labels."""
    counts = rng.integers(min_count, max_count + 1, len(CHARACTERS))
    labels = rng.permutation(np.repeat(np.arange(len(CHARACTERS)), counts))
    images = np.stack([draw_character(CHARACTERS[label], rng) for label in labels])  # (N, 28, 28)
    pixels = images.swapaxes(1, 2).reshape(len(labels), -1)
    return {"images": pixels, "labels": labels.astype(np.uint8)[:, None], "writers": np.zeros_like(labels)[:, None]}


def draw_character(character: str, rng: np.random.Generator) -> np.ndarray:
    """Draw one character in a font, white on black, a little off the centre: (28, 28) uint8."""
    picture = Image.new("L", (28, 28))
    position = (14 + rng.integers(-2, 3), 14 + rng.integers(-2, 3))
    ImageDraw.Draw(picture).text(position, character, fill=255, font=ImageFont.load_default(22), anchor="mm")
    return np.asarray(picture)
