import itertools

import pytest
import torch

from text_recognizer.models.decoder_beam_search import decoder_beam_search
from text_recognizer.models.transformer_decoder import TransformerDecoder, greedy_decode
from text_recognizer.vocabulary import SpecialTokens

TOKENS = SpecialTokens(blank=0, start=1, end=2, padding=3)
NUM_CLASSES, MAX_LENGTH = 7, 6


def make_decoder(seed, max_length=MAX_LENGTH):
    torch.manual_seed(seed)
    decoder = TransformerDecoder(NUM_CLASSES, max_length, dim=8, fc_dim=8, num_heads=2, num_layers=2, dropout=0.0)
    torch.nn.init.normal_(decoder.classifier.weight, std=2.0)
    return decoder.eval(), torch.randn(1, 5, 8)


def log_prob(decoder, memory, text, added=None):
    """Return the logarithm of the probability that the decoder writes a text and ends it, and what is added."""
    row = torch.tensor([[TOKENS.start, *text, TOKENS.end]])
    with torch.no_grad():
        log_probs = decoder(row[:, :-1], memory).log_softmax(dim=2)[0]
    score = sum(float(log_probs[i, label]) for i, label in enumerate(row[0, 1:].tolist()))
    return score + sum(float(added(text[max(0, i - 2) : i])[label]) for i, label in enumerate(text) if added)


@pytest.mark.parametrize("seed", range(8))
def test_a_beam_of_one_is_greedy(seed):
    decoder, memory = make_decoder(seed, max_length=12)
    (row,) = greedy_decode(decoder, memory, TOKENS.start, TOKENS.end, TOKENS.padding).tolist()
    row = row[1 : row.index(TOKENS.end)] if TOKENS.end in row else row[1:]
    assert decoder_beam_search(decoder, memory, TOKENS, beam_size=1) == row


def language(labels):
    """Likes what is not the label before: (C,)."""
    added = torch.full((NUM_CLASSES,), 0.3)
    if labels:
        added[labels[-1]] = -2.0
    added[: TOKENS.padding + 1] = -torch.inf
    return added


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("added", [None, language])
def test_a_beam_that_holds_everything_finds_the_best_text(seed, added):
    decoder, memory = make_decoder(seed, max_length=5)
    labels = [i for i in range(NUM_CLASSES) if i != TOKENS.end]
    texts = [list(text) for length in range(4) for text in itertools.product(labels, repeat=length)]
    expected = max(texts, key=lambda text: log_prob(decoder, memory, text, added))
    assert decoder_beam_search(decoder, memory, TOKENS, NUM_CLASSES**4, added, context=2) == expected


def test_a_text_that_does_not_end_is_cut_at_the_longest():
    decoder, memory = make_decoder(0)
    with torch.no_grad():
        decoder.classifier.bias[TOKENS.end] = -1e9
    assert len(decoder_beam_search(decoder, memory, TOKENS, beam_size=3)) == MAX_LENGTH - 1
