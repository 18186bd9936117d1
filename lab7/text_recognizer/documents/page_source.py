"""A page to read: its location, and how to open it."""

import functools
import io
import sys
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from PIL import Image

from text_recognizer.documents.fetch import MAX_BYTES, TIME_LIMIT, one_line, read_within
from text_recognizer.documents.heif import know_heif
from text_recognizer.documents.open_picture import open_image
from text_recognizer.documents.pdf import PDF_START, render_page
from text_recognizer.images.safe_open import decode, identify
from text_recognizer.util import UserError

STDIN = "-"
DPI = 200.0  # default resolution at which a page of a PDF is rendered
ZIP_START = b"PK\3\4"
MANY = {".pdf", ".tif", ".tiff", ".zip"}  # URLs with these suffixes are opened early, to count their pages
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two: BigTIFF


@dataclass(frozen=True)
class PageSource:
    """A page to read.

    Parameters
    ----------
    file
        A path, a URL, the address of a bucket, or "-" for standard input.
    member
        The name of the member, if the file is a zip archive.
    number
        The page of a document with several pages, from 1; None for a document with one page.
    output
        The path of files made from this page, below the output folder and without a suffix.
    dpi
        The resolution at which a page of a PDF is rendered, in pixels per inch.
    """

    file: str
    member: str | None = None
    number: int | None = None
    output: str = field(default="", compare=False)
    dpi: float = DPI

    @property
    def document(self) -> str:
        """The name of the file that the page is in."""
        name = "standard input" if self.file == STDIN else one_line(self.file)
        return name if self.member is None else f"{name}/{one_line(self.member)}"

    @property
    def name(self) -> str:
        """The name of the page in messages and results."""
        return self.document if self.number is None else f"{self.document}, page {self.number}"

    @property
    def key(self) -> str:
        """A key that differs between pages, and changes when the page's file changes."""
        stamp = _stamp(self.file)
        return f"{self.name} ({stamp}, {self.dpi:g} dpi)" if stamp else self.name

    def open(self) -> tuple[Image.Image, float | None]:
        """Return the page's upright picture, and its resolution in pixels per inch; None if that is unknown.

        Raises
        ------
        UserError
            If it cannot be opened.
        """
        is_plain = self.number is None and self.member is None and self.file != STDIN
        start = start_of(self.file) if is_plain else b""
        if start.startswith(ZIP_START):
            raise UserError(f"{self.file}: this zip archive cannot be opened. Expected a complete archive")
        if is_plain and not start.startswith(PDF_START):
            know_heif()
            return open_image(self.file), None
        content = self.content()
        if content.startswith(PDF_START):
            return render_page(content, self.document, self.number or 1, self.dpi), self.dpi
        return open_frame(content, self.document, self.number or 1), None

    def open_picture(self) -> Image.Image:
        """Return the page's picture without its resolution."""
        return self.open()[0]

    def content(self) -> bytes:
        """Return the bytes of the document that the page is in."""
        return read_file(self.file) if self.member is None else read_member(self.file, self.member)

    def of_number(self, number: int, digits: int) -> "PageSource":
        """Return one page of this document; `digits` is the width of the number in its output's name."""
        return replace(self, number=number, output=f"{self.output}/page_{number:0{digits}}")


def open_frame(content: bytes, name: str, number: int) -> Image.Image:
    """Return a picture of a file, chosen by its number from 1."""
    know_heif()
    file = NamedBytes(content, name)
    if number == 1:
        return open_image(file)
    image = decode(identify(file, name), f"{name}, page {number}", number - 1)
    return open_image(image.copy())


class NamedBytes(io.BytesIO):
    """Bytes with the name of their file, for messages."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def start_of(name: str) -> bytes:
    """Return a file's first bytes; none for an address, unless its suffix is that of a document of many pages."""
    if "://" in name:
        return read_file(name)[:8] if PurePosixPath(name.split("?")[0]).suffix.lower() in MANY else b""
    try:
        with open(name, "rb") as file:
            return file.read(8)
    except OSError:
        return b""  # reading it raises the error


def read_file(file: str) -> bytes:
    """Return a file's bytes; those of standard input are cached, because they can be read only once.

    Raises
    ------
    UserError
        If it cannot be read, or is too large.
    """
    return read_stdin() if file == STDIN else _read_file(file, _stamp(file))


def is_elsewhere(file: str) -> bool:
    """Tell whether a name means standard input or a web address, not a file on this machine."""
    return file == STDIN or "://" in file


def _stamp(file: str) -> str:
    """Return a file's size and time, which change with the file; an empty text if there is no such file."""
    try:
        about = Path(file).stat()
    except (OSError, ValueError):
        return ""
    return f"{about.st_size} bytes, {about.st_mtime_ns} ns"


@functools.lru_cache(maxsize=1)  # pages of one document are read one after the other
def _read_file(file: str, stamp: str) -> bytes:
    content = read_within(file, TIME_LIMIT)
    if len(content) > MAX_BYTES:
        raise UserError(f"{file}: more than {MAX_BYTES:,} bytes. Expected a smaller document: split it")
    return content


@functools.cache
def read_stdin() -> bytes:
    """Return the bytes from standard input."""
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if not content:
        raise UserError("standard input is empty. Expected a picture, as in: read-paragraph - < page.jpg")
    if len(content) > MAX_BYTES:
        raise UserError(f"standard input: more than {MAX_BYTES:,} bytes. Expected a smaller document")
    return content


def read_member(file: str, member: str) -> bytes:
    """Return the bytes of a file in a zip archive."""
    return _read_member(file, member, _stamp(file))


@functools.lru_cache(maxsize=1)
def _read_member(file: str, member: str, stamp: str) -> bytes:
    try:
        source = io.BytesIO(read_file(file)) if is_elsewhere(file) else file
        with zipfile.ZipFile(source) as archive, archive.open(member) as opened:
            content = opened.read(MAX_BYTES + 1)  # a limit, whatever size the archive states
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, KeyError, RuntimeError, NotImplementedError) as error:
        reason = "it needs a password" if "encrypted" in str(error) else str(error)
        raise UserError(f"{file}/{member}: cannot be unpacked ({reason})") from None
    except Exception as error:  # zlib and other decompressors have exceptions of their own
        raise UserError(f"{file}/{member}: cannot be unpacked ({error})") from None
    if len(content) > MAX_BYTES:
        raise UserError(f"{file}/{member}: more than {MAX_BYTES:,} bytes. If it is not a zip bomb, unpack it")
    return content
