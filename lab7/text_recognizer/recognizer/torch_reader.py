"""Reads with PyTorch, with any model that can be trained here.

Letters in this file: B batch, H W canvas, C classes, S frames, T tokens, H' W' the map's rows and columns.
"""

from pathlib import Path

import numpy as np
import torch

from text_recognizer.images.constants import WHITE
from text_recognizer.models.any_size import AnySizeModel
from text_recognizer.models.base import Model
from text_recognizer.models.cells import CTCHeadModel, MapModel
from text_recognizer.models.decoder_beam_search import decoder_beam_search
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.recognizer.artifact import load_artifact
from text_recognizer.recognizer.artifact_files import NGRAMS_FILENAME
from text_recognizer.recognizer.language_reader import load_scorer
from text_recognizer.recognizer.reader import CAREFUL, FAST, Decoded, Reader
from text_recognizer.vocabulary import tokenizer_of


class TorchReader(Reader):
    """Reads canvases with a model from an artifact.

    Parameters
    ----------
    dirname
        The artifact's directory.
    bf16
        Compute the logits of cells in bfloat16 (PyTorch's autocast): faster on processors that support it, slower on
        others. Token-by-token decoding always computes in 32 bits.
    """

    def __init__(self, dirname: Path, bf16: bool = False) -> None:
        self.bf16 = bf16
        self.model, self.config = load_artifact(dirname)
        self.merges_cells = self.config["loss"] != "cross_entropy"  # lab 2's models have one frame per character
        self.tokenizer = tokenizer_of(self.config["data_config"])
        self.pixels_per_cell = self.model.pixels_per_cell if isinstance(self.model, AnySizeModel) else None
        self.modes = _modes_of(self.model)
        has_scorer = CAREFUL in self.modes and (dirname / NGRAMS_FILENAME).is_file()
        self.scorer = load_scorer(dirname, self.config) if has_scorer else None

    @torch.inference_mode()
    def read_cells(self, pixels: np.ndarray) -> np.ndarray:
        """Read in one pass: a canvas (H, W) uint8 -> (H', W', C) logits; see Reader."""
        x = as_tensor(pixels)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            if isinstance(self.model, MapModel):
                return self.model.read_rows(x)[0].float().numpy()
            return self.model(x).permute(0, 2, 1).float().numpy()  # (1, C, S) -> (1, S, C)

    @torch.inference_mode()
    def read_batch(self, images: np.ndarray) -> np.ndarray:
        """Read a batch of lines of one width: (B, H, W) uint8 -> (B, 1, W', C) logits."""
        x = torch.from_numpy(images)[:, None].float() / WHITE
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return self.model(x).permute(0, 2, 1)[:, None].float().numpy()  # (B, C, S) -> (B, 1, S, C)

    @torch.inference_mode()
    def decode(self, pixels: np.ndarray, with_details: bool = False) -> Decoded:
        """Decode the text on a canvas (H, W) uint8 token by token; see Reader."""
        if not isinstance(self.model, EncoderDecoder):
            return super().decode(pixels, with_details)
        x = as_tensor(pixels)
        tokens = self._write(self.model, x)
        return self._look_again(self.model, x, tokens) if with_details else Decoded(tokens)

    def _write(self, model: EncoderDecoder, x: torch.Tensor) -> list[int]:
        """Decode an image (1, 1, H, W) greedily, with the artifact's language model if it has one."""
        _, start, end, _ = self.tokenizer.special
        if self.scorer is None:
            tokens: list[int] = model.predict(x)[0].tolist()
            return tokens[: tokens.index(end) + 1] if end in tokens else tokens
        labels = decoder_beam_search(
            model.decoder, model.encode(x), self.tokenizer.special, 1, self.scorer, self.scorer.context
        )
        is_whole = len(labels) + 1 < model.decoder.max_length
        return [start, *labels, *([end] if is_whole else [])]

    def _look_again(self, model: EncoderDecoder, x: torch.Tensor, tokens: list[int]) -> Decoded:
        """Compute probabilities and cells of a text that was decoded from an image (1, 1, H, W).

        One pass with teacher forcing covers all tokens, and takes a small part of the time of decoding.
        """
        y = torch.tensor([tokens])
        cells = None
        if isinstance(model, CTCHeadModel) and FAST in self.modes:
            logits, of_cells = model.forward_both(x, y[:, :-1])  # (1, C, T - 1), (1, C, S)
            cells = of_cells[0].T.unflatten(0, model.map_shape).numpy()  # (C, S) -> (H', W', C)
        else:
            logits = model(x, y[:, :-1])
        likelihoods = logits.softmax(dim=1).gather(1, y[:, None, 1:])  # (1, 1, T - 1)
        return Decoded(tokens, likelihoods[0, 0].tolist(), cells)


def _modes_of(model: Model) -> tuple[str, ...]:
    if not isinstance(model, EncoderDecoder):
        return (FAST,)
    has_ctc_head = isinstance(model, CTCHeadModel) and model.ctc_head is not None
    return (CAREFUL, FAST) if has_ctc_head else (CAREFUL,)


def as_tensor(pixels: np.ndarray) -> torch.Tensor:
    """(H, W) uint8 -> (1, 1, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pixels))[None, None].float() / WHITE
