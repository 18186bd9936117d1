import pytest
import torch
import torch.nn.functional as F
from torch import nn

from text_recognizer.models.decoder_parts import (
    GatedLinear,
    LearnedPositions,
    ModularAttention,
    RMSNorm,
    RotaryPositions,
    make_feed_forward,
)
from text_recognizer.models.transformer_util import Attention
from text_recognizer.util import UserError


def test_rms_norm_is_pytorchs():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 8)
    own, theirs = RMSNorm(8), nn.RMSNorm(8, eps=1e-6)
    own.weight.data = theirs.weight.data = torch.rand(8)
    assert torch.allclose(own(x), theirs(x), atol=1e-6)


@pytest.mark.parametrize(("kind", "activation"), [("swiglu", F.silu), ("geglu", F.gelu)])
def test_a_gate_says_how_much_passes(kind, activation):
    gate, x = GatedLinear(4, 6, kind), torch.randn(2, 3, 4)
    values, gates = (x @ gate.both.weight.T + gate.both.bias).split(6, dim=-1)
    assert torch.allclose(gate(x), values * activation(gates), atol=1e-6)


def test_all_feed_forward_networks_have_about_as_many_weights():
    sizes = [
        sum(one.numel() for one in make_feed_forward(96, 384, kind, 0.0).parameters())
        for kind in ("gelu", "swiglu", "geglu")
    ]
    assert max(sizes) < 1.01 * min(sizes)


def test_rotary_products_depend_on_the_distance_alone():
    torch.manual_seed(0)
    rotary = RotaryPositions(6, 40)
    query, key = torch.randn(1, 1, 1, 6), torch.randn(1, 1, 1, 6)
    products = {(rotary(query, first + 5) * rotary(key, first)).sum().round(decimals=4).item() for first in (0, 3, 30)}
    assert len(products) == 1
    others = [(rotary(query, 5 + i) * rotary(key, 5)).sum().item() for i in range(6)]
    assert len({round(other, 3) for other in others}) == 6


def test_rotary_positions_turn_and_do_not_stretch():
    rotary, x = RotaryPositions(8, 10), torch.randn(2, 3, 10, 8)
    turned = rotary(x)
    assert torch.allclose(turned.norm(dim=-1), x.norm(dim=-1), atol=1e-5)
    assert torch.equal(turned[:, :, :1], x[:, :, :1])  # at position 0 by no angle
    assert torch.allclose(turned[:, :, 4:6], rotary(x[:, :, 4:6], 4))


def test_an_odd_head_cannot_be_turned_in_pairs():
    with pytest.raises(UserError, match="to be even"):
        RotaryPositions(5, 10)


def test_learned_positions_are_those_of_where_the_token_stands():
    positions, x = LearnedPositions(4, 10), torch.zeros(1, 3, 4)
    assert torch.equal(positions(x, 5)[0], positions.embedding[5:8])


def test_with_all_its_heads_it_is_lab_4s_attention():
    torch.manual_seed(0)
    own, theirs = ModularAttention(8, 2), Attention(8, 2)
    own.load_state_dict(theirs.state_dict())
    x, memory = torch.randn(3, 4, 8), torch.randn(3, 5, 8)
    mine, _ = own(own.queries(x), own.keys_values(memory))
    assert torch.allclose(mine, theirs(x, theirs.keys_values(memory)), atol=1e-6)


def test_a_single_head_of_keys_and_values_is_the_same_for_all():
    torch.manual_seed(0)
    single, many = ModularAttention(8, 2, single_key_value=True), ModularAttention(8, 2)
    for name in ("query", "out"):
        getattr(many, name).load_state_dict(getattr(single, name).state_dict())
    for part in ("weight", "bias"):
        keys, values = getattr(single.key_value, part).data.chunk(2)
        getattr(many.key_value, part).data = torch.cat([keys, keys, values, values])
    x = torch.randn(2, 3, 8)
    one, _ = single(single.queries(x), single.keys_values(x))
    other, _ = many(many.queries(x), many.keys_values(x))
    assert torch.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_with_or_without_its_scores_it_looks_at_the_same(masked):
    torch.manual_seed(0)
    attention, x = ModularAttention(8, 2, single_key_value=True), torch.randn(2, 4, 8)
    mask = torch.ones(4, 4, dtype=torch.bool).tril() if masked else None
    queries, keys_values = attention.queries(x), attention.keys_values(x)
    fused, nothing = attention(queries, keys_values, mask)
    by_hand, scores = attention(queries, keys_values, mask, keeps_scores=True)
    assert nothing is None
    assert torch.allclose(fused, by_hand, atol=1e-6)
    again, _ = attention(queries, keys_values, mask, scores_before=torch.zeros_like(scores))
    assert torch.allclose(again, by_hand, atol=1e-6)
    sharper, _ = attention(queries, keys_values, mask, scores_before=5 * scores)
    assert not torch.allclose(sharper, by_hand, atol=1e-3)


def test_heads_that_do_not_divide_the_width_are_an_error():
    with pytest.raises(UserError, match="--tf_dim=9 --tf_nhead=2"):
        ModularAttention(9, 2)
