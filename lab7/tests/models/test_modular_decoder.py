"""Every combination of the decoder's options writes the same with its cache as without, and sees no later token."""

import itertools
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest
import torch

from text_recognizer.models.modular_decoder import DecoderOptions, ModularDecoder
from text_recognizer.models.transformer_decoder import greedy_decode

NUM_CLASSES, MAX_LENGTH, DIM = 9, 7, 8
START, END, PADDING = 1, 2, 3
KINDS = get_type_hints(DecoderOptions)
VALUES = {one.name: get_args(KINDS[one.name]) or (False, True) for one in fields(DecoderOptions)}
COMBINATIONS = [dict(zip(VALUES, values, strict=True)) for values in itertools.product(*VALUES.values())]


def make_decoder(seed=0, **options):
    torch.manual_seed(seed)
    decoder = ModularDecoder(NUM_CLASSES, MAX_LENGTH, DIM, 12, 2, 2, 0.0, DecoderOptions(**options)).eval()
    with torch.no_grad():  # sharper than at first, so that an error shows
        decoder.embedding.weight.mul_(3)
    return decoder


def in_steps(decoder, tokens, memory):
    caches = decoder.start(memory)
    return torch.stack([decoder.step(tokens[:, i], caches, i) for i in range(tokens.shape[1])], dim=1)


def test_there_are_all_combinations():
    assert len(COMBINATIONS) == 2 * 3 * 3 * 2**4


@pytest.mark.parametrize("positions", VALUES["positions"])
@pytest.mark.parametrize("feed_forward", VALUES["feed_forward"])
def test_cached_equals_uncached_and_no_token_sees_a_later_one(positions, feed_forward):
    chosen = [one for one in COMBINATIONS if (one["positions"], one["feed_forward"]) == (positions, feed_forward)]
    assert len(chosen) == 32
    for seed, options in enumerate(chosen):
        decoder, memory = make_decoder(seed, **options), torch.randn(3, 5, DIM)
        tokens = torch.randint(4, NUM_CLASSES, (3, MAX_LENGTH))
        later = tokens.clone()
        later[:, 4:] = (later[:, 4:] - 3) % (NUM_CLASSES - 4) + 4
        with torch.inference_mode():
            whole = decoder(tokens, memory)
            assert torch.allclose(in_steps(decoder, tokens, memory), whole, atol=1e-4), options
            after = decoder(later, memory)
        assert torch.allclose(after[:, :4], whole[:, :4], atol=1e-5), options
        assert not torch.allclose(after[:, 4:], whole[:, 4:], atol=1e-3), options


def test_every_weight_learns_whatever_the_options():
    for seed, options in enumerate(COMBINATIONS[::7]):
        decoder = make_decoder(seed, **options)
        decoder(torch.randint(4, NUM_CLASSES, (3, MAX_LENGTH)), torch.randn(3, 5, DIM)).pow(2).sum().backward()
        missing = [name for name, one in decoder.named_parameters() if one.grad is None or not one.grad.any()]
        assert missing == [], options


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_end_early_leave_the_batch_and_change_nothing(seed):
    options = COMBINATIONS[37 * seed + 5]
    decoder, memory = make_decoder(seed, **options), 3 * torch.randn(12, 5, DIM)
    together = greedy_decode(decoder, memory, START, END, PADDING)
    alone = [greedy_decode(decoder, one[None], START, END, PADDING) for one in memory]
    assert torch.equal(together, torch.cat(alone))


def test_the_options_are_what_they_are_called():
    tied = make_decoder(tied_embeddings=True)
    assert tied.classifier.weight is tied.embedding.weight
    x = torch.randn(2, 3, DIM)
    tied.classifier.bias.data.zero_()
    assert torch.allclose(tied.classifier(x), x @ tied.embedding.weight.T)  # the table makes the logits, nothing else
    caches = make_decoder(single_key_value=True).start(torch.randn(2, 5, DIM))
    assert caches[0].keys.shape == (2, 1, MAX_LENGTH, DIM // 2)
    assert make_decoder(positions="learned").positions.embedding.shape == (MAX_LENGTH, DIM)


def test_tied_embeddings_save_a_table():
    num = {tied: sum(one.numel() for one in make_decoder(tied_embeddings=tied).parameters()) for tied in (False, True)}
    assert num[False] - num[True] == NUM_CLASSES * DIM


def test_residual_attention_hands_its_scores_on():
    decoder, memory = make_decoder(residual_attention=True), torch.randn(1, 5, DIM)
    tokens, seen = torch.randint(4, NUM_CLASSES, (1, 4)), []
    for layer in decoder.layers:
        layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[2]))
    decoder(tokens, memory)
    assert seen[0].self_scores is None
    assert seen[1].self_scores.shape == (1, 2, 4, 4)
    assert seen[1].cross_scores.shape == (1, 2, 4, 5)


def test_in_parallel_the_small_network_does_not_see_what_attention_saw():
    decoder = make_decoder(parallel_feed_forward=True)
    seen = []
    decoder.layers[0].fc.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    tokens = torch.tensor([[4, 5, 6], [7, 5, 6]])
    decoder(tokens, torch.randn(1, 5, DIM).expand(2, -1, -1))
    assert torch.equal(seen[0][0, 1:], seen[0][1, 1:])
