"""Finds the pages in the files that a user names: pictures, PDFs, TIFFs, folders, zip archives, standard input."""

import io
import os
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from text_recognizer.documents.page_numbers import PageNumbers
from text_recognizer.documents.page_source import (
    DPI,
    STDIN,
    TIFF_STARTS,
    ZIP_START,
    PageSource,
    is_elsewhere,
    read_file,
    start_of,
)
from text_recognizer.documents.pdf import PDF_START, count_pages
from text_recognizer.images.safe_open import identify
from text_recognizer.util import UserError

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif", ".avif"}
SUFFIXES = PICTURES | {".pdf"}  # of the files that are read in a folder or an archive
EXPECTED = f"Expected files that end in {', '.join(sorted(SUFFIXES))}"
# What zipfile raises for wrong bytes: a version that it does not know, names that are no text, and others.
DAMAGED = (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, UnicodeError)
NUM_NAMED = 5  # files named in the notice of files that were left out


@dataclass
class Found:
    """The pages that were found, and the names of other files in folders and archives."""

    pages: list[PageSource] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def notice(self) -> str | None:
        """A message about files that were left out; None if there are none."""
        if not self.left_out:
            return None
        more = f" and {len(self.left_out) - NUM_NAMED} more" if len(self.left_out) > NUM_NAMED else ""
        names = ", ".join(self.left_out[:NUM_NAMED])
        return f"left out, because their names do not end like pictures or documents: {names}{more}"


def find_pages(names: Sequence[str], numbers: PageNumbers | None = None, dpi: float = DPI) -> Found:
    """Replace each name by its pages; the files of folders and archives, with their subfolders, are sorted by name.

    A document that cannot be opened counts as one page: opening that page raises the error.

    Raises
    ------
    UserError
        If a folder or an archive has no pages, or a document has no page of those numbers.
    """
    if not 10 <= dpi <= 1200:
        raise UserError(f"--dpi={dpi:g}: expected 10 to 1200, such as --dpi=200")
    found = Found()
    for name in names:
        files = [replace(file, dpi=dpi) for file in _files_in(name, found.left_out)]
        pages = [page for file in files for page in _pages_of(file, numbers or PageNumbers())]
        if not pages:
            raise UserError(f"{name}: it has none of the pages in --pages. Expected other numbers, or no --pages")
        found.pages += pages
    found.pages = _with_distinct_outputs(found.pages)
    return found


def _files_in(name: str, left_out: list[str]) -> Iterator[PageSource]:
    """Yield the files that a name stands for, each as a single page."""
    if os.path.isdir(name):
        files = [*_files_of_folder(Path(name), left_out)]
        if not files:
            raise UserError(f"{name}: no images in this folder. {EXPECTED}")
        yield from files
        return
    path = PurePosixPath(name.split("?")[0]) if "://" in name else Path(name)
    file = PageSource(name, output="stdin" if name == STDIN else path.stem)
    start = read_file(STDIN)[:8] if name == STDIN else start_of(name)
    files = [*_members(file, left_out)] if start.startswith(ZIP_START) else [file]
    if not files:
        raise UserError(f"{file.document}: no images in this archive. {EXPECTED}")
    yield from files


def _files_of_folder(folder: Path, left_out: list[str]) -> Iterator[PageSource]:
    """Yield the files in a folder, including those in its subfolders and archives."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if _is_hidden(inside) or not path.is_file():
            continue
        file = PageSource(str(path), output=inside.with_suffix("").as_posix())
        if path.suffix.lower() in SUFFIXES:
            yield file
        elif start_of(str(path)).startswith(ZIP_START) and path.suffix.lower() == ".zip":
            yield from (replace(member, output=f"{file.output}/{member.output}") for member in _members(file, left_out))
        else:
            left_out.append(str(path))


def _members(file: PageSource, left_out: list[str]) -> Iterator[PageSource]:
    """Yield the files in a zip archive; yield a broken archive itself, so that opening it raises the error."""
    try:
        with zipfile.ZipFile(io.BytesIO(read_file(file.file)) if is_elsewhere(file.file) else file.file) as archive:
            names = sorted(one.filename for one in archive.infolist() if not one.is_dir())
    except DAMAGED:
        yield file
        return
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if _is_hidden(path):
            continue
        if path.suffix.lower() in SUFFIXES:
            yield replace(file, member=name, output=_safe(path.with_suffix("")))
        else:
            left_out.append(f"{file.document}/{name}")


def _is_hidden(path: PurePosixPath | Path) -> bool:
    """Tell whether a path belongs to a hidden file, such as .DS_Store or macOS's resource forks in archives."""
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)


def _safe(path: PurePosixPath) -> str:
    """Return a relative path without "..", whatever an archive says."""
    return "/".join(part.replace(":", "_") for part in path.parts if part not in {"..", "/"})


def _pages_of(file: PageSource, numbers: PageNumbers) -> Iterable[PageSource]:
    """Return the wanted pages of a file."""
    try:
        total = _count(file)
    except UserError:
        return [file]  # opening it raises the error
    if total == 1:
        return [file] if numbers.of(1) else []
    return [file.of_number(number, len(str(total))) for number in numbers.of(total)]


def _count(file: PageSource) -> int:
    """Return the number of pages in a file; a picture has one, and so has an animation: its first frame."""
    is_inside = file.member is not None or file.file == STDIN
    if not is_inside and not start_of(file.file).startswith((PDF_START, *TIFF_STARTS)):
        return 1
    content = file.content()
    if content.startswith(PDF_START):
        return count_pages(content, file.document)
    if not content.startswith(TIFF_STARTS):
        return 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # opening the page warns of what matters
            return getattr(identify(content, file.document), "n_frames", 1)
    except Exception:  # Pillow's readers raise exceptions of many classes for broken files
        return 1


def _with_distinct_outputs(pages: list[PageSource]) -> list[PageSource]:
    """Keep the suffix of a file in the names of its outputs where two files would have the same output."""
    number = Counter(page.output for page in pages)
    return [page if number[page.output] == 1 else replace(page, output=_with_ending(page)) for page in pages]


def _with_ending(page: PageSource) -> str:
    ending = PurePosixPath((page.member or page.file).split("?")[0]).suffix
    stem, slash, number = page.output.rpartition("/") if page.number is not None else (page.output, "", "")
    return f"{stem}{ending}{slash}{number}"
