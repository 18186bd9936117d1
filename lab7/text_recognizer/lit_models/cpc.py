"""Trains CPC (contrastive predictive coding): which of many windows comes next?

Letters in this file: B batch, S windows, E embedding, K steps ahead, N candidate windows, M predictions.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F

from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.models.cpc import CPC, Predictions
from text_recognizer.util import UserError

TEMPERATURE = 0.1  # cosines between -1 and 1 are too close together for a softmax over hundreds of windows


class CPCLitModel(BaseLitModel):
    """Trains with InfoNCE: finds the next window among all windows of the batch that hold ink.

    It logs the loss, how often the right window is the first choice (`val_chosen`), and a lower bound of the mutual
    information between a prediction and its window, in nats (`val_bound`; van den Oord et al. 2018, equation 5). The
    bound cannot exceed the logarithm of the number of candidates, so compare it only between batches of the same size.

    Parameters
    ----------
    model
        A CPC.
    data_config
        The data's `config()`.
    """

    model: CPC

    def __init__(self, model: CPC, data_config: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(model, data_config, **kwargs)
        if not isinstance(model, CPC):
            raise UserError(f"--loss=cpc: {type(model).__name__} predicts no windows. Add --model_class=CPC")

    def _step(self, batch: tuple[torch.Tensor, torch.Tensor], stage: str) -> torch.Tensor:
        x, _ = batch
        loss, chosen, bound = info_nce(self.model(x))
        for name, value in (("loss", loss), ("chosen", chosen), ("bound", bound)):
            self.log(f"{stage}_{name}", value, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        return loss


def info_nce(predictions: Predictions) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the loss, the share of right choices and the bound, each a mean over the steps ahead.

    A batch whose lines are too short for any choice gives zeros.
    """
    windows, expected, has_ink = predictions
    candidates = F.normalize(windows[has_ink], dim=1)  # (N, E)
    numbers = torch.full(has_ink.shape, -1, device=windows.device)
    numbers[has_ink] = torch.arange(
        len(candidates), device=windows.device
    )  # the number of the candidate that a window is
    losses, chosen = [], []
    for step in range(1, expected.shape[2] + 1):
        both = has_ink[:, :-step] & has_ink[:, step:]  # the last window seen and the predicted one have ink
        if len(candidates) < 2 or not both.any():
            continue
        ahead = F.normalize(expected[:, :-step, step - 1][both], dim=1)  # (M, E)
        logits = ahead @ candidates.T / TEMPERATURE  # (M, N)
        right = numbers[:, step:][both]
        losses.append(F.cross_entropy(logits, right))
        chosen.append((logits.argmax(dim=1) == right).float().mean())
    if not losses:
        nothing = 0 * windows.sum()
        return nothing, nothing.detach(), nothing.detach()
    loss = torch.stack(losses).mean()
    return loss, torch.stack(chosen).mean(), math.log(len(candidates)) - loss.detach()
