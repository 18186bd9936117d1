"""Exports a network that looks at strips, such as the print finder, to ONNX: one graph for strips of any width.

Letters in this file: B batch, H W strip.
"""

from pathlib import Path

import numpy as np
import torch

from text_recognizer.models.base import Model
from text_recognizer.recognizer.artifact_files import ONNX_FILENAME
from text_recognizer.recognizer.print_network import PrintNetwork
from text_recognizer.recognizer.strip_network import MULTIPLE, StripNetwork
from text_recognizer.recognizer.way_up_network import WayUpNetwork
from text_recognizer.util import UserError
from training.export.export_decoder import export_graph

STRIP_NETWORKS: dict[str, type[StripNetwork]] = {one.model_class: one for one in (PrintNetwork, WayUpNetwork)}
EXAMPLE, MOST = 4, 64  # widths of the example for tracing, and of the widest strip, in multiples of 128 columns
COMPARED = (1, 3, 40)
TOLERANCE = 1e-3  # largest difference of logits


def write_strip_network(model: Model, height: int, filename: Path) -> None:
    """Export a network for strips of a height, and any width in whole multiples of 128 columns."""
    sizes = {3: MULTIPLE * torch.export.Dim("columns", min=1, max=MOST)}
    example = torch.rand(1, 1, height, MULTIPLE * EXAMPLE)
    export_graph(model.eval(), (example,), dynamic_shapes={"x": sizes}).save(filename)


def compare_strip_networks(old: StripNetwork, new: StripNetwork, height: int) -> None:
    """Refuse an export with other logits."""
    strips = [np.random.default_rng(0).integers(0, 256, (height, MULTIPLE * num), np.uint8) for num in COMPARED]
    worst = max(float(np.abs(old.logits(strip) - new.logits(strip)).max()) for strip in strips)
    if worst > TOLERANCE:
        raise UserError(f"{new.dirname / ONNX_FILENAME}: logits differ by {worst:.3g}: expected {TOLERANCE} at most")
    print(f"{old.model_class}: logits differ by {worst:.2g}")
