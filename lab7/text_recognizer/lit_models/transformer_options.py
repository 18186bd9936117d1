"""Trains a model that writes a text, with a say in what it is shown and in what counts.

Letters in this file: B batch, C classes, T labels in a row.
"""

from typing import Any

import torch
import torch.nn.functional as F

from text_recognizer.lit_models.transformer_ctc import TransformerCTCLitModel
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.util import UserError


class TransformerOptionsLitModel(TransformerCTCLitModel):
    """Trains like TransformerCTCLitModel; shown tokens may be wrong, and padding behind a text may count in the loss.

    A text is over at its end token, and what a model would write behind it is never read. Where it counts all the same,
    each row weighs as much as its longest neighbour, and a short one teaches mostly padding.

    A model that is only ever shown the true tokens can guess the next one from them, and need not look at the image;
    and when it writes on its own, it has never seen a slip like the one that it just made. Wrong tokens among those
    that it is shown teach it both (Coquenet, Chatelain and Paquet, "DAN", 2022, replace one in five).

    Parameters
    ----------
    model
        The network; see TransformerCTCLitModel.
    data_config
        The data's `config()`; its mapping holds the special tokens.
    ignore_padding
        Leave padding out of the loss.
    token_noise
        Share of the tokens that the model is shown in training which are replaced by any others.
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
        """Log and return the loss of a batch, whose rows are cut to the longest text if padding does not count."""
        x, y = batch
        if self.ignore_padding:
            y = y[:, : int((y != self.tokens.padding).sum(dim=1).max())]
        return super()._logged_loss((x, y), stage)

    def _shown(self, y: torch.Tensor, stage: str) -> torch.Tensor:
        """(B, T) tokens -> (B, T - 1): what the model is shown of them, in training with some wrong ones."""
        shown = super()._shown(y, stage)
        if stage != "train" or not self.token_noise:
            return shown
        is_wrong = (shown >= self.first_character) & (torch.rand(shown.shape, device=shown.device) < self.token_noise)
        others = torch.randint_like(shown, self.first_character, self.num_classes)
        return torch.where(is_wrong, others, shown)

    def _loss(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """(B, C, T) logits, (B, T) tokens that were to be named -> the mean loss."""
        return super()._loss(logits, y) if self.ignore_padding else F.cross_entropy(logits, y)
