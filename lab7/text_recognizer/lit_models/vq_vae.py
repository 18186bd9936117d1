"""Trains a VQ-VAE, which reconstructs images from codes.

Letters in this file: B batch, H' W' map, N codes.
"""

from typing import Any

import torch
import torch.nn.functional as F

from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.models.vq_vae import VQVAE
from text_recognizer.util import UserError


class VQVAELitModel(BaseLitModel):
    """Trains with the error of the reconstructed image, and the distance of its cells from their codes.

    Beside the loss it logs the number of codes that were used in an epoch, and their perplexity: the number of equally
    frequent codes that would be as hard to predict. If few codes are used, the codebook has "collapsed".

    Parameters
    ----------
    model
        A VQVAE.
    data_config
        The data's `config()`.
    commitment
        Weight of the loss that moves cells towards their codes.
    restart_every
        Steps after which each code that no cell has chosen since the last time moves to a random cell; never if 0.
    """

    model: VQVAE

    def __init__(
        self,
        model: VQVAE,
        data_config: dict[str, Any],
        commitment: float = 0.25,
        restart_every: int = 20,
        **kwargs: Any,
    ) -> None:
        super().__init__(model, data_config, **kwargs)
        if not isinstance(model, VQVAE):
            raise UserError(f"--loss=vq_vae: {type(model).__name__} reconstructs no images. Add --model_class=VQVAE")
        if not 0 <= commitment < float("inf"):
            raise UserError(f"--commitment={commitment}: expected 0 or more")
        if restart_every < 0:
            raise UserError(f"--restart_every={restart_every}: expected a number of steps, or 0 for never")
        self.commitment = commitment
        self.restart_every = restart_every
        self.recent = torch.zeros(len(model.codebook.table))
        self.used = {stage: torch.zeros(len(model.codebook.table)) for stage in ("train", "val", "test")}

    def _step(self, batch: tuple[torch.Tensor, torch.Tensor], stage: str) -> torch.Tensor:
        x, _ = batch
        drawn, quantised = self.model(x)
        reconstruction = F.binary_cross_entropy_with_logits(drawn, x)
        loss = reconstruction + quantised.codebook_loss + self.commitment * quantised.commitment_loss
        counts = torch.bincount(quantised.indices.flatten().cpu(), minlength=len(self.recent))
        self.used[stage] += counts
        if stage == "train" and self.restart_every:
            self.recent += counts
            self.cells = quantised.cells
        for name, value in (("loss", loss), ("reconstruction", reconstruction)):
            self.log(f"{stage}_{name}", value, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        """Restart the codes that no cell has chosen."""
        if self.restart_every and self.global_step % self.restart_every == 0:
            self.model.codebook.restart(self.recent.to(self.device) > 0, self.cells)
            self.recent.zero_()

    def on_train_epoch_end(self) -> None:
        """Log the use of codes by the training images."""
        self._log_codes("train")

    def on_validation_epoch_end(self) -> None:
        """Log the use of codes by the validation images."""
        self._log_codes("val")

    def on_test_epoch_end(self) -> None:
        """Log the use of codes by the test images."""
        self._log_codes("test")

    def _log_codes(self, stage: str) -> None:
        counts = self.used[stage]
        self.log(f"{stage}_codes", float((counts > 0).sum()), prog_bar=True, sync_dist=True)
        self.log(f"{stage}_perplexity", perplexity(counts).item(), prog_bar=True, sync_dist=True)
        self.used[stage] = torch.zeros_like(counts)


def perplexity(counts: torch.Tensor) -> torch.Tensor:
    """Return the number of equally frequent codes that would be as hard to predict as codes with these (N,) counts."""
    shares = counts[counts > 0] / counts.sum()
    return (-(shares * shares.log()).sum()).exp()
