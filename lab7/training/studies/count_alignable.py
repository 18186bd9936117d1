"""Counts the texts of IAM that CTC cannot align with a feature map, for each stride of ResnetTransformer.

    python training/studies/count_alignable.py

CTC needs a cell for each character, and one more between two equal characters. A paragraph is read from all cells, row
by row. A line should be read from one row of cells, because the cells of the next row show the next line. So lines that
need more cells than a row has are counted too; this is a lower bound, because few lines cover all columns. The last
column is the encoder's work for one page, in billions of multiplications.
"""

import itertools
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch.utils.flop_counter import FlopCounterMode

from text_recognizer.data.iam import IAM
from text_recognizer.lit_models.util import shortest_path_lengths
from text_recognizer.models.resnet_transformer import make_resnet, map_shape
from training.command_line.settings import NoFlags, one_line_errors, parse_settings

CANVAS = (1, 576, 640)  # the canvas of a paragraph in the course of 2021
STRIDES = ((32, 32), (32, 16), (16, 16), (32, 8), (16, 8))
NUM_OPERATIONS = 2e9  # a multiplication and an addition, a billion times


@dataclass(frozen=True)
class Count:
    """The result for one stride: the map's shape, and the numbers of paragraphs and lines that do not fit."""

    stride: tuple[int, int]
    map_shape: tuple[int, int]
    num_paragraphs: int
    num_lines: int


def path_length(text: str) -> int:
    """Return the number of cells that CTC needs for a text."""
    labels = torch.tensor([[ord(character) for character in text]], dtype=torch.long)
    return int(shortest_path_lengths(labels, torch.ones_like(labels, dtype=torch.bool)))


def count(paragraphs: Iterable[Sequence[str]], strides: Sequence[tuple[int, int]] = STRIDES) -> list[Count]:
    """Count the paragraphs and lines that do not fit, for paragraphs given as lists of lines."""
    paragraphs = list(paragraphs)
    of_paragraphs = [path_length("\n".join(lines)) for lines in paragraphs]
    of_lines = [path_length(line) for lines in paragraphs for line in lines]
    counts = []
    for stride in strides:
        height, width = map_shape(CANVAS, stride)
        too_long = sum(length > height * width for length in of_paragraphs), sum(length > width for length in of_lines)
        counts.append(Count(stride, (height, width), *too_long))
    return counts


def encoder_work(stride: tuple[int, int]) -> float:
    """Return the encoder's multiplications for one page in billions, counted on the meta device."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        make_resnet(stride)(torch.empty(1, *CANVAS))
    return counter.get_total_flops() / NUM_OPERATIONS


def main(argv: list[str] | None = None) -> None:
    """Print a row for each stride."""
    with one_line_errors():
        parse_settings(NoFlags, __doc__, argv)
        iam = IAM()
        form_ids = itertools.chain(*iam.splits.values())
        paragraphs = [[line.text for line in iam.form(form_id).lines] for form_id in form_ids]
    num_lines = sum(map(len, paragraphs))
    print(f"{iam.name}: {len(paragraphs):,} paragraphs, {num_lines:,} lines; pages of {CANVAS[1]} x {CANVAS[2]}")
    print(" stride     map    cells  paragraphs > cells  lines > columns  encoder")
    for one in count(paragraphs):
        height, width = one.stride
        rows, columns = one.map_shape
        print(
            f"{height:>3} x {width:<2} {rows:>3} x {columns:<3} {rows * columns:>6,} {one.num_paragraphs:>19,} "
            f"{one.num_lines:>16,} {encoder_work(one.stride):>8.1f} G"
        )


if __name__ == "__main__":
    main()
