"""Trains a model that generates a text token by token, and guides its attention to the right cells of the page.

Letters in this file: B batch, C classes, H' W' map, S = H' W' cells, T tokens, L layers, N heads.
"""

from typing import Any

import torch
from rapidfuzz.distance import Levenshtein

from text_recognizer.lit_models.transformer_options import TransformerOptionsLitModel
from text_recognizer.models.character_maps import note_attention
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.models.resnet_transformer import ResnetTransformer
from text_recognizer.util import UserError

REACH = 1, 3  # rows and columns around a character's cell in which attention still counts as right
UNKNOWN = -1  # instead of a cell's index
LEAST = 1e-6  # is added to the share of attention, so that its logarithm stays finite


class TransformerGuidedLitModel(TransformerOptionsLitModel):
    """Trains like TransformerOptionsLitModel; with a `guide_weight`, attention to the right cells counts in the loss.

    The labels do not say where each character is. But the CTC head reads each character in a certain cell, and learns
    to do so within a few hundred steps if the backbone can read. Where its reading agrees with the label, attention
    should be around that cell. The loss is the negative logarithm of the share of attention that is; the share is a
    mean over layers and heads.

    Parameters
    ----------
    model
        The network, a ResnetTransformer if there is a `guide_weight`.
    data_config
        The data's `config()`; its mapping holds the special tokens.
    guide_weight
        Weight of the loss of attention; with 0 there is none. Needs a `ctc_weight`.
    """

    def __init__(
        self, model: EncoderDecoder, data_config: dict[str, Any], guide_weight: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(model, data_config, **kwargs)
        if not 0 <= guide_weight < float("inf"):
            raise UserError(f"--guide_weight={guide_weight}: expected 0 or more")
        if guide_weight and not isinstance(model, ResnetTransformer):
            raise UserError(
                f"--guide_weight={guide_weight}: {type(model).__name__} has no attention over a map to guide. Choose "
                "--model_class=ResnetTransformer"
            )
        if guide_weight and not self.ctc_weight:
            raise UserError(
                f"--guide_weight={guide_weight}: needs the CTC head, which finds the right cells. Add "
                "--ctc_weight=0.5, for instance"
            )
        self.guide_weight = guide_weight

    def _both_losses(
        self, x: torch.Tensor, y: torch.Tensor, shown: torch.Tensor, stage: str
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both losses of TransformerCTCLitModel; in training the loss of attention is added to the first."""
        if stage != "train" or not self.guide_weight:
            return super()._both_losses(x, y, shown, stage)
        assert isinstance(self.model, ResnetTransformer)
        with note_attention(self.model.decoder) as weights:
            loss, ctc_logits = super()._both_losses(x, y, shown, stage)
        cells = cells_of(ctc_logits.detach(), y[:, 1:], self.tokens.blank)
        of_guide = guide_loss(torch.stack(weights).mean(dim=(0, 2)), cells, self.model.map_shape)
        self.log("train_guide_loss", of_guide, on_step=False, on_epoch=True)
        return loss + self.guide_weight * of_guide, ctc_logits


def cells_of(logits: torch.Tensor, labels: torch.Tensor, blank: int) -> torch.Tensor:
    """Return for each label the cell in which a CTC head reads it, or -1 where its reading differs.

    Parameters
    ----------
    logits
        (B, C, S) of the CTC head.
    labels
        (B, T).
    blank
        The class that means "no character here".

    Returns
    -------
    Tensor
        (B, T), on the device of the labels.

    Examples
    --------
    >>> reading = torch.nn.functional.one_hot(torch.tensor([[0, 5, 5, 0, 7, 0]]), 8).mT.float()
    >>> cells_of(reading, torch.tensor([[5, 6, 7, 2]]), blank=0)
    tensor([[ 1, -1,  4, -1]])
    """
    path = logits.argmax(dim=1)  # (B, S)
    is_first = torch.ones_like(path, dtype=torch.bool)
    is_first[:, 1:] = path[:, 1:] != path[:, :-1]
    is_read = (is_first & (path != blank)).cpu()
    path, cells = path.cpu(), torch.full(labels.shape, UNKNOWN)
    for i, row in enumerate(labels.tolist()):
        places = is_read[i].nonzero()[:, 0]
        for kind, start, end, first, last in Levenshtein.opcodes(row, path[i][places].tolist()):
            if kind == "equal":
                cells[i, start:end] = places[first:last]
    return cells.to(labels.device)


def guide_loss(attention: torch.Tensor, cells: torch.Tensor, map_shape: tuple[int, int]) -> torch.Tensor:
    """Return the mean of -log(share of attention around the right cell) over the labels whose cell is known.

    Parameters
    ----------
    attention
        (B, T, S); each row of S adds up to 1.
    cells
        (B, T), -1 where the cell is not known.
    map_shape
        H' and W'.
    """
    columns = map_shape[1]
    every = torch.arange(attention.shape[2], device=cells.device)
    is_near = ((every // columns - cells[..., None] // columns).abs() <= REACH[0]) & (
        (every % columns - cells[..., None] % columns).abs() <= REACH[1]
    )  # (B, T, S)
    share = (attention.float() * is_near).sum(dim=2)
    is_known = cells != UNKNOWN
    return -(share[is_known] + LEAST).log().sum() / is_known.sum().clamp(min=1)
