"""The output files of the command that reads pages: their names, and the checks before anything is read."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from text_recognizer.documents.page_source import STDIN, PageSource, is_elsewhere
from text_recognizer.recognizer.formats import FORMATS, SUFFIXES, format_of_suffix
from text_recognizer.recognizer.formats.searchable_pdf import check_reportlab
from text_recognizer.util import UserError


def check_standard_input(args: argparse.Namespace) -> None:
    """Refuse to read standard input in other processes, which have another one."""
    if STDIN in args.images and (args.workers > 1 or args.engine == "ray"):
        raise UserError("-: standard input can be read by this process only. Expected a file, or one worker")


def check_standard_output(args: argparse.Namespace) -> None:
    """Refuse a closed standard output: Python would drop what is printed without an error."""
    if args.output is None and sys.stdout is None:
        raise UserError("standard output is closed, so the text would be lost. Add --output=PATH")


def forget_standard_output() -> None:
    """Keep Python from writing again, at its exit, what could not be written."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_output(args: argparse.Namespace, pages: Sequence[PageSource]) -> None:
    """Refuse, before anything is read, an output that contradicts other flags, and file names that would clash."""
    if args.workers < 1:
        raise UserError(f"--workers={args.workers}: expected 1 or more")
    if args.resume and not args.output:
        raise UserError("--resume: without an output nothing is stored. Add --output=PATH")
    if args.triage and not args.triage.endswith((".html", ".htm")):
        raise UserError(f"--triage={args.triage}: expected a file that ends in .html")
    check_format(args, len(pages))
    if (args.output and is_folder(args)) or args.picture_dirname:
        name, number = Counter(page.output for page in pages).most_common(1)[0]
        if number > 1:
            raise UserError(f"{number} images are named {name}, and would go to the same file: read them one by one")
    check_existing(args, pages)


def check_existing(args: argparse.Namespace, pages: Sequence[PageSource]) -> None:
    """Refuse to overwrite a page to be read, or an existing file without --overwrite; --resume keeps existing files."""
    images = {os.path.realpath(page.file) for page in pages if not is_elsewhere(page.file)}
    for filename in outputs(args, pages):
        if os.path.realpath(filename) in images:
            raise UserError(f"{filename} is an image to read, and would be overwritten: choose another folder")
        if filename.is_file() and not (args.overwrite or args.resume):
            raise UserError(
                f"{filename} is there already: choose another place, or add --overwrite to replace it, or --resume to "
                "continue an interrupted job"
            )


def outputs(args: argparse.Namespace, pages: Sequence[PageSource]) -> list[Path]:
    """Return the files that will be written."""
    files = [picture_filename(page, args) for page in pages] if args.picture_dirname else []
    files += [Path(args.triage)] if args.triage else []
    if args.output is None:
        return files
    return files + ([text_filename(page, args) for page in pages] if is_folder(args) else [Path(args.output)])


def text_filename(page: PageSource, args: argparse.Namespace) -> Path:
    """Return the file in the folder --output for the reading of one page."""
    return Path(args.output) / f"{page.output}{FORMATS[args.format].suffix}"


def picture_filename(page: PageSource, args: argparse.Namespace) -> Path:
    """Return the file for the drawing of one page."""
    return Path(args.picture_dirname) / f"{page.output}.png"


def check_format(args: argparse.Namespace, num_pages: int) -> None:
    """Refuse an output that does not suit --format."""
    suffix = Path(args.output).suffix[1:] if args.output else ""
    chosen = FORMATS[args.format]
    if suffix in SUFFIXES and not chosen.suffix.endswith(f".{suffix}"):
        other = format_of_suffix(suffix) or "alto or --format=page"
        raise UserError(f"--output={args.output}: expected a file for --format={args.format}, or add --format={other}")
    if not chosen.holds_many and num_pages > 1 and not (args.output and is_folder(args)):
        raise UserError(f"--format={args.format}: a file holds one page, there are {num_pages}. Add --output=FOLDER")
    if args.format == "pdf" and not args.output:
        raise UserError("--format=pdf: expected a file for it. Add --output=PATH.pdf")
    if args.format == "pdf":
        check_reportlab()


def is_folder(args: argparse.Namespace) -> bool:
    """Tell whether --output is a folder: any path without the suffix of one of the formats."""
    return Path(args.output).suffix[1:] not in SUFFIXES
