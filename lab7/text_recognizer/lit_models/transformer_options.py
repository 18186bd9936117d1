"""Trains a model that generates a text, with options for the tokens that it sees and for the padding.

Letters in this file: B batch, C classes, T labels in a row.
"""

from typing import Any

import torch
import torch.nn.functional as F

from text_recognizer.lit_models.transformer_ctc import TransformerCTCLitModel
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.util import UserError


class TransformerOptionsLitModel(TransformerCTCLitModel):
    """Trains like TransformerCTCLitModel; input tokens may be wrong, and padding after a text may count in the loss.

    A text ends at its end token, and what a model generates after it is never read. If padding counts in the loss, each
    row weighs as much as the longest row of its batch, and a short text teaches mostly padding.

    A model that sees only true tokens can guess the next one from them, without the image. And in use it makes
    mistakes, such as it has never seen in training. Both get better if some of its input tokens are wrong (Coquenet,
    Chatelain and Paquet, "DAN", 2022, replace one in five).

    Parameters
    ----------
    model
        The network; see TransformerCTCLitModel.
    data_config
        The data's `config()`; its mapping holds the special tokens.
    ignore_padding
        Leave padding out of the loss.
    token_noise
        Share of the input tokens that are replaced by random ones in training.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        data_config: dict[str, Any],
        ignore_padding: bool = True,
        token_noise: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(model, data_config, **kwargs)
        if not 0 <= token_noise <= 1:
            raise UserError(f"--token_noise={token_noise}: expected a share from 0 to 1")
        self.ignore_padding = ignore_padding
        self.token_noise = token_noise
        self.first_character, self.num_classes = max(self.tokens) + 1, len(data_config["mapping"])

    def _logged_loss(self, batch: tuple[torch.Tensor, torch.Tensor], stage: str) -> torch.Tensor:
        """Log and return the loss of a batch; if padding does not count, its rows are cut to the longest text."""
        x, y = batch
        if self.ignore_padding:
            y = y[:, : int((y != self.tokens.padding).sum(dim=1).max())]
        return super()._logged_loss((x, y), stage)

    def _shown(self, y: torch.Tensor, stage: str) -> torch.Tensor:
        """(B, T) tokens -> (B, T - 1): the tokens that the model sees, in training with some wrong ones."""
        shown = super()._shown(y, stage)
        if stage != "train" or not self.token_noise:
            return shown
        is_wrong = (shown >= self.first_character) & (torch.rand(shown.shape, device=shown.device) < self.token_noise)
        others = torch.randint_like(shown, self.first_character, self.num_classes)
        return torch.where(is_wrong, others, shown)

    def _loss(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """(B, C, T) logits, (B, T) target tokens -> the mean loss."""
        return super()._loss(logits, y) if self.ignore_padding else F.cross_entropy(logits, y)
