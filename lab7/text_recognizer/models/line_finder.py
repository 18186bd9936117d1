"""A network that finds lines of text in a whole picture, whatever lies around them.

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
WIDTHS_UP = (2, 5 / 3, 4 / 3, 1)  # and on the way up
GROUPS, EPS = 8, 1e-3  # of channels, normalised together; an empty sheet must not have its noise blown up
DROP = 0.05
TURNS_LEVEL, TURNS_STRIDE = (
    2,
    8,
)  # on the way up, the level that says which way is up, and its cells in pixels of the maps
TYPICAL_LOG_HEIGHT = 2.7  # of a line in pixels of the maps: what an untrained network says


class Found(NamedTuple):
    """What the network says before it is made into probabilities."""

    maps: torch.Tensor  # (B, 5, h, w): logits of MAPS, the last the logarithm of the line's height in pixels of the map
    up: torch.Tensor  # (B, 4) logits: how many quarter turns counter-clockwise put the picture upright


class LineFinder(Model):
    """A small U-Net that says of each pixel whether text runs there, how high the line is, and what lies beneath.

    The shape is that of O. Ronneberger, P. Fischer, T. Brox, "U-Net", 2015; finding lines as thin bands in such maps
    follows S. Ares Oliveira, B. Seguin, F. Kaplan, "dhSegment", 2018, and T. Grüning and others, "A two-stage method
    for text line detection in historical documents", 2019. A picture is halved six times, so that a place sees the
    whole of it: a line may be seven pixels high or fill the picture. A batch holds whole pages beside single words, so
    that each picture is normalised by itself (Y. Wu, K. He, "Group Normalization", 2018), not by what lies beside it.

    Parameters
    ----------
    data_config
        The data's `config()`; input_dims (3, H, W).
    finder_width
        Channels at a quarter of the picture's size; the deepest level has more than twice as many.
    """

    classifies = False  # it answers with maps

    def __init__(self, data_config: dict[str, Any], finder_width: int = 48) -> None:
        super().__init__()
        num = data_config["input_dims"][0]
        widths, widths_up = ([_width(finder_width * factor) for factor in factors] for factors in (WIDTHS, WIDTHS_UP))
        above = [widths[-1], *widths_up]
        # Nothing is worked out at half the size: there, a step takes longer than all deeper levels together.
        self.stem = _conv(num, widths[0], kernel_size=8, stride=4, padding=2)
        self.refine = _conv(widths[0], widths[0])
        self.down = nn.ModuleList(_Down(*pair) for pair in itertools.pairwise(widths))
        skips = widths[-2::-1]
        self.up = nn.ModuleList(_Up(*sizes) for sizes in zip(above[:-1], skips, above[1:], strict=True))
        self.drop = nn.Dropout2d(DROP)
        # Each pixel at a quarter of the size answers for four at half of it (W. Shi et al., 2016).
        self.maps = nn.Conv2d(above[-1], 4 * len(MAPS), 3, padding=1)
        self.turns = nn.Sequential(_conv(above[2], above[2]), nn.Conv2d(above[2], NUM_TURNS, 1))
        start = torch.tensor([-2.0, 0.0, 0.0, -3.0, TYPICAL_LOG_HEIGHT])  # most pixels are no text
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
        """Let each place that shows text say which way is up: (B, 4, ., .), (B, 1, h, w) -> (B, 4)."""
        weight = F.avg_pool2d(core.detach().float().sigmoid(), TURNS_STRIDE) + 1e-4
        weight = weight / weight.sum(dim=(2, 3), keepdim=True)
        return (weight * turns.float()).sum(dim=(2, 3))

    def answers(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Say what a line finder is asked: (B, 3, H, W) in [0, 1] -> probabilities, and heights in pixels of the maps.

        Returns
        -------
        dict
            core, paper, printed, rules and height, each (B, h, w) float32 for half the picture's size, and up (B, 4):
            how likely each number of quarter turns counter-clockwise is to put the picture upright.
        """
        found = self(x)
        maps = found.maps.float()
        answers = {name: maps[:, i].sigmoid() for i, name in enumerate(MAPS[:-1])}
        return answers | {"height": maps[:, -1].clamp(max=8).exp(), "up": found.up.float().softmax(dim=1)}

    @torch.inference_mode()
    def predict(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return `answers`, without what training needs."""
        return self.answers(x)


def with_coarse_paper(maps: torch.Tensor) -> torch.Tensor:
    """Let one pixel answer for four where paper is concerned, which has no fine lines: (B, 5, h, w) -> the same.

    The loss, too, looks at every fourth pixel of paper only.
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
    """Doubles the size, and looks again at what was there before it was halved."""

    def __init__(self, num_in: int, num_beside: int, num_out: int) -> None:
        super().__init__()
        self.mix = _conv(num_in + num_beside, num_out, kernel_size=1)
        self.refine = _conv(num_out, num_out)

    def forward(self, x: torch.Tensor, beside: torch.Tensor) -> torch.Tensor:
        x = F.interpolate(x, size=beside.shape[2:], mode="nearest")
        x = self.mix(torch.cat([x, beside], dim=1))
        return x + self.refine(x)


def _width(wanted: float) -> int:
    """Return a number of channels that groups can share."""
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
