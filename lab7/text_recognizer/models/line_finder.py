"""A network that finds the lines of text on a whole picture, whatever surrounds them.

Letters in this file: B batch, C channels, H W picture, h w maps at half its size.
"""

import itertools
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from text_recognizer.models.base import Model

MAPS = ("core", "paper", "printed", "rules", "height")
PAPER = MAPS.index("paper")
NUM_TURNS = 4
NUM_CHANNELS = 3
STRIDE = 32  # pictures are padded to a multiple of this
WIDTHS = (1, 4 / 3, 2, 7 / 3, 7 / 3)  # channels of each level on the way down, as shares of the first
WIDTHS_UP = (2, 5 / 3, 4 / 3, 1)  # channels of each level on the way up
GROUPS, EPS = 8, 1e-3  # of group normalisation; a large epsilon keeps it from amplifying the noise of an empty sheet
DROP = 0.05
TURNS_LEVEL = 2  # the level, on the way up, that predicts the orientation
TURNS_STRIDE = 8  # pixels of the maps per cell of that level
TYPICAL_LOG_HEIGHT = 2.7  # of a line in pixels of the maps: the prediction of an untrained network


class Found(NamedTuple):
    """The network's outputs before they become probabilities."""

    maps: (
        torch.Tensor
    )  # (B, 5, h, w): logits of MAPS; the last is the logarithm of the line's height in pixels of the map
    up: torch.Tensor  # (B, 4) logits of the number of quarter turns counter-clockwise that put the picture upright


class LineFinder(Model):
    """A small U-Net that predicts for each pixel whether a line runs there, how high it is, and what lies beneath.

    The architecture is that of O. Ronneberger, P. Fischer, T. Brox, "U-Net", 2015; finding lines as thin bands in maps
    follows S. Ares Oliveira, B. Seguin, F. Kaplan, "dhSegment", 2018, and T. Grüning and others, "A two-stage method
    for text line detection in historical documents", 2019. The picture is halved six times, so that the receptive
    field covers all of it: a line may be seven pixels high or fill the picture. A batch holds whole pages beside single
    words; therefore each picture is normalised by itself (Y. Wu, K. He, "Group Normalization", 2018).

    Parameters
    ----------
    data_config
        The data's `config()` with input_dims (3, H, W).
    finder_width
        Channels at a quarter of the picture's size; the deepest level has more than twice as many.
    """

    classifies = False  # it predicts maps

    def __init__(self, data_config: dict[str, Any], finder_width: int = 48) -> None:
        super().__init__()
        num = data_config["input_dims"][0]
        widths, widths_up = ([_width(finder_width * factor) for factor in factors] for factors in (WIDTHS, WIDTHS_UP))
        above = [widths[-1], *widths_up]
        # There is no level at half the size: it would take longer than all deeper levels together.
        self.stem = _conv(num, widths[0], kernel_size=8, stride=4, padding=2)
        self.refine = _conv(widths[0], widths[0])
        self.down = nn.ModuleList(_Down(*pair) for pair in itertools.pairwise(widths))
        skips = widths[-2::-1]
        self.up = nn.ModuleList(_Up(*sizes) for sizes in zip(above[:-1], skips, above[1:], strict=True))
        self.drop = nn.Dropout2d(DROP)
        # Each pixel at a quarter of the size predicts four of the maps (sub-pixel convolution, W. Shi et al., 2016).
        self.maps = nn.Conv2d(above[-1], 4 * len(MAPS), 3, padding=1)
        self.turns = nn.Sequential(_conv(above[2], above[2]), nn.Conv2d(above[2], NUM_TURNS, 1))
        start = torch.tensor([-2.0, 0.0, 0.0, -3.0, TYPICAL_LOG_HEIGHT])  # most pixels are not text
        self.maps.bias = nn.Parameter(start.repeat_interleave(4))

    def forward(self, x: torch.Tensor) -> Found:
        """Find lines: (B, 3, H, W) in [0, 1] -> maps (B, 5, h, w) and turns (B, 4); H and W multiples of 32."""
        x = self.stem(2 * x - 1)
        skips = [x + self.refine(x)]
        for level in self.down:
            skips.append(level(skips[-1]))
        levels: list[torch.Tensor] = [self.drop(skips.pop())]
        for level in self.up:
            levels.append(level(levels[-1], skips.pop()))
        turns = self.turns(levels[TURNS_LEVEL])
        maps = with_coarse_paper(F.pixel_shuffle(self.maps(levels[-1]), 2))
        return Found(maps, self._vote(turns, maps[:, :1]))

    @staticmethod
    def _vote(turns: torch.Tensor, core: torch.Tensor) -> torch.Tensor:
        """Average the predicted orientation over the places with text: (B, 4, ., .), (B, 1, h, w) -> (B, 4)."""
        weight = F.avg_pool2d(core.detach().float().sigmoid(), TURNS_STRIDE) + 1e-4
        weight = weight / weight.sum(dim=(2, 3), keepdim=True)
        return (weight * turns.float()).sum(dim=(2, 3))

    def answers(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Predict: (B, 3, H, W) in [0, 1] -> probabilities, and heights in pixels of the maps.

        Returns
        -------
        dict
            core, paper, printed, rules and height, each (B, h, w) float32 at half the picture's size; and up (B, 4),
            the probabilities that 0 to 3 quarter turns counter-clockwise put the picture upright.
        """
        found = self(x)
        maps = found.maps.float()
        answers = {name: maps[:, i].sigmoid() for i, name in enumerate(MAPS[:-1])}
        return answers | {"height": maps[:, -1].clamp(max=8).exp(), "up": found.up.float().softmax(dim=1)}

    @torch.inference_mode()
    def predict(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return `answers` in evaluation, without gradients."""
        return self.answers(x)


def with_coarse_paper(maps: torch.Tensor) -> torch.Tensor:
    """Use one pixel of the paper's map for four, because paper has no fine structure: (B, 5, h, w) -> (B, 5, h, w).

    The loss, too, uses only every fourth pixel of the paper's map.
    """
    before, paper, after = maps[:, :PAPER], maps[:, PAPER : PAPER + 1], maps[:, PAPER + 1 :]
    return torch.cat([before, F.interpolate(paper[..., ::2, ::2], scale_factor=2.0, mode="nearest"), after], dim=1)


class _Down(nn.Module):
    """Halves the size."""

    def __init__(self, num_in: int, num_out: int) -> None:
        super().__init__()
        self.halve = _conv(num_in, num_out, stride=2)
        self.refine = _conv(num_out, num_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.halve(x)
        return x + self.refine(x)


class _Up(nn.Module):
    """Doubles the size, and concatenates the features from before the halving."""

    def __init__(self, num_in: int, num_beside: int, num_out: int) -> None:
        super().__init__()
        self.mix = _conv(num_in + num_beside, num_out, kernel_size=1)
        self.refine = _conv(num_out, num_out)

    def forward(self, x: torch.Tensor, beside: torch.Tensor) -> torch.Tensor:
        x = F.interpolate(x, size=beside.shape[2:], mode="nearest")
        x = self.mix(torch.cat([x, beside], dim=1))
        return x + self.refine(x)


def _width(wanted: float) -> int:
    """Round a number of channels to a multiple of GROUPS."""
    return GROUPS * max(1, round(wanted / GROUPS))


def _conv(
    num_in: int, num_out: int, kernel_size: int = 3, stride: int = 1, padding: int | None = None
) -> nn.Sequential:
    padding = kernel_size // 2 if padding is None else padding
    return nn.Sequential(
        nn.Conv2d(num_in, num_out, kernel_size, stride, padding, bias=False),
        nn.GroupNorm(GROUPS, num_out, EPS),
        nn.ReLU(inplace=True),
    )
