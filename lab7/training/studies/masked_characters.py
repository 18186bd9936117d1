"""Pre-trains the token part of a decoder on English: it predicts masked characters in lines of text.

`compare_pretraining.py` uses it.

Letters in this file: B batch, T tokens, S memory, E embedding.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from text_recognizer.data.prose.text import TextSource
from text_recognizer.models.modular_decoder import ModularDecoder
from text_recognizer.vocabulary import Tokenizer

# As in J. Devlin et al., "BERT", 2019: of the characters to predict most are masked, some replaced, some left alone.
GUESSED, HIDDEN, REPLACED = 0.15, 0.8, 0.1
BATCH, LR = 32, 1e-3


@dataclass
class MaskedTraining:
    """The result of pre-training.

    Parameters
    ----------
    weights
        The decoder's weights by name, without its cross-attention.
    steps
        Steps of the optimizer.
    guessed
        Share of right predictions in the last hundred steps.
    """

    weights: dict[str, torch.Tensor]
    steps: int
    guessed: float


def train_masked(decoder: ModularDecoder, tokenizer: Tokenizer, minutes: float, seed: int) -> MaskedTraining:
    """Train a decoder on lines of text for some minutes; its memory is zero instead of an image.

    Like Lightning's Trainer it uses a GPU if there is one, and leaves the decoder on the CPU.
    """
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    decoder.to(device)
    optimizer = torch.optim.AdamW(decoder.parameters(), lr=LR)
    shares = list[float]()
    ends = time.monotonic() + 60 * minutes
    nothing = torch.zeros(BATCH, 1, decoder.embedding.embedding_dim, device=device)
    decoder.train()
    for rows in batches(tokenizer, decoder.max_length, seed):
        rows, shown, chosen = (tensor.to(device) for tensor in (rows, *hide(rows, tokenizer)))
        logits = decoder(shown, nothing, is_causal=False)[chosen]
        loss = F.cross_entropy(logits, rows[chosen])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimizer.step()
        shares.append((logits.argmax(dim=1) == rows[chosen]).float().mean().item())
        if time.monotonic() >= ends:
            break
    decoder.cpu()
    kept = {name: value for name, value in decoder.state_dict().items() if "cross_" not in name}
    return MaskedTraining(kept, len(shares), float(np.mean(shares[-100:])))


def batches(tokenizer: Tokenizer, length: int, seed: int) -> Iterator[torch.Tensor]:
    """Yield batches of training texts, from start to end token, endlessly: (B, T)."""
    rng = np.random.default_rng(seed)
    source = TextSource("train")
    while True:
        rows: list[list[int]] = []
        while len(rows) < BATCH:
            text = source.line(rng)
            if len(text) <= length - 2 and set(text) <= tokenizer.label_of.keys():
                rows.append(tokenizer.encode(text, length, with_start_end_tokens=True))
        yield torch.tensor(rows)


def hide(rows: torch.Tensor, tokenizer: Tokenizer) -> tuple[torch.Tensor, torch.Tensor]:
    """Mask some characters.

    Parameters
    ----------
    rows
        (B, T) tokens.
    tokenizer
        Its blank, which no text has, is the mask.

    Returns
    -------
    tuple
        The tokens with masks (B, T), and which are to be predicted (B, T).
    """
    is_text = ~torch.isin(rows, torch.tensor(tokenizer.special))
    chosen = is_text & (torch.rand(rows.shape) < GUESSED)
    chosen[0] |= is_text[0] & ~chosen.any()  # at least one character is to be predicted
    draw = torch.rand(rows.shape)
    shown = rows.clone()
    shown[chosen & (draw < HIDDEN)] = tokenizer.blank
    replaced = chosen & (draw >= HIDDEN) & (draw < HIDDEN + REPLACED)
    others = torch.randint(len(tokenizer.special), len(tokenizer.mapping), rows.shape)
    shown[replaced] = others[replaced]
    return shown, chosen
