"""Trains a network that finds lines by classifying each pixel of its maps.

Letters in this file: B batch, H W picture, h w maps of half its size.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.models.base import Model
from text_recognizer.vocabulary import Tokenizer

CORE, PRINTED, RULE, UNKNOWN, PAPER, OUTSIDE = 1, 2, 4, 8, 16, 256  # bits of a target, see `DrawnWorld`
UP_SHIFT, HEIGHT_UNIT = 6, 16
WEIGHTS = {"core": 1.0, "dice": 1.0, "paper": 0.2, "printed": 0.2, "rules": 0.3, "height": 0.5, "up": 0.15}
LEAST_AREA = 12  # pixels of a map: smaller specks are not lines
MATCHED = 0.5  # a band finds a line if it covers this share of the line, and if this share of the band lies on the line
BESIDE = 0.1  # a band is invented if a smaller share of it lies on true lines


class Target(NamedTuple):
    """What the network should predict: each (B, h, w) float32, except `up`, (B,) int64."""

    core: torch.Tensor
    paper: torch.Tensor
    printed: torch.Tensor
    rules: torch.Tensor
    height: torch.Tensor  # in pixels of the map; valid where `core` is 1
    inside: torch.Tensor  # 1 where there is a picture
    known: torch.Tensor  # 1 where the target knows whether there is paper
    up: torch.Tensor


def unpack(y: torch.Tensor) -> Target:
    """Unpack a batch of targets (B, 2, h, w) int16."""
    bits = y[:, 0].int()

    def has(bit: int) -> torch.Tensor:
        return ((bits & bit) > 0).float()

    inside = 1 - has(OUTSIDE)
    up = (bits[:, 0, 0] >> UP_SHIFT) & 3
    height = y[:, 1].float() / HEIGHT_UNIT
    return Target(
        has(CORE), has(PAPER), has(PRINTED), has(RULE), height, inside, inside * (1 - has(UNKNOWN)), up.long()
    )


class LineFinderLitModel(BaseLitModel):
    """Trains a line finder with cross entropy on each map, and the Dice loss on the cores of the lines.

    The Dice loss weighs the few pixels of text as much as the many others (F. Milletari, N. Navab, S. Ahmadi, "V-Net",
    2016). The logarithms of the heights are learned, on cores only.

    Parameters
    ----------
    model
        The network; its `forward` gives maps (B, 5, h, w) and turns (B, 4).
    data_config
        The data's `config()`; its mapping names the four ways up.
    weight_decay
        Weight decay of the optimizer, such as AdamW's; 0 for none.
    """

    def __init__(self, model: Model, data_config: dict[str, Any], weight_decay: float = 0.01, **kwargs: Any) -> None:
        super().__init__(model, data_config, **kwargs)
        self.weight_decay = weight_decay
        self.counts: dict[str, float] = {}

    def configure_optimizers(self) -> Any:
        """Return the optimizer with weight decay, and its schedule if there is one."""
        configured = super().configure_optimizers()
        optimizer = configured["optimizer"] if isinstance(configured, dict) else configured
        for group in optimizer.param_groups:
            group["weight_decay"] = self.weight_decay
        return configured

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> torch.Tensor:
        """Return the loss of a training batch."""
        x, y = batch
        losses = finder_losses(self(x), unpack(y))
        loss = torch.stack([WEIGHTS[name] * value for name, value in losses.items()]).sum()
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        return loss

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a validation batch."""
        self._measure(batch, "val")

    def test_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a test batch."""
        self._measure(batch, "test")

    def on_validation_epoch_end(self) -> None:
        """Log the ratios of what was counted in the epoch."""
        self._log_counts("val")

    def on_test_epoch_end(self) -> None:
        """Log the ratios of what was counted in the epoch."""
        self._log_counts("test")

    def captions(self, x: torch.Tensor, y: torch.Tensor, tokenizer: Tokenizer) -> list[str]:
        """Describe for each picture (B, 3, H, W) what is found and, from its target (B, 2, h, w), what is there."""
        found, target = self(x), unpack(y)
        pairs = zip(target.core.cpu().numpy() > 0, found.maps[:, 0].float().cpu().numpy() > 0, strict=True)
        matches = [match_bands(*pair) for pair in pairs]
        ways = zip(found.up.argmax(dim=1).tolist(), target.up.tolist(), strict=True)
        name = tokenizer.mapping
        return [
            f"found: {right} lines, invented: {invented}, {name[said]}\nthere: {num}, {name[true]}"
            for (num, right, invented), (said, true) in zip(matches, ways, strict=True)
        ]

    def _measure(self, batch: tuple[torch.Tensor, torch.Tensor], stage: str) -> None:
        x, y = batch
        found, target = self(x), unpack(y)
        losses = finder_losses(found, target)
        loss = sum(WEIGHTS[name] * value for name, value in losses.items())
        self.log(f"{stage}_loss", loss, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        for name, value in losses.items():
            self.log(f"{stage}_loss_{name}", value, on_step=False, on_epoch=True, sync_dist=True)
        accuracy = getattr(self, f"{stage}_acc")
        accuracy.update(found.up.float(), target.up)
        self.log(f"{stage}_up_acc", accuracy, on_step=False, on_epoch=True, prog_bar=True)
        for name, number in count(found.maps.float(), target).items():
            self.counts[name] = self.counts.get(name, 0.0) + number

    def _log_counts(self, stage: str) -> None:
        counts, self.counts = self.counts, {}
        if not counts:
            return
        ratios = {
            "core_f1": 2 * counts["hits"] / max(1.0, counts["core"] + counts["said"]),
            "lines_found": counts["found"] / max(1.0, counts["lines"]),
            "lines_invented": counts["invented"] / max(1.0, counts["lines"]),
            "paper_acc": counts["paper"] / max(1.0, counts["known"]),
            "printed_acc": counts["printed"] / max(1.0, counts["core"]),
            "height_error": counts["height"] / max(1.0, counts["core"]),
        }
        for name, value in ratios.items():
            self.log(f"{stage}_{name}", value, prog_bar=name in ("core_f1", "lines_found", "lines_invented"))


def finder_losses(found: Any, target: Target) -> dict[str, torch.Tensor]:
    """Return the parts of the loss by name, for `Found` maps (B, 5, h, w) and turns (B, 4)."""
    core, paper, printed, rules, height = found.maps.float().unbind(dim=1)
    on_core = target.core * target.inside
    here = on_core > 0
    overlap = 2 * (core.sigmoid() * on_core).sum() + 1
    both = (core.sigmoid() * target.inside).sum() + on_core.sum() + 1
    error = F.smooth_l1_loss(height[here], target.height[here].clamp(min=1).log(), beta=0.2, reduction="sum")
    wrong = F.binary_cross_entropy_with_logits(printed[here], target.printed[here], reduction="sum")
    num = here.sum().clamp(min=1)
    sparse = (
        slice(None),
        slice(None, None, 2),
        slice(None, None, 2),
    )  # paper covers large areas: every fourth pixel is enough
    return {
        "core": _entropy(core, target.core, target.inside),
        "dice": 1 - overlap / both,
        "paper": _entropy(paper[sparse], target.paper[sparse], target.known[sparse]),
        "printed": wrong / num,
        "rules": _entropy(rules, target.rules, target.inside),
        "height": error / num,
        "up": F.cross_entropy(found.up.float(), target.up),
    }


def _entropy(logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy, weighted by pixel."""
    return F.binary_cross_entropy_with_logits(logits, target, weight, reduction="sum") / weight.sum().clamp(min=1)


def count(maps: torch.Tensor, target: Target) -> dict[str, float]:
    """Count the correct pixels of maps (B, 5, h, w), and the correct lines; connected bands count as one line."""
    core, paper, printed, _, height = maps.unbind(dim=1)
    said, true = (core > 0) & (target.inside > 0), target.core * target.inside > 0
    error = (height - target.height.clamp(min=1).log()).abs()
    counts = {
        "hits": (said & true).sum(),
        "said": said.sum(),
        "core": true.sum(),
        "paper": (((paper > 0) == (target.paper > 0)) * target.known).sum(),
        "known": target.known.sum(),
        "printed": (((printed > 0) == (target.printed > 0)) & true).sum(),
        "height": error[true].sum(),
    }
    totals = {name: float(value) for name, value in counts.items()}
    lines = [match_bands(*pair) for pair in zip(true.cpu().numpy(), said.cpu().numpy(), strict=True)]
    return totals | dict(zip(("lines", "found", "invented"), np.sum(lines, axis=0).tolist(), strict=True))


def match_bands(true: np.ndarray, said: np.ndarray) -> tuple[int, int, int]:
    """Count the true bands of a boolean map (h, w), those that are found as one separate band, and invented bands."""
    num_true, true_of = cv2.connectedComponents(true.astype(np.uint8))
    num_said, said_of = cv2.connectedComponents(said.astype(np.uint8))
    pairs = np.asarray(true_of, np.int64).ravel() * num_said + np.asarray(said_of, np.int64).ravel()
    both = np.bincount(pairs, minlength=num_true * num_said).reshape(num_true, num_said)
    of_true, of_said = both.sum(axis=1), both.sum(axis=0)
    is_line, is_band = of_true >= LEAST_AREA, of_said >= LEAST_AREA
    is_line[0] = is_band[0] = False
    matched = (both >= MATCHED * of_true[:, None]) & (both >= MATCHED * of_said[None]) & is_line[:, None]
    invented = is_band & (of_said - both[0] < BESIDE * of_said)
    return int(is_line.sum()), int(matched[:, 1:].any(axis=1).sum()), int(invented.sum())
