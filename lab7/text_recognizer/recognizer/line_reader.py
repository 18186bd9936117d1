"""Reads single lines cut out of a page.

Letters in this file: S W strip.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from text_recognizer.page.line_strips import STRIP_HEIGHT, Strip
from text_recognizer.recognizer.artifact_files import CONFIG_FILENAME
from text_recognizer.recognizer.calibration import Calibration
from text_recognizer.recognizer.load import load_language, load_reader
from text_recognizer.recognizer.result import Character, Line, characters_of, tokens_of_cells
from text_recognizer.util import UserError


class LineReader:
    """Reads strips with a line model, and with its language model if it has one.

    Parameters
    ----------
    dirname
        The model's directory, an artifact.
    bf16
        Compute in bfloat16; see `TorchReader`.

    Raises
    ------
    UserError
        If the artifact is missing or incomplete, or its model does not read lines of any width in one pass.
    """

    def __init__(self, dirname: Path, bf16: bool = False) -> None:
        self.reader = load_reader(dirname, bf16)
        config = self.reader.config
        height = config["data_config"]["input_dims"][1]
        if self.reader.pixels_per_cell is None or height != STRIP_HEIGHT:
            raise UserError(
                f"{dirname / CONFIG_FILENAME}: a {config['model_class']} for lines {height} pixels high cannot read "
                f"strips of lines. Expected a model such as LineResNetLSTM, for {STRIP_HEIGHT} pixels"
            )
        self.calibration = Calibration.of_config(config)
        self.cell_width = self.reader.pixels_per_cell[1]
        language = load_language(dirname, self.reader)
        self.tokens_of_cells = language.tokens_of_cells if language else partial(tokens_of_cells, merge=True)

    def read(self, strip: Strip) -> Line:
        """Read a line."""
        pixels = np.pad(strip.pixels, ((0, 0), (0, -strip.pixels.shape[1] % self.cell_width)))
        cells = self.reader.read_cells(pixels)  # (1, W', C)
        size = (pixels.shape[0] / cells.shape[0], pixels.shape[1] / cells.shape[1])
        characters = characters_of(self.tokens_of_cells(cells), self.reader.tokenizer, strip, size)
        return Line(tuple(self.calibrated(characters)), strip.box, strip.outline)

    def calibrated(self, characters: list[Character]) -> list[Character]:
        """Return characters with calibrated confidences, if the artifact was calibrated."""
        return [replace(one, confidence=self.calibration(one.confidence)) for one in characters]
