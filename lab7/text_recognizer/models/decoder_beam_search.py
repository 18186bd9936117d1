"""Beam search for a model that decodes token by token, optionally with a language model (shallow fusion).

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
    scorer: Callable[[list[int]], object] | None = None,
    context: int = 0,
) -> list[int]:
    """Decode the text of an image, keeping the best few prefixes at every step.

    The decoder is itself a language model, trained on the texts of its pages; another one, counted on more text, may
    be better (Gulcehre et al., "On Using Monolingual Corpora in Neural Machine Translation", 2015). With a beam of one
    and no language model, this is greedy decoding.

    Parameters
    ----------
    decoder
        The decoder, in evaluation mode.
    memory
        (1, S, E) features of the image.
    tokens
        The special tokens.
    beam_size
        Number of hypotheses that are kept at each step.
    scorer
        Returns, for the last labels of a hypothesis, the score (C,) that is added to the log-probability of each next
        label, like `text_recognizer.decoding.fusion_scorer.FusionScorer`; the end token gets no score.
    context
        Number of labels that `scorer` needs.

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
        if scorer is not None:
            log_probs = log_probs + _scores_of(scorer, texts, context, tokens.end).to(log_probs)
        all_scores = (scores[:, None] + log_probs).flatten()
        best, places = all_scores.topk(min(beam_size, len(all_scores)))
        rows = places // log_probs.shape[1]
        labels = places % log_probs.shape[1]
        going_on = []
        for i, (row, label) in enumerate(zip(rows.tolist(), labels.tolist(), strict=True)):
            if label == tokens.end:
                finished.append((float(best[i]), texts[row]))
            elif best[i] > -torch.inf:
                going_on.append(i)
        if len(finished) >= beam_size or not going_on:
            break
        texts = [[*texts[int(rows[i])], int(labels[i])] for i in going_on]
        scores = best[going_on]
        last = labels[going_on]
        caches = [_choose(cache, rows[going_on], position + 1) for cache in caches]
    finished += [] if finished else [(float(score), text) for score, text in zip(scores, texts, strict=True)]
    return max(finished, key=lambda scored: scored[0])[1]


def _scores_of(scorer: Callable[[list[int]], object], texts: list[list[int]], context: int, end: int) -> torch.Tensor:
    """Return the language model's score of each next label after each hypothesis: (W, C)."""
    scores = torch.stack([torch.as_tensor(scorer(text[-context:] if context else [])) for text in texts])
    scores[:, end] = 0.0
    return scores


def _choose(cache: LayerCache, rows: torch.Tensor, num: int) -> LayerCache:
    """Select the hypotheses of some rows; the image's keys and values, which all share, are not copied."""
    keys, values = (part[:1].expand(len(rows), -1, -1, -1) for part in cache.memory)
    if len(rows) == len(cache.keys) and torch.equal(rows, torch.arange(len(rows), device=rows.device)):
        return LayerCache((keys, values), cache.keys, cache.values)
    own_keys, own_values = (cache.keys.new_empty(len(rows), *cache.keys.shape[1:]) for _ in range(2))
    own_keys[:, :, :num] = cache.keys[rows, :, :num]
    own_values[:, :, :num] = cache.values[rows, :, :num]
    return LayerCache((keys, values), own_keys, own_values)
