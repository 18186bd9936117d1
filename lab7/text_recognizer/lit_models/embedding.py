"""Trains a network to put images of one class close together, and those of others far away.

Letters in this file: B batch, N images of a stage, E embedding.
"""

from typing import Any

import torch
import torch.nn.functional as F

from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.models.base import Model
from text_recognizer.util import UserError


class EmbeddingLitModel(BaseLitModel):
    """Trains with a triplet loss: an image must be closer to images of its class than to all others, by a margin.

    The network's output is used as the embedding, whatever its last layer was made for, and embeddings are compared by
    the cosine of their angle. A miner selects the pairs that are hard enough to learn from (X. Wang et al.,
    "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", 2019). Loss and miner come from the
    library PyTorch Metric Learning, an extra.

    Beside the loss, `val_nearest` is logged: the share of images whose nearest neighbour in the same split has the same
    class. There is no accuracy, because the network does not predict classes.

    Parameters
    ----------
    model
        The network; its `forward` gives (B, E).
    data_config
        The data's `config()`.
    margin
        How much larger the cosine of a pair of the same class must be than that of a pair of different classes.
    """

    def __init__(self, model: Model, data_config: dict[str, Any], margin: float = 0.2, **kwargs: Any) -> None:
        super().__init__(model, data_config, **kwargs)
        if not 0 < margin < 2:
            raise UserError(
                f"--margin={margin}: expected more than 0 and less than 2, the largest difference of two cosines"
            )
        self.metric_loss, self.miner = make_loss(margin)
        self.seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def _step(self, batch: tuple[torch.Tensor, torch.Tensor], stage: str) -> torch.Tensor:
        x, y = batch
        vectors = self(x)  # (B, E)
        if vectors.ndim != 2 or y.ndim != 1:
            raise UserError(
                f"--loss=embedding: got vectors of shape {tuple(vectors.shape)} and labels of shape {tuple(y.shape)}, "
                "expected one of each per image, as from --data_class=Characters --model_class=ResNet"
            )
        loss = self.metric_loss(vectors, y, self.miner(vectors, y))
        self.log(f"{stage}_loss", loss, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        if stage != "train":
            self.seen.append((vectors.detach(), y))
        return loss

    def on_validation_epoch_end(self) -> None:
        """Log the share of validation images whose nearest neighbour has their class."""
        self._log_nearest("val")

    def on_test_epoch_end(self) -> None:
        """Log the share of test images whose nearest neighbour has their class."""
        self._log_nearest("test")

    def _log_nearest(self, stage: str) -> None:
        vectors, labels = (torch.cat(parts) for parts in zip(*self.seen, strict=True))
        self.seen = []
        self.log(f"{stage}_nearest", nearest_share(vectors, labels), prog_bar=True, sync_dist=True)


def nearest_share(vectors: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the share of N vectors (N, E) whose nearest other vector has the same label."""
    vectors = F.normalize(vectors.float(), dim=1)
    cosines = vectors @ vectors.T
    return (labels[cosines.fill_diagonal_(-torch.inf).argmax(dim=1)] == labels).float().mean()


def make_loss(margin: float) -> tuple[Any, Any]:
    """Return the loss and the miner of PyTorch Metric Learning."""
    try:
        from pytorch_metric_learning import distances, losses, miners
    except ImportError:
        raise UserError(
            "--loss=embedding needs PyTorch Metric Learning: python -m pip install pytorch-metric-learning"
        ) from None
    cosine = distances.CosineSimilarity()
    return losses.TripletMarginLoss(margin=margin, distance=cosine), miners.MultiSimilarityMiner(distance=cosine)
