"""The work behind the page: reading, making files, storing corrections.

Nothing here depends on Gradio, so all of it can be tested without a browser.
"""

import functools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from text_recognizer.app.view import corrected, licence_of
from text_recognizer.corrections.keep import Correction, keep
from text_recognizer.documents.find_pages import find_pages
from text_recognizer.recognizer.artifact_files import find_artifact
from text_recognizer.recognizer.formats import FORMATS, PageResult
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.result import Reading
from text_recognizer.service.client import RemoteRecognizer
from text_recognizer.util import UserError


class Reads(Protocol):
    """Reads pictures, on this machine or with a remote service; `where` says which in a sentence."""

    where: str

    def licence(self, model: str) -> str:
        """Return the licence of a model's weights, for the user to read."""
        ...

    def read(self, picture: Image.Image, model: str, mode: str | None) -> Reading:
        """Return what is on a picture."""
        ...


class ReadsHere:
    """Reads with the models of this machine; each is loaded when it is first used, and then kept."""

    where = "Everything happens on this machine: no picture and no text leaves it."

    def __init__(self) -> None:
        self.load = functools.cache(ParagraphTextRecognizer)

    def licence(self, model: str) -> str:
        """Return the licence of a model's weights, as its card states it."""
        return licence_of(find_artifact(model))

    def read(self, picture: Image.Image, model: str, mode: str | None) -> Reading:
        """Return what is on a picture."""
        recognizer = self.load(model)
        if mode is not None and mode not in recognizer.modes:
            raise UserError(f"this model does not have the mode {mode!r}. Expected {recognizer.modes[0]!r}")
        return recognizer.predict(picture, mode, return_details=True)


class ReadsElsewhere:
    """Reads with the service at an address, whatever its model."""

    def __init__(self, url: str) -> None:
        self.recognizer = RemoteRecognizer(url)
        self.where = f"Pictures are sent to {url}, and read there."

    def licence(self, model: str) -> str:
        """Tell where to find the licence: only a reading of the service states it."""
        return "that of the service's model. It is in the JSON file of each reading"

    def read(self, picture: Image.Image, model: str, mode: str | None) -> Reading:
        """Return what is on a picture."""
        return self.recognizer.predict(picture, mode)


@dataclass(frozen=True)
class Sheet:
    """A page that is shown.

    Parameters
    ----------
    name
        The name of its file.
    picture
        The upright page.
    reading
        The reading.
    model
        The name of the model that read it.
    """

    name: str
    picture: Image.Image
    reading: Reading
    model: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings to read before trusting the text."""
        if not self.reading.lines and not self.reading.warnings:
            return ("There is no ink on this picture.",)
        return tuple(one.text for one in PageResult(self.name, self.reading, self.picture.size).warnings)


@dataclass(frozen=True)
class ReadingRoom:
    """Carries out the actions of the page's buttons.

    Parameters
    ----------
    reads
        Reads the pictures.
    corrections
        The folder in which corrections are stored.
    """

    reads: Reads
    corrections: Path

    def read(self, filename: str | None, model: str, mode: str | None) -> Sheet:
        """Read the picture in a file; of a document with several pages, the first.

        Raises
        ------
        UserError
            If there is no file, or it cannot be read.
        """
        if not filename:
            raise UserError("There is no picture yet. Drop one here, paste one or take one.")
        try:
            picture = find_pages([filename]).pages[0].open_picture()
        except UserError as error:  # the file's path is one of Gradio's temporary files
            raise UserError(str(error).replace(filename, Path(filename).name)) from None
        return Sheet(Path(filename).name, picture, self.reads.read(picture, model, mode), find_artifact(model).name)

    def files(self, sheet: Sheet, texts: Sequence[str]) -> tuple[list[str], list[str]]:
        """Write a corrected page in all formats; return the files, and the reasons why others are missing."""
        result = PageResult(
            sheet.name, corrected(sheet.reading, texts), sheet.picture.size, lambda: sheet.picture, _dpi(sheet.picture)
        )
        folder = Path(tempfile.mkdtemp(prefix="reading-"))
        written, missing = [], []
        for chosen in FORMATS.values():
            filename = folder / f"{Path(sheet.name).stem}{chosen.suffix}"
            try:
                filename.write_bytes(chosen.content([result]))
                written.append(str(filename))
            except UserError as error:
                missing.append(str(error))
        return written, missing

    def keep(self, sheet: Sheet, texts: Sequence[str], writer: str) -> str:
        """Store a corrected page; return a message for the user."""
        filename = keep(
            Correction(sheet.picture, sheet.reading, texts, sheet.name, writer.strip(), sheet.model), self.corrections
        )
        return f"Kept as {filename.name} in {self.corrections}."


def _dpi(picture: Image.Image) -> float | None:
    """Return a picture's resolution if it is plausible for a scan: cameras write 72, which means nothing."""
    dpi: Any = picture.info.get("dpi")
    return float(dpi[0]) if dpi and 100 <= dpi[0] <= 1200 else None
