"""Renders pages of PDFs with PDFium (pypdfium2, from the extra `documents`)."""

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from text_recognizer.util import UserError

PDF_START = b"%PDF-"
POINTS = 72  # per inch
MAX_PIXELS = 60_000_000  # of a page: A2 at 300 dpi has 35 million
ONE_AT_A_TIME = threading.Lock()  # PDFium is not thread-safe


def count_pages(content: bytes, name: str) -> int:
    """Return the number of pages in a PDF.

    Raises
    ------
    UserError
        If pypdfium2 is missing, or the PDF is broken or needs a password.
    """
    with _opened(content, name) as document:
        return len(document)


def render_page(content: bytes, name: str, number: int, dpi: float) -> Image.Image:
    """Return a page of a PDF, counted from 1, as a picture in colour."""
    with _opened(content, name) as document:
        if not 1 <= number <= len(document):
            raise UserError(f"{name}: there is no page {number}; it has {len(document)}")
        try:
            page = document[number - 1]
            width, height = (dpi / POINTS * length for length in page.get_size())
            if width * height > MAX_PIXELS:
                raise UserError(
                    f"{name}, page {number}: {width:,.0f} x {height:,.0f} pixels at {dpi:g} dpi are too many. "
                    "Expected a smaller --dpi"
                )
            return page.render(scale=dpi / POINTS).to_pil().convert("RGB")
        except UserError:
            raise
        except Exception as error:  # PDFium raises exceptions of many classes
            raise UserError(f"{name}, page {number}: cannot be drawn ({error})") from None


@contextmanager
def _opened(content: bytes, name: str) -> Iterator[Any]:
    if importlib.util.find_spec("pypdfium2") is None:
        raise UserError(
            f"{name}: PDFs are read with pypdfium2, which is missing. Type: python -m pip install pypdfium2"
        )
    import pypdfium2

    with ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            reason = "it needs a password" if "assword" in str(error) else str(error)
            raise UserError(f"{name}: this PDF cannot be opened ({reason})") from None
        try:
            yield document
        finally:
            document.close()
