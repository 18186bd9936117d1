"""Measures all shipped recognisers in each of their modes on the same pages, and prints one table.

    python training/studies/compare_artifacts.py
    python training/studies/compare_artifacts.py --artifacts=resnet_transformer,recipe-research --num_pages=24

Each row is what training/evaluate_recognizer.py measures: from the picture of a page of IAM to its text, line breaks
among it. The times are those of this machine; quote their ratios. An artifact's megabytes are those of all its files,
and of the line finder if it uses one.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from text_recognizer.evaluation.report import Report, show_rate
from text_recognizer.recognizer.artifact_files import LINES_DIRNAME, find_artifact, finder_of
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from training.benchmarks.timing import load, processor, table
from training.command_line.settings import run_command
from training.evaluate_recognizer import SECONDS, Evaluation, evaluate

SHIPPED = "paragraph_text_recognizer,paragraph_text_recognizer_open,resnet_transformer"


@dataclass
class Comparison:
    """What to compare.

    Parameters
    ----------
    artifacts
        Names or directories of artifacts that read pages, separated by commas.
    split
        Validation or test pages. Choose between models on validation pages; the test split is for final figures.
    num_pages
        Number of pages; all if null.
    """

    artifacts: str = SHIPPED
    split: Literal["val", "test"] = "val"
    num_pages: int | None = None


def compare(args: Comparison) -> str:
    """Read the pages with each artifact in each of its modes; print and return the table."""
    # All are loaded before the first page is read, so that a wrong name costs no time.
    modes = {name: ParagraphTextRecognizer(name).modes for name in args.artifacts.split(",")}
    rows = []
    for name, names_of_modes in modes.items():
        for mode in names_of_modes:
            arguments = Evaluation(split=args.split, artifact_dirname=name, num_pages=args.num_pages, mode=mode)
            (report,) = evaluate(arguments).values()
            rows.append(row_of(name, mode, report))
    result = f"{processor()}, {load()}\n{table(rows)}"
    print(result)
    return result


def row_of(name: str, mode: str, report: Report) -> tuple[str, ...]:
    """Return a row of the table."""
    cer, wer = f"CER {show_rate(report.total.cer, 'characters')}", f"WER {report.total.wer.value:.1%}"
    return f"{name}, {mode}", cer, wer, f"{report.about[SECONDS]} s a page", f"{megabytes(find_artifact(name)):.1f} MB"


def megabytes(dirname: Path) -> float:
    """Return the size of an artifact's files, and of the line finder that it uses."""
    dirnames = {dirname}
    if (dirname / LINES_DIRNAME).is_dir():
        dirnames.add(finder_of(dirname))
    filenames = {path for one in dirnames for path in one.rglob("*") if path.is_file()}
    return sum(filename.stat().st_size for filename in filenames) / 1e6


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(compare, Comparison, __doc__, argv)


if __name__ == "__main__":
    main()
