"""Decodes token by token with ONNX Runtime and a model exported by training/export/export_onnx.py.

PyTorch is not loaded.

Letters in this file: H W canvas, H' W' the map's rows and columns, C classes, L layers, N heads, D a head's width, P
tokens so far.
"""

from pathlib import Path
from typing import Any

import numpy as np

from text_recognizer.images.constants import WHITE
from text_recognizer.recognizer.artifact_files import (
    CONFIG_FILENAME,
    DECODER_FILENAME,
    NGRAMS_FILENAME,
    ONNX_FILENAME,
    read_config,
)
from text_recognizer.recognizer.language_reader import load_scorer
from text_recognizer.recognizer.onnx_reader import open_session
from text_recognizer.recognizer.reader import CAREFUL, FAST, Decoded, Reader
from text_recognizer.vocabulary import tokenizer_of

CELLS, LOGITS = "cells", "logits"  # names of outputs of the exported graphs


class OnnxDecoder(Reader):
    """Reads canvases of one size with two exported graphs: one encodes the image, the other decodes one more token.

    Parameters
    ----------
    dirname
        The artifact's directory, with model.onnx and decoder.onnx in it.
    """

    merges_cells = True
    pixels_per_cell = None

    def __init__(self, dirname: Path) -> None:
        self.config = read_config(dirname / CONFIG_FILENAME)
        data_config = self.config["data_config"]
        self.tokenizer = tokenizer_of(data_config)
        self.max_length: int = data_config["output_dims"][0]
        self.encoder: Any = open_session(dirname / ONNX_FILENAME)
        self.decoder: Any = open_session(dirname / DECODER_FILENAME)
        has_scorer = (dirname / NGRAMS_FILENAME).is_file()
        self.scorer = load_scorer(dirname, self.config) if has_scorer else None
        has_ctc_head = CELLS in [output.name for output in self.encoder.get_outputs()]
        self.modes = (CAREFUL, FAST) if has_ctc_head else (CAREFUL,)

    def read_cells(self, pixels: np.ndarray) -> np.ndarray:
        """Read in one pass: a canvas (H, W) uint8 -> (H', W', C) logits of the CTC head; see Reader."""
        return self._see(pixels)[CELLS]

    def decode(self, pixels: np.ndarray, with_details: bool = False) -> Decoded:
        """Decode the text on a canvas (H, W) uint8 token by token; see Reader."""
        seen = self._see(pixels)
        cells = seen.pop(CELLS, None)
        inputs = {one.name: one.shape for one in self.decoder.get_inputs()}
        token_name, *cache_names = (name for name in inputs if name not in seen)
        # The layers' cache of keys and values (1, N, P, D), empty at first.
        cache = [np.empty((1, inputs[name][1], 0, inputs[name][3]), dtype=np.float32) for name in cache_names]
        tokens = [self.tokenizer.start]
        likelihoods = []
        while len(tokens) < self.max_length and tokens[-1] != self.tokenizer.end:
            kept = dict(zip(cache_names, cache, strict=True))
            logits, *cache = self.decoder.run(None, seen | kept | {token_name: np.array(tokens[-1:])})
            scores = logits[0] if self.scorer is None else logits[0] + self.scorer.after(tokens[1:], self.tokenizer.end)
            tokens.append(int(scores.argmax()))
            if with_details:
                likelihoods.append(likelihood_of(logits[0], tokens[-1]))
        return Decoded(tokens, likelihoods, cells if with_details else None)

    def _see(self, pixels: np.ndarray) -> dict[str, np.ndarray]:
        """Encode a canvas (H, W) for the decoder's layers, and for the CTC head if there is one.

        Returns L keys and L values (1, N, H' W', D), and logits (H', W', C), each by its name.
        """
        x = pixels[None, None].astype(np.float32) / WHITE
        names = [output.name for output in self.encoder.get_outputs()]
        return dict(zip(names, self.encoder.run(None, {self.encoder.get_inputs()[0].name: x}), strict=True))


def likelihood_of(logits: np.ndarray, label: int) -> float:
    """Return the probability of a label under the softmax of logits (C,)."""
    return float(np.exp(logits[label] - logits.max()) / np.exp(logits - logits.max()).sum())
