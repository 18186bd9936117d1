"""The command that reads pages: paragraph_text_recognizer.py as a script, `read-paragraph` where it is installed."""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from text_recognizer.draw_reading import draw_reading
from text_recognizer.open_image import open_image
from text_recognizer.paragraph_text_recognizer import MODES, ParagraphTextRecognizer
from text_recognizer.reading import Reading
from text_recognizer.reading_formats import FORMATS, Result
from text_recognizer.util import UserError

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif"}  # of images in a folder
BAR_WIDTH = 30


def main(argv: list[str] | None = None) -> int:
    """Read the pages that the command line names; return 1 if one of them could not be read."""
    args = build_parser().parse_args(argv)
    try:
        names = find_images(args.images)
        check_output(args, names)
        recognizer = ParagraphTextRecognizer(args.artifact_dirname, args.bf16)
        recognizer.check_mode(args.mode)
        results = [*read_all(recognizer, names, args)]
        write_results(results, args)
    except UserError as error:
        return report(error)
    except OSError as error:  # of a file to write
        return report(f"{error.filename}: cannot be written ({error.strerror})")
    return int(any(isinstance(reading, UserError) for _, reading in results))


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description="Read the handwriting on pictures of pages.", allow_abbrev=False)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a path, a URL, a bucket's address, or a folder")
    parser.add_argument("--format", choices=FORMATS, default="txt", help="text alone, or with confidences and boxes")
    parser.add_argument("--output", metavar="PATH", help="a file for all pages, or a folder for one file a page")
    parser.add_argument("--picture_dirname", metavar="FOLDER", help="draw there each page with the text beside it")
    parser.add_argument(
        "--mode", choices=MODES, help="the best reading, or the quickest where the model knows two ways"
    )
    parser.add_argument(
        "--artifact_dirname", help="directory with another model, or the name of one that is part of the package"
    )
    parser.add_argument(
        "--bf16",
        action="store_true",
        help="compute with 16 bits: faster where the processor has AVX512-BF16 or AMX, but for a model with a decoder",
    )
    return parser


def find_images(names: Sequence[str]) -> list[str]:
    """Put in place of each folder the images in it, sorted by name."""
    found: list[str] = []
    for name in names:
        if not os.path.isdir(name):
            found.append(name)
            continue
        inside = sorted(str(path) for path in Path(name).iterdir() if path.suffix.lower() in SUFFIXES)
        if not inside:
            raise UserError(
                f"{name}: no images in this folder. Expected files that end in {', '.join(sorted(SUFFIXES))}"
            )
        found += inside
    return found


def check_output(args: argparse.Namespace, names: Sequence[str]) -> None:
    """Refuse, before anything is read, an output that is not what the other flags say, or names that would clash."""
    suffix = Path(args.output).suffix[1:] if args.output else ""
    if suffix in FORMATS and suffix != args.format:
        raise UserError(f"--output={args.output}: expected a file for --format={args.format}, or add --format={suffix}")
    if (args.output and is_folder(args)) or args.picture_dirname:
        stem, number = Counter(stem_of(name) for name in names).most_common(1)[0]
        if number > 1:
            raise UserError(f"{number} images are named {stem}, and would go to the same file: read them one by one")


def is_folder(args: argparse.Namespace) -> bool:
    """Tell whether --output is a folder: whatever does not end like a file of one of the formats."""
    return Path(args.output).suffix[1:] not in FORMATS


def stem_of(name: str) -> str:
    """Return an image's name without folder and ending, for the files that are made from it."""
    return Path(name.split("?")[0]).stem if "://" in name else Path(name).stem


def read_all(recognizer: ParagraphTextRecognizer, names: Sequence[str], args: argparse.Namespace) -> Iterator[Result]:
    """Read page after page; what can be written at once is written at once."""
    readings = recognizer.predict_many(names, args.mode, return_details=True)
    with progress_bar(len(names)) as show:
        for number, (name, reading) in enumerate(zip(names, readings, strict=True), 1):
            assert not isinstance(reading, str)
            show(None)
            if isinstance(reading, UserError):
                report(reading)
            else:
                write_page(name, reading, args, is_only=len(names) == 1)
            show(number)
            yield name, reading


def write_page(name: str, reading: Reading, args: argparse.Namespace, is_only: bool) -> None:
    """Write what concerns one page alone."""
    if reading.hit_length_limit:
        report(f"{name}: the model stops after {len(reading.text)} characters, the page may go on", "warning")
    if args.output is None and args.format == "txt":
        print(reading.text if is_only else f"== {name}\n{reading.text}", flush=True)
    elif args.output is not None and is_folder(args):
        write_text(Path(args.output) / f"{stem_of(name)}.{args.format}", FORMATS[args.format]([(name, reading)]))
    if args.picture_dirname:
        filename = Path(args.picture_dirname) / f"{stem_of(name)}.png"
        filename.parent.mkdir(parents=True, exist_ok=True)
        draw_reading(open_image(name), reading).save(filename)


def write_results(results: Sequence[Result], args: argparse.Namespace) -> None:
    """Write what concerns all pages."""
    if args.output is None and args.format != "txt":
        print(FORMATS[args.format](results), end="")
    elif args.output is not None and not is_folder(args):
        write_text(Path(args.output), FORMATS[args.format](results))


def write_text(filename: Path, text: str) -> None:
    """Write a file whole or not at all."""
    filename.parent.mkdir(parents=True, exist_ok=True)
    part = filename.with_name(f"{filename.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(filename)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def progress_bar(total: int) -> Iterator:
    """Give a function that draws a bar for a number of pages done, and for None takes it away.

    There is one only for several pages, and where somebody looks at the terminal. `rich` draws better ones, but is no
    part of what the recogniser needs.
    """
    start, is_shown = time.monotonic(), total > 1 and sys.stderr.isatty()

    def show(done: int | None) -> None:
        if is_shown and done is None:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        elif is_shown and done is not None:
            bar = "=" * (BAR_WIDTH * done // total)
            left = (time.monotonic() - start) * (total - done) / max(1, done)
            print(
                f"\r[{bar:<{BAR_WIDTH}}] {done}/{total} pages, {left:.0f} s left", end="", file=sys.stderr, flush=True
            )

    show(0)
    try:
        yield show
    finally:
        show(None)


def report(problem: UserError | str, kind: str = "error") -> int:
    """Print a problem; return the exit status of commands that have one."""
    print(f"{kind}: {problem}", file=sys.stderr, flush=True)
    return 1
