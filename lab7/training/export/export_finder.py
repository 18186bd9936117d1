"""Exports the line finder to ONNX: one graph, from a picture of any size to its maps.

Letters in this file: B batch, H W picture, h w map.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from text_recognizer.models.line_finder import LineFinder
from text_recognizer.page.finder_maps import MULTIPLE
from text_recognizer.recognizer.artifact_files import ONNX_FILENAME
from text_recognizer.recognizer.finder_network import ANSWERS, OnnxFinder, TorchFinder
from text_recognizer.util import UserError
from training.export.export_decoder import export_graph

EXAMPLE = (8, 12)  # height and width of the example for tracing, in multiples of 32 pixels
MOST = 64  # the largest height and width, in multiples of 32 pixels
COMPARED = ((2, 3), (12, 9), (24, 32))
TOLERANCE = 1e-3  # largest difference of probabilities, and largest relative difference of heights


class Answers(nn.Module):
    """The exported module: a line finder's outputs in the order of ANSWERS.

    Parameters
    ----------
    finder
        The network.
    """

    def __init__(self, finder: LineFinder) -> None:
        super().__init__()
        self.finder = finder

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(1, 3, H, W) -> maps (1, h, w), and (1, 4)."""
        answers = self.finder.answers(x)
        return tuple(answers[name] for name in ANSWERS)


def write_finder(finder: LineFinder, filename: Path) -> None:
    """Export a line finder for pictures of any size in whole multiples of 32 pixels."""
    sizes = {axis: MULTIPLE * torch.export.Dim(name, min=1, max=MOST) for axis, name in ((2, "rows"), (3, "columns"))}
    example = torch.rand(1, 3, *(MULTIPLE * number for number in EXAMPLE))
    export_graph(Answers(finder).eval(), (example,), dynamic_shapes={"x": sizes}).save(filename)


def compare_finders(old: Path, new: Path) -> None:
    """Refuse an export that predicts other maps."""
    one = TorchFinder(old)
    other = OnnxFinder(new)
    worst = 0.0
    for size in COMPARED:
        x = np.random.default_rng(0).random((1, 3, *(MULTIPLE * number for number in size)), np.float32)
        expected = one.answer(x)
        got = other.answer(x)
        for name in ANSWERS:
            scale = max(1.0, float(expected[name].max()))
            worst = max(worst, float(np.abs(expected[name] - got[name]).max()) / scale)
    if worst > TOLERANCE:
        raise UserError(f"{new / ONNX_FILENAME}: answers differ by {worst:.3g}: expected {TOLERANCE} at most")
    print(f"LineFinder: answers differ by {worst:.2g}")
