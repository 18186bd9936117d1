"""The command that reads pages: the script paragraph_text_recognizer.py, or `read-paragraph` once it is installed."""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from text_recognizer.documents.find_pages import Found, find_pages
from text_recognizer.documents.page_numbers import PageNumbers
from text_recognizer.documents.page_source import DPI, PageSource
from text_recognizer.recognizer.command_outputs import (
    check_output,
    check_standard_input,
    check_standard_output,
    forget_standard_output,
    is_folder,
    picture_filename,
    text_filename,
)
from text_recognizer.recognizer.draw import draw_reading
from text_recognizer.recognizer.formats import FORMATS, PageResult
from text_recognizer.recognizer.jobs.job import Job, tell
from text_recognizer.recognizer.jobs.journal import Journal
from text_recognizer.recognizer.jobs.read_on_cluster import check_ray, read_on_cluster
from text_recognizer.recognizer.jobs.read_pages import ReadSettings, read_in_turn, read_in_workers
from text_recognizer.recognizer.jobs.triage import write_triage
from text_recognizer.recognizer.licence import COMMERCIAL, SHIPPED, what_it_costs
from text_recognizer.recognizer.processor import NO_BF16, computes_in_16_bits
from text_recognizer.recognizer.recognizer import MODES
from text_recognizer.recognizer.result import Reading
from text_recognizer.util import UserError, write_atomically

JOURNAL = "readings.jsonl"
ENGINES = ("processes", "ray")
STOPPED = 130  # the exit status after Ctrl-C


def main(argv: list[str] | None = None) -> int:
    """Read the pages that the command line names.

    Returns
    -------
    int
        The exit status. 0: all pages were read, perhaps with warnings. 1: a page could not be read, a result could not
        be written, or there was a warning under --strict. 2: the command line could not be carried out.
    """
    args = build_parser().parse_args(argv)
    try:
        check_standard_input(args)
        check_standard_output(args)
        found = find_pages(args.images, PageNumbers.parse(args.pages), args.dpi)
        check_output(args, found.pages)
        results = read_all(found, args)
    except UserError as error:
        report(error)
        return 2
    except OSError as error:  # while a file was written
        if error.filename is None:
            forget_standard_output()
        return report(f"{error.filename or 'standard output'}: cannot be written ({error.strerror})")
    except KeyboardInterrupt:
        report(
            f"stopped. {'Add --resume to go on' if args.output else 'With --output=PATH it could be resumed'}", "note"
        )
        return STOPPED
    return int(any(is_failure(result, args.strict) for result in results))


def is_failure(result: PageResult, strict: bool) -> bool:
    """Tell whether a page failed; with `strict`, a page with a warning has failed too."""
    return isinstance(result.reading, UserError) or (strict and bool(result.warnings))


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        description="Read the handwriting on pictures of pages.",
        epilog="`read-paragraph serve` opens a page in the browser, `read-paragraph fit` learns a handwriting (--help)",
        allow_abbrev=False,
    )
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="a picture, a PDF, a TIFF of many pages, a zip archive or a folder of these; its path, URL or bucket's "
        "address, or - for standard input",
    )
    formats = "; ".join(f"{name}: {one.about}" for name, one in FORMATS.items())
    parser.add_argument("--format", choices=FORMATS, default="txt", help=formats)
    parser.add_argument("--output", metavar="PATH", help="a file for all pages, or a folder for one file a page")
    parser.add_argument("--picture_dirname", metavar="FOLDER", help="a folder for drawings of pages with their texts")
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    parser.add_argument("--triage", metavar="FILE.html", help="write a web page that shows the doubtful pages first")
    parser.add_argument("--pages", metavar="1-3,7", help="read these pages of documents, not all")
    parser.add_argument("--dpi", type=float, default=DPI, help="pixels to the inch for pages of PDFs")
    parser.add_argument("--resume", action="store_true", help="continue an interrupted job")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="read N pages at a time, each on one core")
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default=ENGINES[0],
        help="where workers run: processes of this machine, or actors of the Ray cluster that RAY_ADDRESS names",
    )
    parser.add_argument(
        "--mode", choices=MODES, help="careful: the best reading; fast: the quickest, for models with two modes"
    )
    parser.add_argument("--artifact_dirname", help="directory of another model, or the name of one in the package")
    parser.add_argument(
        "--licence", choices=SHIPPED, help="the use that the weights must allow; the commercial model makes more errors"
    )
    parser.add_argument(
        "--bf16",
        action="store_true",
        help="compute in bfloat16: faster on processors with AVX512-BF16 or AMX; a decoder always uses 32 bits",
    )
    parser.add_argument("--keep_print", action="store_true", help="read print too on pages with handwriting")
    parser.add_argument("--strict", action="store_true", help="exit with status 1 if a page has a warning")
    return parser


def read_all(found: Found, args: argparse.Namespace) -> list[PageResult]:
    """Read the pages and write all outputs."""
    if args.bf16 and not computes_in_16_bits():
        report(NO_BF16, "note")
        args.bf16 = False
    settings = ReadSettings(args.artifact_dirname, args.bf16, args.mode, args.keep_print, args.licence)
    recognizer = settings.load()  # even where workers load their own: errors in the artifact are reported first
    read = partial(read_in_turn, recognizer, mode=args.mode)
    if args.engine == "ray":
        check_ray()
        read = partial(read_on_cluster, settings, num_workers=args.workers)
    elif args.workers > 1:
        read = partial(read_in_workers, settings, num_workers=args.workers)
    journal = open_journal(args, recognizer.check_mode(args.mode), str(recognizer.dirname))
    if args.licence == COMMERCIAL and not args.artifact_dirname:
        report(what_it_costs(), "note")
    if found.notice:
        report(found.notice, "note")
    try:
        results = Job(found.pages, read, journal, PageWriter(args, found.pages)).run()
        write_results(results, args)
        if journal:
            journal.finish()
    finally:
        if journal:
            journal.close()
    if journal and not is_folder(args):
        journal.filename.unlink()
    return results


def open_journal(args: argparse.Namespace, mode: str, dirname: str) -> Journal | None:
    """Open the journal in the output folder, or beside the output file."""
    if not args.output:
        return None
    output = Path(args.output)
    filename = output / JOURNAL if is_folder(args) else output.with_name(f"{output.name}.{JOURNAL}")
    return Journal(
        filename, {"mode": mode, "model": dirname, "format": args.format, "keep_print": args.keep_print}, args.resume
    )


class PageWriter:
    """Writes each page's own outputs as soon as the page is read; prints texts in the order of the pages.

    Parameters
    ----------
    args
        The command line.
    pages
        All pages.
    """

    def __init__(self, args: argparse.Namespace, pages: Sequence[PageSource]) -> None:
        self.args = args
        self.to_print = [*pages]
        self.is_only = len(pages) == 1
        self.waiting: dict[PageSource, PageResult] = {}

    def __call__(self, page: PageSource, result: PageResult) -> None:
        """Write a page's files; print its text once those before it are printed."""
        args = self.args
        reading = result.reading
        if isinstance(reading, Reading):
            for warning in result.warnings:
                report(f"{result.name}: {warning}", "warning")
            if args.output is not None and is_folder(args):
                write_file(text_filename(page, args), FORMATS[args.format].content([result]))
            if args.picture_dirname:
                with write_atomically(picture_filename(page, args)) as file:
                    draw_reading(page.open_picture(), reading).save(file, format="png")
        if args.output is None and args.format == "txt":
            self.waiting[page] = result
            self._print()

    def _print(self) -> None:
        while self.to_print and self.to_print[0] in self.waiting:
            result = self.waiting[self.to_print.pop(0)]
            if isinstance(result.reading, Reading):
                text = result.reading.text
                print(text if self.is_only else f"== {result.name}\n{text}", flush=True)


def write_results(results: Sequence[PageResult], args: argparse.Namespace) -> None:
    """Write the outputs that hold all pages."""
    chosen = FORMATS[args.format]
    if args.output is None and args.format != "txt":
        print(chosen.content(results).decode("utf-8"), end="", flush=True)  # flush reveals a full disk
    elif args.output is not None and not is_folder(args):
        write_file(Path(args.output), chosen.content(results))
    if args.triage:
        write_triage(Path(args.triage), results)


def write_file(filename: Path, content: bytes) -> None:
    """Write a file completely or not at all."""
    with write_atomically(filename) as file:
        file.write(content)


def report(problem: UserError | str, kind: str = "error") -> int:
    """Print a problem; return the exit status for it."""
    tell(f"{kind}: {problem}")
    return 1
