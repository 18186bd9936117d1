"""Measures the line model of an artifact, with its language model, on any data set of lines.

    python training/evaluate_lines.py --data_class=IAMLines
    python training/evaluate_lines.py --data_class=CopisteLines --artifact_dirname=paragraph_text_recognizer_open
    python training/evaluate_lines.py --data_class=ListedLines --num_pictures=20

Like evaluate.py, which takes checkpoints, it writes a web page (report.html), all figures and predictions
(report.json), and a picture of the worst lines. Flags that are not listed here are flags of the data class.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch

from text_recognizer.data import BaseDataModule
from text_recognizer.data.show.names import names_of, writers_of
from text_recognizer.data.storage.progress import progress
from text_recognizer.evaluation.examples import Example
from text_recognizer.evaluation.report import Report, make_report
from text_recognizer.images.constants import WHITE
from text_recognizer.page.line_strips import STRIP_HEIGHT
from text_recognizer.recognizer.artifact_files import LINES_DIRNAME, WEIGHTS_FILENAME, find_artifact
from text_recognizer.recognizer.line_reader import LineReader
from text_recognizer.util import UserError, sha256_of
from text_recognizer.vocabulary import Tokenizer, tokenizer_of
from training.command_line.flags import build, parse
from training.command_line.outputs import free, refuse_to_replace
from training.command_line.settings import one_line_errors, parse_beside_run
from training.evaluate import JSON_NAME, notices, show, write
from training.run_experiment import LOG_DIRNAME

MARGIN = 16  # columns behind the ink that are read too; the rest of the canvas is empty


@dataclass
class Evaluation:
    """What to evaluate.

    Parameters
    ----------
    artifact_dirname
        Directory of another artifact, or the name of one that is part of the package; of one for pages, its line model.
    split
        Validation or test lines. Choose between models on validation lines; the test split is for final figures.
    output
        Directory to write to; a new one among the logs if null.
    overwrite
        Replace the report that is in the directory --output already.
    num_pictures
        Number of worst lines on the page.
    """

    artifact_dirname: str | None = None
    split: Literal["val", "test"] = "val"
    output: str | None = None
    overwrite: bool = False
    num_pictures: int = 30

    def __post_init__(self) -> None:
        if self.num_pictures < 1:
            raise UserError(f"--num_pictures={self.num_pictures}: expected 1 or more")


def evaluate(args: Evaluation, flags: Sequence[str]) -> Report:
    """Read the lines, print the result, and write the files."""
    run_args = parse(flags)
    name = run_args.data_class
    output = Path(args.output) if args.output else free(LOG_DIRNAME / f"lines_{name}_{args.split}")
    refuse_to_replace(output, args.overwrite, "--output", holds=JSON_NAME)
    data: BaseDataModule = build(run_args.classes["data_class"], run_args)
    if data.config()["input_dims"][1] != STRIP_HEIGHT:
        raise UserError(f"--data_class={name}: expected a data set of lines, {STRIP_HEIGHT} pixels high")
    artifact = find_artifact(args.artifact_dirname)
    dirname = artifact / LINES_DIRNAME if (artifact / LINES_DIRNAME).is_dir() else artifact
    reader = LineReader(dirname)
    data.prepare_data()
    data.setup()
    dataset = data.data_val if args.split == "val" else data.data_test
    about = {
        "artifact": artifact.name,
        "sha256": sha256_of(dirname / WEIGHTS_FILENAME),
        "data": f"{name}: {data.provenance}",
        "split": args.split,
        "torch": torch.__version__,
    }
    report = make_report(about, read_lines(reader, dataset, tokenizer_of(data.config())))
    write(report, dataset, f"{artifact.name} on {name}, {args.split} split", output, args.num_pictures)
    print(*show(report), "", *notices(report), f"report.html, {JSON_NAME} and worst.png are in {output}", sep="\n")
    return report


def read_lines(reader: LineReader, dataset: Any, tokenizer: Tokenizer) -> list[Example]:
    """Read each line of a data set of images (1, S, W) and labels (T,)."""
    names, writers = names_of(dataset), writers_of(dataset)
    examples = []
    with progress(range(len(dataset)), "Reading lines") as shown:
        for i in shown:
            x, y = dataset[i]
            text = read_canvas(reader, (WHITE * x[0]).round().byte().numpy())
            reference = tokenizer.decode(y.tolist())
            examples.append(Example(i, names[i] if names else str(i), writers[i] if writers else None, reference, text))
    return examples


def read_canvas(reader: LineReader, canvas: np.ndarray) -> str:
    """Read a line on a canvas (S, W) uint8, white ink on black, without the empty columns at its end."""
    columns = np.flatnonzero(canvas.any(axis=0))
    width = MARGIN + (int(columns[-1]) if len(columns) else 0)
    width = min(canvas.shape[1], width + -width % reader.cell_width)
    tokens = reader.tokens_of_cells(reader.reader.read_cells(np.ascontiguousarray(canvas[:, :width])))
    return reader.reader.tokenizer.decode([token.token for token in tokens]).strip()


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    with one_line_errors():
        evaluate(*parse_beside_run(Evaluation, __doc__, argv))


if __name__ == "__main__":
    main()
