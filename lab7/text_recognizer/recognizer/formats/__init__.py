"""The output formats of readings: plain text, data for programs, and the formats of archives and libraries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from text_recognizer.recognizer.formats.alto import as_alto
from text_recognizer.recognizer.formats.hocr import as_hocr
from text_recognizer.recognizer.formats.page_result import PageResult
from text_recognizer.recognizer.formats.page_xml import as_page_xml
from text_recognizer.recognizer.formats.plain import as_csv, as_json, as_txt
from text_recognizer.recognizer.formats.searchable_pdf import as_pdf

__all__ = ["FORMATS", "SUFFIXES", "Format", "PageResult", "format_of_suffix"]


@dataclass(frozen=True)
class Format:
    """A file format.

    Parameters
    ----------
    suffix
        The suffix of its files, with the dot.
    write
        Turns pages into the file's content; pages that could not be read are left out, or written as errors.
    about
        A description in a few words.
    holds_many
        Whether one file can hold several pages.
    """

    suffix: str
    write: Callable[[Sequence[PageResult]], str | bytes]
    about: str
    holds_many: bool = True

    def content(self, results: Sequence[PageResult]) -> bytes:
        """Return the bytes of a file with these pages."""
        written = self.write(results)
        return written.encode("utf-8") if isinstance(written, str) else written


FORMATS = {
    "txt": Format(".txt", as_txt, "the text alone"),
    "json": Format(".json", as_json, "all that is known, for programs"),
    "csv": Format(".csv", as_csv, "a table with a row for each line"),
    "alto": Format(".alto.xml", as_alto, "ALTO 4, of libraries", holds_many=False),
    "page": Format(".page.xml", as_page_xml, "PAGE-XML 2019, of Transkribus and eScriptorium", holds_many=False),
    "hocr": Format(".hocr", as_hocr, "hOCR, a web page with places"),
    "pdf": Format(".pdf", as_pdf, "the pictures, with text that can be searched (extra: documents)"),
}
SUFFIXES = {one.suffix.rpartition(".")[2] for one in FORMATS.values()}  # without the dot; ALTO and PAGE share one


def format_of_suffix(suffix: str) -> str | None:
    """Return the format of a suffix such as "csv"; None if no format has it, or two share it."""
    names = [name for name, one in FORMATS.items() if one.suffix.rpartition(".")[2] == suffix]
    return names[0] if len(names) == 1 else None
