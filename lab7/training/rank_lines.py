"""Ranks the lines of IAM-OnDB by a trained model's error rate, and lists those to leave out.

    python training/rank_lines.py                                   # writes data/downloaded/iam_ondb/left_out.csv
    python training/rank_lines.py --picture=worst.png --num_shown=40  # and draws the worst that are kept

The sensor of the whiteboard sometimes lost the pen, and some labels belong to other lines. The reading of such a line
is far from its label, whoever wrote it. The data are prepared again without the listed lines.
"""

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch

from text_recognizer.data.iam_ondb import OnlineLine, find_iam_ondb, read_iam_ondb, tidy
from text_recognizer.data.iam_ondb_lines import LEFT_OUT_FILENAME
from text_recognizer.data.storage.progress import progress
from text_recognizer.evaluation.edits import char_edits
from text_recognizer.handwriting.recorded import draw_plain_line
from text_recognizer.images.constants import WHITE
from text_recognizer.images.pictures import contact_sheet
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME
from text_recognizer.recognizer.load import load_reader
from text_recognizer.recognizer.reader import Reader
from text_recognizer.util import UserError, write_atomically
from training.command_line.outputs import refuse_to_replace
from training.command_line.settings import run_command

LOST, OTHER, SHORT = "read much shorter than its label", "read quite otherwise", "short, and read otherwise"
MIN_LENGTH = 4  # characters: the error rate of shorter lines says little


@dataclass
class Ranking:
    """What to rank.

    Parameters
    ----------
    artifact
        The line model: a directory, or the name of one in text_recognizer/artifacts.
    most_errors
        Leave out lines with more edits than this share of their label's characters.
    most_missing
        Leave out lines whose reading lacks more than this share of the label's characters.
    num_lines
        Rank a number of evenly chosen lines; all if null. The list is written only for all lines.
    picture
        Save a picture of the worst lines that are kept.
    num_shown
        Number of lines in the picture.
    output
        File for the list; the file that `IAMOnDBLines` reads if null.
    overwrite
        Replace an existing list.
    """

    artifact: str = "line_text_recognizer"
    most_errors: float = 0.5
    most_missing: float = 0.25
    num_lines: int | None = None
    picture: str | None = None
    num_shown: int = 40
    output: str | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        for name in ("most_errors", "most_missing"):
            if not 0 < getattr(self, name) <= 1:
                raise UserError(f"--{name}={getattr(self, name)}: expected a share above 0, at most 1")
        if self.num_lines is not None and self.num_lines < 1:
            raise UserError(f"--num_lines={self.num_lines}: expected 1 or more")


class Ranked(NamedTuple):
    """A line, its reading, and the edit distance of the reading from its label."""

    line: OnlineLine
    label: str
    reading: str

    @property
    def error(self) -> float:
        """Edits divided by the characters of the label."""
        return char_edits(self.label, self.reading) / max(1, len(self.label))

    @property
    def missing(self) -> float:
        """The number of characters by which the reading is too short, as a share of the label's."""
        return max(0, len(self.label) - len(self.reading)) / max(1, len(self.label))


def rank(ranking: Ranking) -> list[Ranked]:
    """Read all lines, list those to leave out, and return the ranked lines, the worst first."""
    output = Path(ranking.output or LEFT_OUT_FILENAME)
    directory = Path(ranking.artifact)
    if ranking.num_lines is None:
        refuse_to_replace(output, ranking.overwrite, "--output")
    reader = load_reader(directory if directory.is_dir() else ARTIFACTS_DIRNAME / ranking.artifact)
    lines = read_iam_ondb(find_iam_ondb())
    some = lines[:: max(1, len(lines) // (ranking.num_lines or len(lines)))]
    ranked = sorted(read_lines(reader, some), key=lambda line: -line.error)
    reasons = {line.line.id: reason for line in ranked if (reason := fault_of(line, ranking))}
    print_summary(ranked, reasons)
    if ranking.num_lines is None:
        write_list(ranked, reasons, output)
    if ranking.picture:
        kept = [line for line in ranked if line.line.id not in reasons]
        save_picture(kept[: ranking.num_shown], Path(ranking.picture))
    return ranked


def read_lines(reader: Reader, lines: Sequence[OnlineLine]) -> Iterator[Ranked]:
    """Draw each line from its strokes, without augmentation, and read it."""
    with progress(lines, "Reading lines") as shown:
        for line in shown:
            yield Ranked(line, tidy(line.text), read_line(reader, draw_plain_line(line.trace)))


def read_line(reader: Reader, image: np.ndarray) -> str:
    """Read an image (H, W) greedily, without a language model."""
    assert reader.pixels_per_cell is not None
    pixels = np.pad(image, ((0, 0), (28, 28 + -image.shape[1] % reader.pixels_per_cell[1])))
    best = reader.read_cells(pixels)[0].argmax(axis=1)  # (1, W', C) -> (W',)
    first = np.concatenate([[True], best[1:] != best[:-1]])
    return reader.tokenizer.decode(best[first].tolist())


def fault_of(line: Ranked, ranking: Ranking) -> str:
    """Return the reason to leave a line out, or an empty text."""
    if len(line.label) < MIN_LENGTH:
        return SHORT if line.error >= 1 else ""
    if line.missing > ranking.most_missing:
        return LOST
    return OTHER if line.error > ranking.most_errors else ""


def print_summary(ranked: Sequence[Ranked], reasons: dict[str, str]) -> None:
    """Print the error rates, and the numbers of lines left out for each reason."""
    kept = [line for line in ranked if line.line.id not in reasons]
    print(f"{len(ranked):,} lines, {100 * error_rate(ranked):.1f} % of characters wrong")
    for share in (0.5, 0.9, 0.99):
        print(f"  {share:.0%} of lines have {100 * np.quantile([line.error for line in ranked], share):.0f} % or less")
    counts = ", ".join(f"{num:,} {reason}" for reason, num in Counter(reasons.values()).most_common())
    print(f"left out: {len(reasons):,} ({counts or 'none'})")
    print(f"kept: {len(kept):,} lines, {100 * error_rate(kept):.1f} % of characters wrong")


def error_rate(lines: Iterable[Ranked]) -> float:
    """Return edits divided by characters, over all lines."""
    pairs = [(char_edits(line.label, line.reading), len(line.label)) for line in lines]
    return sum(edits for edits, _ in pairs) / max(1, sum(length for _, length in pairs))


def write_list(ranked: Sequence[Ranked], reasons: dict[str, str], filename: Path) -> None:
    """Write the lines to leave out with their readings, the worst first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "reason", "error", "label", "reading"])
    for line in ranked:
        if line.line.id in reasons:
            writer.writerow([line.line.id, reasons[line.line.id], f"{line.error:.2f}", line.label, line.reading])
    with write_atomically(filename) as file:
        file.write(text.getvalue().encode())
    print(f"{filename}: the data are prepared again without these lines if it lies in {LEFT_OUT_FILENAME.parent}")


def save_picture(lines: Sequence[Ranked], filename: Path) -> None:
    """Draw lines with labels and readings. IAM-OnDB must not be published: keep the picture to yourself."""
    images = [torch.from_numpy(draw_plain_line(line.line.trace))[None] / WHITE for line in lines]
    captions = [f"{line.label}  |  {line.reading}" for line in lines]
    with write_atomically(filename) as file:
        contact_sheet(images, captions).save(file, format="png")
    print(f"Picture of {len(lines)} lines, not to be published: {filename}")


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(rank, Ranking, __doc__, argv)


if __name__ == "__main__":
    main()
