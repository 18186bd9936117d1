"""Measures how well the recogniser reads pictures of whole pages, clean ones and degraded ones.

    python training/evaluate_recognizer.py                               # validation pages, as scanned
    python training/evaluate_recognizer.py --degradations=all            # each in twelve versions
    python training/evaluate_recognizer.py --mode=fast                   # in one pass
    python training/evaluate_recognizer.py --split=test --artifact_dirname=DIRECTORY
    python training/evaluate_recognizer.py --pictures=DIRECTORY          # pictures with their texts beside them

Each picture is the handwriting of a form of IAM, cropped from the scan with a margin of paper, and is read like a
user's picture. Its reference is the text of the form, including line breaks.

With --pictures, the command reads each picture in a folder and its subfolders that has a text beside it (page.jpg,
page.txt). If page.lines.json gives the places of its lines, the lines that were found, missed, invented and joined are
counted; text_recognizer/evaluation/line_matching.py defines them. The CER counts line breaks; a second CER treats a
line break like a space.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from PIL import Image

from text_recognizer.data.iam import IAM, LICENCE
from text_recognizer.data.iam_paragraphs import is_whole, region_of
from text_recognizer.data.storage.progress import progress
from text_recognizer.evaluation.degradations import DEGRADATIONS
from text_recognizer.evaluation.examples import Example
from text_recognizer.evaluation.report import DEFINITIONS, Report, as_json, make_report, show_rate
from text_recognizer.images.regions import crop, paper_of
from text_recognizer.recognizer.artifact_files import LINES_DIRNAME, WEIGHTS_FILENAME
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.util import UserError, sha256_of, write_atomically
from text_recognizer.vocabulary import NEWLINE
from training.command_line.outputs import free, refuse_to_replace
from training.command_line.settings import run_command
from training.run_experiment import LOG_DIRNAME
from training.runs.picture_set import ReadPicture, find_pictures, read_pictures, show_pictures
from training.runs.picture_set import as_json as picture_figures

SECONDS = "seconds a page, median"  # name of that figure in a report
MARGIN = 24  # pixels of paper around the handwriting, in scans of 150 dpi


@dataclass
class Evaluation:
    """What to evaluate.

    Parameters
    ----------
    split
        Validation or test pages. Choose between models on validation pages; the test split is for final figures.
    degradations
        "clean" for the pages as they are, "all" for all versions of each, or names of versions separated by commas.
    artifact_dirname
        Directory of another artifact, or the name of one that is part of the package.
    output
        File for all figures and readings; evaluate_recognizer.json among the logs, or a numbered one, if null.
    overwrite
        Replace the file named by --output if it exists.
    num_pages
        Number of pages; all if null.
    mode
        The mode of reading, "careful" or "fast"; the artifact's default if null.
    bf16
        Compute in bfloat16.
    pictures
        Folder of pictures with texts beside them, to read instead of IAM's pages.
    draw
        Folder for drawings of those pictures with their readings; none if null.
    """

    split: Literal["val", "test"] = "val"
    degradations: str = "clean"
    artifact_dirname: str | None = None
    output: str | None = None
    overwrite: bool = False
    num_pages: int | None = None
    mode: str | None = None
    bf16: bool = False
    pictures: str | None = None
    draw: str | None = None


@dataclass(frozen=True)
class PagePicture:
    """A page: its form's id, its writer, its text and its picture."""

    name: str
    writer: str
    text: str
    picture: Image.Image


def evaluate_what_is_named(args: Evaluation) -> None:
    """Read the pictures of a folder if one is given, else IAM's pages."""
    (evaluate_pictures if args.pictures else evaluate)(args)


def evaluate(args: Evaluation) -> dict[str, Report]:
    """Read all pages in each version; print and write the result."""
    chosen = list(DEGRADATIONS) if args.degradations == "all" else args.degradations.split(",")
    if unknown := [name for name in chosen if name not in DEGRADATIONS]:
        raise UserError(f"--degradations={args.degradations}: {unknown[0]!r} is not one of {', '.join(DEGRADATIONS)}")
    if args.output:
        refuse_to_replace(Path(args.output), args.overwrite, "--output")
    recognizer = ParagraphTextRecognizer(args.artifact_dirname, args.bf16)
    iam = IAM()
    recognizer.check_mode(args.mode)
    pages = list(page_pictures(iam, args.split))[: args.num_pages]
    print(f"{len(pages)} pages of the {args.split} split of the {iam.name}. {LICENCE}.")
    for name, definition in DEFINITIONS.items():
        print(f"{name}: {definition}")
    reports = {name: read(recognizer, pages, name, args) for name in chosen}
    print(f"mode: {recognizer.check_mode(args.mode)}")
    print(show(reports))
    filename = Path(args.output or free(LOG_DIRNAME / "evaluate_recognizer.json"))
    with write_atomically(filename) as file:
        file.write(json.dumps({name: as_json(report) for name, report in reports.items()}, indent=1).encode())
    print(f"All figures and readings: {filename}")
    return reports


def evaluate_pictures(args: Evaluation) -> list[ReadPicture]:
    """Read the pictures of a folder; print and write the result."""
    assert args.pictures is not None
    dirname = Path(args.pictures)
    find_pictures(dirname)
    if args.output:
        refuse_to_replace(Path(args.output), args.overwrite, "--output")
    recognizer = ParagraphTextRecognizer(args.artifact_dirname, args.bf16)
    draw_dirname = Path(args.draw) if args.draw else None
    pictures = list(read_pictures(recognizer, dirname, recognizer.check_mode(args.mode), draw_dirname))
    print(show_pictures(pictures))
    filename = Path(args.output or free(LOG_DIRNAME / "evaluate_recognizer.json"))
    with write_atomically(filename) as file:
        file.write(json.dumps(picture_figures(pictures), indent=1).encode())
    print(f"All figures and readings: {filename}")
    return pictures


def page_pictures(iam: IAM, split: str) -> Iterator[PagePicture]:
    """Crop the handwriting of each form of a split from its scan."""
    margin = round(MARGIN * 2 / iam.scale)
    for form in (iam.form(form_id) for form_id in iam.splits[split]):
        scan = 255 - iam.image(form.id)
        if is_whole(form, scan):
            page = 255 - crop(scan, region_of(form, margin), paper_of(scan))
            text = NEWLINE.join(line.text for line in form.lines)
            yield PagePicture(form.id, form.writer_id, text, Image.fromarray(page))


def read(recognizer: ParagraphTextRecognizer, pages: list[PagePicture], name: str, args: Evaluation) -> Report:
    """Read all pages in one version."""
    examples, times = [], []
    with progress(pages, f"Reading pages, {name}") as shown:
        for i, page in enumerate(shown):
            picture = DEGRADATIONS[name](page.picture)
            start = time.perf_counter()
            text = recognizer.predict(picture, args.mode)
            times.append(time.perf_counter() - start)
            examples.append(Example(i, page.name, page.writer, page.text, text))
    about = {"pages": name, "split": args.split, "mode": recognizer.check_mode(args.mode)}
    about |= {SECONDS: f"{np.median(times):.2f}"}
    return make_report(about | weights_of(recognizer.dirname.resolve()), examples)


def weights_of(dirname: Path) -> dict[str, str]:
    """Identify an artifact: return its name, and the hashes of its weights and of its line model's."""
    filenames = {"sha256": dirname / WEIGHTS_FILENAME, "sha256 of lines": dirname / LINES_DIRNAME / WEIGHTS_FILENAME}
    hashes = {name: sha256_of(filename) for name, filename in filenames.items() if filename.is_file()}
    return {"artifact": dirname.name} | hashes


def show(reports: dict[str, Report]) -> str:
    """Return a table of the error rates, each with its ratio to the first."""
    first = next(iter(reports.values())).total.cer.value
    lines = []
    for name, report in reports.items():
        ratio = f"{report.total.cer.value / first:5.2f} x" if first and len(reports) > 1 else ""
        lines.append(f"{name:<26} CER {show_rate(report.total.cer, 'characters')}  {ratio}")
        lines.append(f"{'':<26} WER {show_rate(report.total.wer, 'words')}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(evaluate_what_is_named, Evaluation, __doc__, argv)


if __name__ == "__main__":
    main()
