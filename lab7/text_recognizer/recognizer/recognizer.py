"""Reads the handwriting on pictures of pages with the model of an artifact.

It needs torch, torchvision, Pillow, NumPy, OpenCV and smart_open, but none of the training code. With ONNX Runtime and
an exported model it does not load torch either, and starts faster.
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, overload

import numpy as np
from PIL import Image

from text_recognizer.documents.open_picture import Source, open_pages
from text_recognizer.documents.pixels import without_transparency
from text_recognizer.page.colour import to_colour
from text_recognizer.page.geometry import Canvas, trim
from text_recognizer.page.layout import page_to_canvas
from text_recognizer.page.line_strips import cut_strips
from text_recognizer.recognizer.artifact_files import (
    LINES_DIRNAME,
    PRINT_DIRNAME,
    WAY_UP_DIRNAME,
    find_artifact,
    finder_of,
)
from text_recognizer.recognizer.first_pass import DOUBTFUL, MIN_CHARACTERS, FirstPass, better_orientation
from text_recognizer.recognizer.language_reader import LanguageReader
from text_recognizer.recognizer.licence import check_licence, licence_of, refuse_other_use
from text_recognizer.recognizer.line_reader import LineReader
from text_recognizer.recognizer.load import load_language, load_reader
from text_recognizer.recognizer.page_reader import load_page_reader
from text_recognizer.recognizer.page_warnings import more_pages
from text_recognizer.recognizer.processor import Process, bf16_if_fast, prepare_for_forks
from text_recognizer.recognizer.reader import MODES, default_mode
from text_recognizer.recognizer.result import (
    Character,
    Line,
    Reading,
    Token,
    characters_of,
    lines_of,
    mean_confidence,
    tokens_of_cells,
    with_places_of,
)
from text_recognizer.util import UserError


class ParagraphTextRecognizer:
    """Reads a paragraph of English handwriting.

    Parameters
    ----------
    artifact_dirname
        Directory with config.json and model.pt, written by training/save_best_model.py, or the name of one that is
        part of this package, such as "paragraph_text_recognizer_open"; "paragraph_text_recognizer" if None. An exported
        model.onnx in it (training/export/export_onnx.py) is used if ONNX Runtime is installed.
    bf16
        Compute in bfloat16, with PyTorch, on processors that support it (AVX512-BF16, AMX); others compute in 32 bits.
        Token-by-token decoding always computes in 32 bits.
    keep_print
        Read print too on pages with handwriting. A page of print alone is always read.
    licence
        The use that the weights must allow: "commercial" chooses the artifact that anyone may use for anything, which
        makes more errors; None or "research" the best.

    Attributes
    ----------
    licence
        The licence of the weights, with its `use` and its `text`.

    Raises
    ------
    UserError
        If the artifact is missing or incomplete, or its licence does not allow the use.

    Examples
    --------
    >>> recognizer = ParagraphTextRecognizer()  # doctest: +SKIP
    >>> recognizer.predict("page.jpg")  # doctest: +SKIP
    'A MOVE to stop Mr. Gaitskell\\nfrom nominating'
    >>> recognizer.predict("page.jpg", return_details=True).lines[0].confidence  # doctest: +SKIP
    0.94
    """

    def __init__(
        self,
        artifact_dirname: str | Path | None = None,
        bf16: bool = False,
        keep_print: bool = False,
        licence: str | None = None,
    ) -> None:
        bf16 = bf16_if_fast(bf16)
        prepare_for_forks()
        self._process = Process()
        self._settings = (artifact_dirname, bf16, keep_print, licence)
        self.dirname = dirname = find_artifact(artifact_dirname or check_licence(licence))
        self.reader = load_reader(dirname, bf16)
        config = self.reader.config
        self.licence = licence_of(config)
        refuse_other_use(licence, self.licence, dirname)
        _, *self.shape = config["data_config"]["input_dims"]
        self.language = load_language(dirname, self.reader)
        self.line_reader = LineReader(dirname / LINES_DIRNAME, bf16) if (dirname / LINES_DIRNAME).is_dir() else None
        self.page_reader = load_page_reader(
            self.line_reader, finder_of(dirname), keep_print, PRINT_DIRNAME, WAY_UP_DIRNAME
        )
        self.modes = MODES if self.language or self.line_reader else self.reader.modes
        self.default_mode = default_mode(self.modes, config.get("metrics", {}))

    @overload
    def predict(self, image: Source, mode: str | None = None, return_details: Literal[False] = False) -> str: ...

    @overload
    def predict(self, image: Source, mode: str | None = None, *, return_details: Literal[True]) -> Reading: ...

    @overload
    def predict(self, image: Source, mode: str | None = None, return_details: bool = False) -> str | Reading: ...

    def predict(self, image: Source, mode: str | None = None, return_details: bool = False) -> str | Reading:
        """Return the text on a picture of a page, which is empty if there is no ink on it.

        Parameters
        ----------
        image
            A path, a URL, the address of a bucket, a binary file or its bytes, a Pillow image in any mode, or an array
            (H, W), or (H, W, 3) in RGB order. Ink may be dark on light paper or the reverse, and the picture may have
            any size; transparent pixels count as white.
        mode
            "fast" reads the whole page in one pass, with CTC. "careful" uses everything in the artifact: a line model
            reads each line in a second pass; a language model is combined with CTC's logits (shallow fusion); a model
            with a decoder decodes token by token. Many models have only one mode. None is the model's `default_mode`.
        return_details
            Return a `Reading`, which also has the confidence of each character and the approximate places of lines.

        Raises
        ------
        UserError
            If the picture cannot be fetched within 30 seconds or is not an image, or the model does not have the mode.

        Warns
        -----
        UserWarning
            About text that was not read, or may be wrong; with `return_details` the reading holds the warnings instead.
        """
        if self._process.is_fork():
            self.__init__(*self._settings)  # type: ignore[misc]  # after a fork, ONNX Runtime's sessions have lost their threads
        mode = self.check_mode(mode)
        pages = open_pages(image)
        picture = without_transparency(next(pages))
        if self.page_reader and mode == "careful":
            pixels = to_colour(picture)
            del picture  # a large one takes as much memory as all else
            reading = self.page_reader.read(pixels)
        else:
            reading = self._read_canvas(picture, mode, return_details)
        reading = replace(reading, licence=self.licence.text)
        if next(pages, None) is not None:
            reading = replace(reading, warnings=(*reading.warnings, more_pages()))
        if return_details:
            return reading
        for warning in reading.warnings:
            warnings.warn(str(warning), stacklevel=2)
        if reading.hit_length_limit:
            warnings.warn(f"the model stops after {len(reading.text)} characters: the page may go on", stacklevel=2)
        return reading.text

    def _read_canvas(self, picture: Image.Image, mode: str, with_details: bool) -> Reading:
        """Read a page without a line finder: rules put the whole page on one canvas."""
        canvas = page_to_canvas(picture, (self.shape[0], self.shape[1]))
        if canvas is None:
            return Reading((), mode)
        if mode == "fast":
            return Reading(self._read_in_one_pass(picture, canvas)[1], mode)
        if self.line_reader:
            return Reading(self._read_lines(picture, canvas, self.line_reader), mode)
        if self.language:
            return Reading(self._read_in_one_pass(picture, canvas, self.language)[1], mode)
        return self._read_carefully(canvas, with_details)

    def predict_many(
        self, images: Iterable[Source], mode: str | None = None, return_details: bool = False
    ) -> Iterator[str | Reading | UserError]:
        """Yield for each image, in order, what `predict` returns, or the error if it could not be read.

        Errors are yielded rather than raised, so that the other images are still read.
        """
        mode = self.check_mode(mode)
        return (self._predict_or_error(image, mode, return_details) for image in images)

    def check_mode(self, mode: str | None) -> str:
        """Return a valid mode: the given one, or the model's default for None."""
        if mode is None:
            return self.default_mode
        if mode not in MODES:
            raise UserError(f"mode {mode!r}: expected one of {', '.join(MODES)}")
        if mode not in self.modes:
            raise UserError(f"mode {mode!r}: this model has one mode only. Expected {self.modes[0]!r}, or no mode")
        return mode

    def _predict_or_error(self, image: Source, mode: str, return_details: bool) -> str | Reading | UserError:
        try:
            return self.predict(image, mode, return_details)
        except UserError as error:
            return error

    def _read_in_one_pass(
        self, picture: Image.Image, canvas: Canvas, language: LanguageReader | None = None
    ) -> tuple[Canvas, tuple[Line, ...]]:
        """Read a page; if the confidence is low, read it upside down too, and keep the better reading."""
        first = self._first_pass_over(canvas)
        if len(first.characters) >= MIN_CHARACTERS and mean_confidence(first.characters) < DOUBTFUL:
            turned = page_to_canvas(picture, (self.shape[0], self.shape[1]), upside_down=True)
            first = better_orientation(first, self._first_pass_over(turned)) if turned else first
        characters = first.characters
        if language:
            characters = self._characters_in(first.cells, first.canvas, first.shape, language)
        return first.canvas, lines_of(characters, first.canvas)

    def _first_pass_over(self, canvas: Canvas) -> FirstPass:
        pixels = canvas.pixels
        if self.reader.pixels_per_cell is not None:  # such a model takes images of any size
            pixels = trim(pixels, self.reader.pixels_per_cell)
        cells = self.reader.read_cells(pixels)
        shape = (pixels.shape[0], pixels.shape[1])
        return FirstPass(canvas, cells, shape, self._characters_in(cells, canvas, shape))

    def _read_lines(self, picture: Image.Image, canvas: Canvas, line_reader: LineReader) -> tuple[Line, ...]:
        """Find the lines of a page in a first pass, and read each in a second pass."""
        canvas, found = self._read_in_one_pass(picture, canvas)
        rows = [[one.place for one in line.characters if one.place is not None] for line in found]
        lines = (line_reader.read(strip) for strip in cut_strips(canvas.page, rows, canvas.line_distance))
        return tuple(line for line in lines if line.characters) or found

    def _read_carefully(self, canvas: Canvas, with_details: bool) -> Reading:
        decoded = self.reader.decode(canvas.pixels, with_details)
        tokenizer = self.reader.tokenizer
        hit_length_limit = decoded.tokens[-1] != tokenizer.end
        likelihoods = decoded.likelihoods or [float("nan")] * len(decoded.tokens)
        tokens = [Token(*pair) for pair in zip(decoded.tokens[1:], likelihoods, strict=False)]
        characters = characters_of(tokens, tokenizer, canvas, (0, 0))
        if decoded.cells is not None:
            characters = with_places_of(characters, self._characters_in(decoded.cells, canvas, canvas.pixels.shape))
        return Reading(lines_of(characters, canvas), "careful", hit_length_limit)

    def _characters_in(
        self, cells: np.ndarray, canvas: Canvas, shape: tuple[int, ...], language: LanguageReader | None = None
    ) -> list[Character]:
        """Decode the logits (H', W', C) of a canvas's cells; `shape` is the read part (H, W) of the canvas."""
        read = language.tokens_of_cells if language else partial(tokens_of_cells, merge=self.reader.merges_cells)
        tokens = read(cells)
        size = (shape[0] / cells.shape[0], shape[1] / cells.shape[1])
        return characters_of(tokens, self.reader.tokenizer, canvas, size)
