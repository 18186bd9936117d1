"""Teaches the token part of a decoder what English looks like: it guesses characters that were hidden in lines of text.

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

# As in J. Devlin et al., "BERT", 2019: of the characters to guess most are hidden, some replaced, some left alone.
GUESSED, HIDDEN, REPLACED = 0.15, 0.8, 0.1
BATCH, LR = 32, 1e-3


@dataclass
class MaskedTraining:
    """What came of it.

    Parameters
    ----------
    weights
        Of the decoder, by name, but for what looks at images.
    steps
        Of the optimizer.
    guessed
        Share of right guesses in the last hundred steps.
    """

    weights: dict[str, torch.Tensor]
    steps: int
    guessed: float


def train_masked(decoder: ModularDecoder, tokenizer: Tokenizer, minutes: float, seed: int) -> MaskedTraining:
    """Train a decoder on lines of text for some time; it sees a memory of nothing in place of an image."""
    torch.manual_seed(seed)
    optimizer, shares, ends = (
        torch.optim.AdamW(decoder.parameters(), lr=LR),
        list[float](),
        time.monotonic() + 60 * minutes,
    )
    nothing = torch.zeros(BATCH, 1, decoder.embedding.embedding_dim)
    decoder.train()
    for rows in batches(tokenizer, decoder.max_length, seed):
        shown, chosen = hide(rows, tokenizer)
        logits = decoder(shown, nothing, is_causal=False)[chosen]
        loss = F.cross_entropy(logits, rows[chosen])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimizer.step()
        shares.append((logits.argmax(dim=1) == rows[chosen]).float().mean().item())
        if time.monotonic() >= ends:
            break
    kept = {name: value for name, value in decoder.state_dict().items() if "cross_" not in name}
    return MaskedTraining(kept, len(shares), float(np.mean(shares[-100:])))


def batches(tokenizer: Tokenizer, length: int, seed: int) -> Iterator[torch.Tensor]:
    """Yield lines of training texts, from start to end token, without end: (B, T)."""
    rng, source = np.random.default_rng(seed), TextSource("train")
    while True:
        rows: list[list[int]] = []
        while len(rows) < BATCH:
            text = source.line(rng)
            if len(text) <= length - 2 and set(text) <= tokenizer.label_of.keys():
                rows.append(tokenizer.encode(text, length, with_start_end_tokens=True))
        yield torch.tensor(rows)


def hide(rows: torch.Tensor, tokenizer: Tokenizer) -> tuple[torch.Tensor, torch.Tensor]:
    """Hide some characters.

    Parameters
    ----------
    rows
        (B, T) tokens.
    tokenizer
        Its blank, which no text has, stands for what is hidden.

    Returns
    -------
    tuple
        The tokens as they are shown (B, T), and which are to be guessed (B, T).
    """
    is_text = ~torch.isin(rows, torch.tensor(tokenizer.special))
    chosen = is_text & (torch.rand(rows.shape) < GUESSED)
    chosen[0] |= is_text[0] & ~chosen.any()  # there is always something to guess
    draw, shown = torch.rand(rows.shape), rows.clone()
    shown[chosen & (draw < HIDDEN)] = tokenizer.blank
    replaced = chosen & (draw >= HIDDEN) & (draw < HIDDEN + REPLACED)
    others = torch.randint(len(tokenizer.special), len(tokenizer.mapping), rows.shape)
    shown[replaced] = others[replaced]
    return shown, chosen
