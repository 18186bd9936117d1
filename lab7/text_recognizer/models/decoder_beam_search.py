"""Beam search for a model that writes token by token, with a language model at its side (shallow fusion).

Letters in this file: W hypotheses, S cells, E embedding, C classes.
"""

from collections.abc import Callable

import torch

from text_recognizer.models.transformer_decoder import LayerCache, TransformerDecoder
from text_recognizer.vocabulary import SpecialTokens


@torch.inference_mode()
def decoder_beam_search(
    decoder: TransformerDecoder,
    memory: torch.Tensor,
    tokens: SpecialTokens,
    beam_size: int = 4,
    expect: Callable[[list[int]], object] | None = None,
    context: int = 0,
) -> list[int]:
    """Write the text of an image, keeping the best few beginnings of it at every step.

    The decoder is a language model of its own, trained on the texts of its pages; another one, counted on more text,
    may know better (Gulcehre et al., "On Using Monolingual Corpora in Neural Machine Translation", 2015). With a beam
    of one and no other model, this is greedy decoding.

    Parameters
    ----------
    decoder
        The decoder, in evaluation mode.
    memory
        (1, S, E) features of the image.
    tokens
        The special tokens.
    beam_size
        How many hypotheses are kept at each step.
    expect
        Gives for the last labels of a text what is added to the logarithm for each next label, (C,), as
        `text_recognizer.decoding.ngrams.Expectation` does; what ends the text is not weighed by it.
    context
        How many labels `expect` wants to see.

    Returns
    -------
    list
        The labels of the best text, without start and end.
    """
    device = memory.device
    caches = decoder.start(memory)
    texts: list[list[int]] = [[]]
    scores = torch.zeros(1, device=device)
    finished: list[tuple[float, list[int]]] = []
    last = torch.full((1,), tokens.start, device=device)
    for position in range(decoder.max_length - 1):
        log_probs = decoder.step(last, caches, position).log_softmax(dim=1)  # (W, C)
        if expect is not None:
            log_probs = log_probs + _expected(expect, texts, context, tokens.end).to(log_probs)
        all_scores = (scores[:, None] + log_probs).flatten()
        best, places = all_scores.topk(min(beam_size, len(all_scores)))
        rows, labels = places // log_probs.shape[1], places % log_probs.shape[1]
        going_on = []
        for i, (row, label) in enumerate(zip(rows.tolist(), labels.tolist(), strict=True)):
            if label == tokens.end:
                finished.append((float(best[i]), texts[row]))
            elif best[i] > -torch.inf:
                going_on.append(i)
        if len(finished) >= beam_size or not going_on:
            break
        texts = [[*texts[int(rows[i])], int(labels[i])] for i in going_on]
        scores, last = best[going_on], labels[going_on]
        caches = [_choose(cache, rows[going_on], position + 1) for cache in caches]
    finished += [] if finished else [(float(score), text) for score, text in zip(scores, texts, strict=True)]
    return max(finished, key=lambda scored: scored[0])[1]


def _expected(expect: Callable[[list[int]], object], texts: list[list[int]], context: int, end: int) -> torch.Tensor:
    """Return what is added to each hypothesis for each next label: (W, C)."""
    added = torch.stack([torch.as_tensor(expect(text[-context:] if context else [])) for text in texts])
    added[:, end] = 0.0
    return added


def _choose(cache: LayerCache, rows: torch.Tensor, num: int) -> LayerCache:
    """Keep the hypotheses that these rows hold; all of them look at the same image, whose part is not copied."""
    keys, values = (part[:1].expand(len(rows), -1, -1, -1) for part in cache.memory)
    if len(rows) == len(cache.keys) and torch.equal(rows, torch.arange(len(rows), device=rows.device)):
        return LayerCache((keys, values), cache.keys, cache.values)
    own_keys, own_values = (cache.keys.new_empty(len(rows), *cache.keys.shape[1:]) for _ in range(2))
    own_keys[:, :, :num], own_values[:, :, :num] = cache.keys[rows, :, :num], cache.values[rows, :, :num]
    return LayerCache((keys, values), own_keys, own_values)
