"""The canvas of paragraphs: its size, how a paragraph is laid on it, and how its text is encoded.

Letters in this file: H W image, S labels in a row.
"""

import math

import cv2
import numpy as np

from text_recognizer.vocabulary import MAPPING, NEWLINE, Tokenizer

IMAGE_HEIGHT, IMAGE_WIDTH = 576, 640
SCAN_PIXELS = 4  # pixels of IAM's scans (300 dpi) per pixel of the canvas: half the size of the labs' images
EDGE = 4  # pixels of paper around the ink that belong to a paragraph
MARGIN = 28  # pixels above and to the left of a paragraph, where it fits: all start at the same place
OUTPUT_LENGTH = 682  # IAM's longest paragraph has 680 characters, plus the start and end tokens
PARAGRAPH_MAPPING = (*MAPPING, NEWLINE)
PARAGRAPH_TOKENIZER = Tokenizer(PARAGRAPH_MAPPING)


def canvas_scale(scan_pixels: float) -> float:
    """Return the scale from an image to the canvas, for an image with a pixel for `scan_pixels` pixels of the scan."""
    return scan_pixels / SCAN_PIXELS


def encode_paragraph(text: str) -> list[int]:
    """Encode lines joined by newlines as a row of 682 labels: start, text, end, padding.

    Raises
    ------
    ValueError
        If the text has a character outside the vocabulary, or does not fit.
    """
    return PARAGRAPH_TOKENIZER.encode(text, OUTPUT_LENGTH, with_start_end_tokens=True)


def scaled(image: np.ndarray, scale: float) -> np.ndarray:
    """Scale an image (H, W) in one step; each new pixel is the mean of the pixels that it covers.

    The edge is repeated to fill the last pixel, because halving 101 pixels to 50 would blur every pixel.
    """
    size = [max(1, math.ceil(scale * length - 1e-6)) for length in image.shape]
    missing = [max(0, round(new / scale) - length) for new, length in zip(size, image.shape, strict=True)]
    filled = np.pad(image, [(0, missing[0]), (0, missing[1])], mode="edge")
    return cv2.resize(filled, size[::-1], interpolation=cv2.INTER_AREA)


def fit_to_canvas(image: np.ndarray, paper: int, scale: float = 1.0) -> np.ndarray:
    """Scale a paragraph (H, W), white ink on black, and lay it at the top left of a canvas of paper: (576, 640).

    A paragraph that is too large for the canvas is scaled down further, and never cut.
    """
    height, width = image.shape
    image = scaled(image, min(scale, IMAGE_HEIGHT / height, IMAGE_WIDTH / width))
    height, width = image.shape
    canvas = np.full((IMAGE_HEIGHT, IMAGE_WIDTH), paper, dtype=np.uint8)
    y, x = min(MARGIN, IMAGE_HEIGHT - height), min(MARGIN, IMAGE_WIDTH - width)
    canvas[y : y + height, x : x + width] = image
    return canvas
