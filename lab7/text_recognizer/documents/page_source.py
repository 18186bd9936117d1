"""A page that is to be read: where it lies, and how to open it."""

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
DPI = 200.0  # that a page of a PDF is drawn with, if nobody says otherwise
ZIP_START = b"PK\3\4"
MANY = {".pdf", ".tif", ".tiff", ".zip"}  # of addresses in the web that are looked into before anything is read
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two: BigTIFF


@dataclass(frozen=True)
class PageSource:
    """A page that is to be read.

    Parameters
    ----------
    file
        A path, a URL, a bucket's address, or "-" for standard input.
    member
        The name inside it, if it is a zip archive.
    number
        Which page of a document of several, from 1; None for what has one.
    output
        What files made from this page are called: a path below the output folder, without an ending.
    dpi
        With so many pixels to the inch a page of a PDF is drawn.
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
        """What to call the page."""
        return self.document if self.number is None else f"{self.document}, page {self.number}"

    @property
    def key(self) -> str:
        """What tells this page from any other, and from what it was before its file changed."""
        stamp = _stamp(self.file)
        return f"{self.name} ({stamp}, {self.dpi:g} dpi)" if stamp else self.name

    def open(self) -> tuple[Image.Image, float | None]:
        """Return the page's picture, upright, and how many of its pixels make an inch; None if that is not known.

        Raises
        ------
        UserError
            If it cannot be opened.
        """
        is_plain = self.number is None and self.member is None and self.file != STDIN
        start = start_of(self.file) if is_plain else b""
        if start.startswith(ZIP_START):
            raise UserError(f"{self.file}: this zip archive cannot be opened. Expected a whole one")
        if is_plain and not start.startswith(PDF_START):
            know_heif()
            return open_image(self.file), None
        content = self.content()
        if content.startswith(PDF_START):
            return render_page(content, self.document, self.number or 1, self.dpi), self.dpi
        return open_frame(content, self.document, self.number or 1), None

    def open_picture(self) -> Image.Image:
        """Return the page's picture alone."""
        return self.open()[0]

    def content(self) -> bytes:
        """Return the bytes of the document that the page is in."""
        return read_file(self.file) if self.member is None else read_member(self.file, self.member)

    def of_number(self, number: int, digits: int) -> "PageSource":
        """Return a page of this document."""
        return replace(self, number=number, output=f"{self.output}/page_{number:0{digits}}")


def open_frame(content: bytes, name: str, number: int) -> Image.Image:
    """Return a picture, of several in one file the one of a number from 1."""
    know_heif()
    file = NamedBytes(content, name)
    if number == 1:
        return open_image(file)
    image = decode(identify(file, name), f"{name}, page {number}", number - 1)
    return open_image(image.copy())


class NamedBytes(io.BytesIO):
    """Bytes that know what file they are from, for messages."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def start_of(name: str) -> bytes:
    """Return a file's first bytes; of an address none, unless it ends like a document of many pages."""
    if "://" in name:
        return read_file(name)[:8] if PurePosixPath(name.split("?")[0]).suffix.lower() in MANY else b""
    try:
        with open(name, "rb") as file:
            return file.read(8)
    except OSError:
        return b""  # reading it tells why


def read_file(file: str) -> bytes:
    """Return a file's bytes; standard input's are kept, for they come only once.

    Raises
    ------
    UserError
        If it cannot be read, or is too large.
    """
    return read_stdin() if file == STDIN else _read_file(file, _stamp(file))


def is_elsewhere(file: str) -> bool:
    """Tell whether a file is no file on this machine: standard input, or an address."""
    return file == STDIN or "://" in file


def _stamp(file: str) -> str:
    """Return what changes with a file: size and time; nothing for what is no file here."""
    try:
        about = Path(file).stat()
    except (OSError, ValueError):
        return ""
    return f"{about.st_size} bytes, {about.st_mtime_ns} ns"


@functools.lru_cache(maxsize=1)  # pages of one document come one after the other
def _read_file(file: str, stamp: str) -> bytes:
    content = read_within(file, TIME_LIMIT)
    if len(content) > MAX_BYTES:
        raise UserError(f"{file}: more than {MAX_BYTES:,} bytes. Expected a smaller document: split it")
    return content


@functools.cache
def read_stdin() -> bytes:
    """Return what comes through standard input."""
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if not content:
        raise UserError("standard input: nothing came. Expected a picture, as in: read-paragraph - < page.jpg")
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
            content = opened.read(MAX_BYTES + 1)  # never more, whatever the archive says of its size
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, KeyError, RuntimeError, NotImplementedError) as error:
        reason = "it needs a password" if "encrypted" in str(error) else str(error)
        raise UserError(f"{file}/{member}: cannot be unpacked ({reason})") from None
    except Exception as error:  # zlib and its like have exceptions of their own
        raise UserError(f"{file}/{member}: cannot be unpacked ({error})") from None
    if len(content) > MAX_BYTES:
        raise UserError(f"{file}/{member}: more than {MAX_BYTES:,} bytes. Is it a bomb? Else unpack it")
    return content
