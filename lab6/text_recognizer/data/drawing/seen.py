"""Training lines with the surroundings that they have on a photograph.

Letters in this file: H W image.
"""

from typing import Any

import numpy as np
import torch

from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset, set_epoch
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.constants import WHITE
from text_recognizer.images.line_looks import LineLooks


class SeenLines(OnDemandDataset):
    """Lines of another data set, some of them changed by `LineLooks`, anew in each epoch.

    Parameters
    ----------
    lines
        The data set: images (1, H, W) and their targets.
    share
        How often a line is changed.
    seed, moves_on
        As in `OnDemandDataset`.
    """

    stream = (1,)  # another row of random numbers than that which draws the lines

    def __init__(self, lines: Any, share: float, seed: int | None = None, moves_on: bool = True) -> None:
        super().__init__(len(lines), seed, moves_on)
        self.lines = lines
        self.share = share
        self.looks = LineLooks()

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, also that of the lines."""
        super().set_epoch(epoch)
        set_epoch(self.lines, epoch)

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Return a line, perhaps changed, and its target."""
        image, target = self.lines[index]
        if rng.random() >= self.share:
            return image, target
        pixels = (WHITE * image[0]).round().to(torch.uint8).numpy()
        return to_image_tensor(torch.from_numpy(self.looks(pixels, rng))), target
