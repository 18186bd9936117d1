"""Reads strips in batches, because an LSTM takes hardly longer for eight lines than for one.

Letters in this file: B batch, S W strip, C classes, W' frames.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from text_recognizer.page.cut_lines import LineStrip
from text_recognizer.recognizer.line_reader import LineReader
from text_recognizer.recognizer.result import Line, characters_of

# Strips are padded with paper to a multiple of this many pixels, and strips of equal width form a batch. So a line
# reads the same whatever else is on its page. The lines that the model was trained on are padded with paper too.
WIDTH_STEP = 128
MAX_BATCH = 16


def read_strips(line_reader: LineReader, strips: Sequence[LineStrip]) -> list[Line]:
    """Read strips, in order."""
    lines = []
    for strip, cells in zip(strips, cells_of(line_reader.reader, [strip.pixels for strip in strips]), strict=True):
        cell_width = strip.pixels.shape[1] / cells.shape[1]
        tokens = line_reader.tokens_of_cells(cells)
        characters = characters_of(tokens, line_reader.reader.tokenizer, strip, (strip.pixels.shape[0], cell_width))
        lines.append(Line(tuple(line_reader.calibrated(_trimmed(characters))), strip.box, strip.outline))
    return lines


def cells_of(reader: Any, images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Read images (S, W) uint8 of lines: (1, W', C) logits for each."""
    cells: list[np.ndarray] = [np.empty(0)] * len(images)
    cell_width = reader.pixels_per_cell[1]
    for batch in _batches([image.shape[1] for image in images]):
        width = _padded(images[batch[0]].shape[1])
        padded = np.stack([np.pad(images[i], ((0, 0), (0, width - images[i].shape[1]))) for i in batch])
        for i, logits in zip(batch, _read(reader, padded), strict=True):
            cells[i] = logits[:, : -(-images[i].shape[1] // cell_width)]
    return cells


def _read(reader: Any, images: np.ndarray) -> Iterator[np.ndarray]:
    """Read images (B, S, W), in one batch if the reader can: (1, W', C) logits for each."""
    if hasattr(reader, "read_batch"):
        yield from reader.read_batch(images)
    else:
        yield from (reader.read_cells(image) for image in images)


def _batches(widths: Sequence[int]) -> Iterator[list[int]]:
    """Group the indices of strips that have one width when padded."""
    groups: dict[int, list[int]] = {}
    for i, width in enumerate(widths):
        groups.setdefault(_padded(width), []).append(i)
    for group in groups.values():
        yield from (group[i : i + MAX_BATCH] for i in range(0, len(group), MAX_BATCH))


def _padded(width: int) -> int:
    return -(-width // WIDTH_STEP) * WIDTH_STEP


def _trimmed(characters: list) -> list:
    """Remove spaces at the beginning and the end of a line."""
    while characters and characters[0].text.isspace():
        characters = characters[1:]
    while characters and characters[-1].text.isspace():
        characters = characters[:-1]
    return characters
