"""Reads the handwriting on pictures of pages.

    python text_recognizer/paragraph_text_recognizer.py page.jpg https://example.org/page.png
    python text_recognizer/paragraph_text_recognizer.py pages/ --format=csv --output=pages.csv

Needs torch, torchvision, Pillow, NumPy, OpenCV and smart_open, and nothing of what trained the model. Where there are
ONNX Runtime and an exported model it needs no torch either, and starts faster.
"""

import sys
import warnings
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, overload

from PIL import Image

if __name__ == "__main__":
    # This lab's own text_recognizer comes first, even where another one is installed.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from text_recognizer.artifact_files import ARTIFACTS_DIRNAME, LINES_DIRNAME
from text_recognizer.canvas import Canvas, trim
from text_recognizer.language_reader import LanguageReader
from text_recognizer.line_reader import LineReader
from text_recognizer.line_strips import cut_strips
from text_recognizer.load_reader import load_language, load_reader
from text_recognizer.open_image import Source, open_image
from text_recognizer.page_image import page_to_canvas
from text_recognizer.reading import (
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

MODES = ("careful", "fast")
DEFAULT_ARTIFACT = "paragraph_text_recognizer"
# A page may stand upside down if it has so many characters and its confidence is lower: in one pass, each of 37
# validation pages of IAM has 0.82 or more upright, and 0.78 or less upside down.
MIN_CHARACTERS, DOUBTFUL = 20, 0.8


class Glance(NamedTuple):
    """What was read on a canvas in one pass, without a language model."""

    canvas: Canvas
    cells: Any  # (H', W', C) logits
    shape: tuple[int, int]  # of the part of the canvas that was read
    characters: list[Character]


class ParagraphTextRecognizer:
    """Reads a paragraph of English handwriting.

    Parameters
    ----------
    artifact_dirname
        Directory with config.json and model.pt, as training/save_best_model.py writes it, or the name of one that is
        part of this package, such as "paragraph_text_recognizer_open"; "paragraph_text_recognizer" if None. If
        training/export_onnx.py has put model.onnx there too, and ONNX Runtime is installed, that is read with.
    bf16
        Read in numbers of 16 bits (bfloat16), with PyTorch: faster on processors that compute with them, those with
        AVX512-BF16 or AMX, and slower on others. Writing token after token always takes 32.

    Raises
    ------
    UserError
        If there is no such artifact, or it is not whole.

    Examples
    --------
    >>> recognizer = ParagraphTextRecognizer()  # doctest: +SKIP
    >>> recognizer.predict("page.jpg")  # doctest: +SKIP
    'A MOVE to stop Mr. Gaitskell\\nfrom nominating'
    >>> recognizer.predict("page.jpg", return_details=True).lines[0].confidence  # doctest: +SKIP
    0.94
    """

    def __init__(self, artifact_dirname: str | Path | None = None, bf16: bool = False) -> None:
        self.dirname = dirname = find_artifact(artifact_dirname)
        self.reader = load_reader(dirname, bf16)
        config = self.reader.config
        _, *self.shape = config["data_config"]["input_dims"]
        self.mapping: list[str] = config["data_config"]["mapping"]
        self.language = load_language(dirname, self.reader)
        self.line_reader = LineReader(dirname / LINES_DIRNAME, bf16) if (dirname / LINES_DIRNAME).is_dir() else None
        self.modes = MODES if self.language or self.line_reader else self.reader.modes
        self.default_mode = default_mode(self.modes, config.get("metrics", {}))

    @overload
    def predict(self, image: Source, mode: str | None = None, return_details: Literal[False] = False) -> str: ...

    @overload
    def predict(self, image: Source, mode: str | None = None, *, return_details: Literal[True]) -> Reading: ...

    @overload
    def predict(self, image: Source, mode: str | None = None, return_details: bool = False) -> str | Reading: ...

    def predict(self, image: Source, mode: str | None = None, return_details: bool = False) -> str | Reading:
        """Return the text on a picture of a page; an empty text if there is no ink on it.

        Parameters
        ----------
        image
            A path, a URL, a bucket's address, a file open for reading bytes, or an image of Pillow's. Dark ink on light
            paper or the reverse, of any size, in any of Pillow's modes; what is transparent is taken for white.
        mode
            "fast" reads the whole page in one pass, with CTC. "careful" is what the artifact is made for: where it has
            a model of lines, that looks closer at each line that was found; where it has a language model, what CTC
            sees is weighed against what is likely in English; a model with a decoder writes one character after the
            other. Many models know one way only. None is the model's `default_mode`.
        return_details
            Return a `Reading`, which tells too how sure the model is of each character and roughly where lines lie.

        Raises
        ------
        UserError
            If it cannot be read within 30 seconds, or is not an image, or the model does not know the mode.

        Warns
        -----
        UserWarning
            If the model had to stop at its longest text; with `return_details` the reading says so instead.
        """
        mode = self.check_mode(mode)
        picture = open_image(image)
        canvas = page_to_canvas(picture, (self.shape[0], self.shape[1]))
        if canvas is None:
            reading = Reading((), mode)
        elif mode == "fast":
            reading = Reading(self._read_in_one_pass(picture, canvas)[1], mode)
        elif self.line_reader:
            reading = Reading(self._read_lines(picture, canvas, self.line_reader), mode)
        elif self.language:
            reading = Reading(self._read_in_one_pass(picture, canvas, self.language)[1], mode)
        else:
            reading = self._read_carefully(canvas, return_details)
        if return_details:
            return reading
        if reading.hit_length_limit:
            warnings.warn(f"the model stops after {len(reading.text)} characters: the page may go on", stacklevel=2)
        return reading.text

    def predict_many(
        self, images: Iterable[Source], mode: str | None = None, return_details: bool = False
    ) -> Iterator[str | Reading | UserError]:
        """Yield for each image, in order, what `predict` returns, or the error why it could not be read.

        Errors are yielded and not raised, so that the other images are still read.
        """
        mode = self.check_mode(mode)
        return (self._predict_or_error(image, mode, return_details) for image in images)

    def check_mode(self, mode: str | None) -> str:
        """Return the mode, or the model's default for None."""
        if mode is None:
            return self.default_mode
        if mode not in MODES:
            raise UserError(f"mode {mode!r}: expected one of {', '.join(MODES)}")
        if mode not in self.modes:
            raise UserError(f"mode {mode!r}: this model reads in one way only. Expected {self.modes[0]!r}, or no mode")
        return mode

    def _predict_or_error(self, image: Source, mode: str, return_details: bool) -> str | Reading | UserError:
        try:
            return self.predict(image, mode, return_details)
        except UserError as error:
            return error

    def _read_in_one_pass(
        self, picture: Image.Image, canvas: Canvas, language: LanguageReader | None = None
    ) -> tuple[Canvas, tuple[Line, ...]]:
        """Read a page; one that reads badly may stand upside down, and is turned around if it reads better so."""
        glance = self._glance_at(canvas)
        if len(glance.characters) >= MIN_CHARACTERS and mean_confidence(glance.characters) < DOUBTFUL:
            turned = page_to_canvas(picture, (self.shape[0], self.shape[1]), upside_down=True)
            glance = better_of(glance, self._glance_at(turned)) if turned else glance
        characters = glance.characters
        if language:
            characters = self._characters_in(glance.cells, glance.canvas, glance.shape, language)
        return glance.canvas, lines_of(characters, glance.canvas)

    def _glance_at(self, canvas: Canvas) -> Glance:
        pixels = canvas.pixels
        if self.reader.pixels_per_cell is not None:  # such a model takes any size
            pixels = trim(pixels, self.reader.pixels_per_cell)
        cells, shape = self.reader.read_cells(pixels), (pixels.shape[0], pixels.shape[1])
        return Glance(canvas, cells, shape, self._characters_in(cells, canvas, shape))

    def _read_lines(self, picture: Image.Image, canvas: Canvas, line_reader: LineReader) -> tuple[Line, ...]:
        """Find the lines of a page by reading it as it is, and look closer at each."""
        canvas, found = self._read_in_one_pass(picture, canvas)
        rows = [[one.place for one in line.characters if one.place is not None] for line in found]
        lines = (line_reader.read(strip) for strip in cut_strips(canvas.page, rows, canvas.line_distance))
        return tuple(line for line in lines if line.characters) or found

    def _read_carefully(self, canvas: Canvas, with_details: bool) -> Reading:
        written = self.reader.write(canvas.pixels, with_details)
        hit_length_limit = self.mapping[written.tokens[-1]] != "<E>"
        likelihoods = written.likelihoods or [float("nan")] * len(written.tokens)
        tokens = [Token(*pair) for pair in zip(written.tokens[1:], likelihoods, strict=False)]
        characters = characters_of(tokens, self.mapping, canvas, (0, 0))
        if written.cells is not None:
            characters = with_places_of(characters, self._characters_in(written.cells, canvas, canvas.pixels.shape))
        return Reading(lines_of(characters, canvas), "careful", hit_length_limit)

    def _characters_in(
        self, cells: Any, canvas: Canvas, shape: tuple[int, ...], language: LanguageReader | None = None
    ) -> list[Character]:
        """Read (H', W', C) logits of the cells of a canvas of a shape (H, W)."""
        read = language.tokens_of_cells if language else partial(tokens_of_cells, merge=self.reader.merges_cells)
        tokens = read(cells)
        return characters_of(tokens, self.mapping, canvas, (shape[0] / cells.shape[0], shape[1] / cells.shape[1]))


def better_of(upright: Glance, turned: Glance) -> Glance:
    """Return what reads better; a few characters are no page, however sure they are."""
    (one, other) = (glance.characters for glance in (upright, turned))
    is_page = 2 * len(other) >= len(one)
    return turned if is_page and mean_confidence(other) > mean_confidence(one) else upright


def find_artifact(name: str | Path | None) -> Path:
    """Return the directory of an artifact: any by its path, those of the package by their names too."""
    if name is None:
        return ARTIFACTS_DIRNAME / DEFAULT_ARTIFACT
    own = ARTIFACTS_DIRNAME / name
    return own if own.is_dir() and not Path(name).is_dir() else Path(name)


def default_mode(modes: tuple[str, ...], metrics: dict[str, float]) -> str:
    """Choose by measurement: the fast way if, on validation data, it makes no more errors than the careful one."""
    if len(modes) == 1:
        return modes[0]
    fast_is_as_good = metrics.get("val_ctc_cer", float("inf")) <= metrics.get("val_cer", 0.0)
    return "fast" if fast_is_as_good else "careful"


if __name__ == "__main__":
    from text_recognizer.read_command import main

    sys.exit(main())
