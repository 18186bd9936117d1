import pytest
import torch

from text_recognizer.models.transformer_decoder import DecoderLayer, TransformerDecoder, greedy_decode
from text_recognizer.models.transformer_util import Attention, PositionalEncoding, sinusoids
from text_recognizer.util import UserError

NUM_CLASSES, MAX_LENGTH, DIM = 9, 12, 16
START, END, PADDING = 1, 2, 3


def make_decoder(seed=0, **settings):
    torch.manual_seed(seed)
    settings = {"num_heads": 4, "num_layers": 2, "dropout": 0.0, "fc_dim": 32} | settings
    decoder = TransformerDecoder(NUM_CLASSES, MAX_LENGTH, DIM, **settings).eval()
    with torch.no_grad():  # sharper than at first, so that rows differ and end at different steps
        decoder.classifier.weight.mul_(6)
        decoder.embedding.weight.mul_(3)
    return decoder


def decode_one_by_one(decoder, memory):
    """Write each row by itself, computing everything anew for each token."""
    rows = []
    for one in memory:
        tokens = [START]
        while len(tokens) < MAX_LENGTH and tokens[-1] != END:
            logits = decoder(torch.tensor([tokens]), one[None])
            tokens.append(logits[0, -1].argmax().item())
        rows.append(tokens + [PADDING] * (MAX_LENGTH - len(tokens)))
    return torch.tensor(rows)


@pytest.mark.parametrize("seed", range(8))
def test_writing_with_the_cache_gives_the_same_tokens_as_without(seed):
    decoder, memory = make_decoder(seed), 3 * torch.randn(16, 7, DIM)
    with torch.inference_mode():
        expected = decode_one_by_one(decoder, memory)
    assert torch.equal(greedy_decode(decoder, memory, START, END, PADDING), expected)


def test_rows_of_these_tests_do_end_at_different_steps():
    lengths = set()
    for seed in range(8):
        decoder, memory = make_decoder(seed), 3 * torch.randn(16, 7, DIM)
        written = greedy_decode(decoder, memory, START, END, PADDING)
        lengths |= set((written != PADDING).sum(dim=1).tolist())
    assert len(lengths) > 4
    assert MAX_LENGTH in lengths


def test_steps_give_the_logits_of_the_whole():
    decoder, memory = make_decoder(), torch.randn(3, 7, DIM)
    tokens = torch.randint(4, NUM_CLASSES, (3, MAX_LENGTH))
    with torch.inference_mode():
        caches = decoder.start(memory)
        steps = torch.stack([decoder.step(tokens[:, i], caches, i) for i in range(MAX_LENGTH)], dim=1)
        assert torch.allclose(steps, decoder(tokens, memory), atol=1e-5)


def test_no_token_sees_a_later_one():
    decoder, memory = make_decoder(), torch.randn(2, 7, DIM)
    tokens = torch.randint(4, NUM_CLASSES, (2, MAX_LENGTH))
    with torch.inference_mode():
        before = decoder(tokens, memory)
        for i in range(1, MAX_LENGTH):
            changed = tokens.clone()
            changed[:, i] = (changed[:, i] - 3) % (NUM_CLASSES - 4) + 4
            after = decoder(changed, memory)
            assert torch.allclose(after[:, :i], before[:, :i], atol=1e-6)
            assert not torch.allclose(after[:, i], before[:, i], atol=1e-3)


def test_rows_that_have_ended_cost_nothing_more(monkeypatch):
    decoder, memory = make_decoder(), 3 * torch.randn(16, 7, DIM)
    sizes = []
    step = decoder.step
    monkeypatch.setattr(decoder, "step", lambda tokens, *rest: sizes.append(len(tokens)) or step(tokens, *rest))
    written = greedy_decode(decoder, memory, START, END, PADDING)
    ends = [row.index(END) if END in row else MAX_LENGTH - 1 for row in written.tolist()]
    assert sizes == [sum(end > position for end in ends) for position in range(max(ends))]


def test_all_rows_ended_stops_the_writing():
    decoder = make_decoder()
    with torch.no_grad():
        decoder.classifier.bias[END] = 1e4
    written = greedy_decode(decoder, torch.randn(2, 7, DIM), START, END, PADDING)
    assert written.tolist() == [[START, END] + [PADDING] * (MAX_LENGTH - 2)] * 2


def test_the_image_is_looked_at_once(monkeypatch):
    decoder, memory = make_decoder(), torch.randn(2, 7, DIM)
    calls = []
    for layer in decoder.layers:
        attention = layer.cross_attention
        prepare = attention.keys_values
        monkeypatch.setattr(attention, "keys_values", lambda x, f=prepare: calls.append(len(x)) or f(x))
    greedy_decode(decoder, memory, START, -1, PADDING)
    assert calls == [2] * len(decoder.layers)


def test_what_is_written_depends_on_the_image_and_on_the_position():
    decoder = make_decoder()
    tokens = torch.full((1, 3), 5)
    one, other = (decoder(tokens, torch.randn(1, 7, DIM)) for _ in range(2))
    assert not torch.allclose(one, other, atol=1e-3)
    assert not torch.allclose(one[0, 0], one[0, 2], atol=1e-3)


def test_sinusoids_are_those_of_the_paper():
    positions = sinusoids(50, 6)
    for position in (0, 1, 7, 49):
        for i in range(3):
            angle = torch.tensor(position / 10_000 ** (2 * i / 6))
            assert positions[position, 2 * i].item() == pytest.approx(angle.sin().item(), abs=1e-5)
            assert positions[position, 2 * i + 1].item() == pytest.approx(angle.cos().item(), abs=1e-5)


def test_positions_are_not_kept_in_checkpoints():
    assert PositionalEncoding(6, 50).state_dict() == {}


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(UserError, match="--tf_dim=10 --tf_nhead=4"):
        Attention(10, 4)


def test_norms_stand_before_each_part():
    layer = DecoderLayer(DIM, 32, 4, 0.0)
    with torch.no_grad():
        for module in (layer.self_attention.out, layer.cross_attention.out, layer.fc[-1]):
            module.weight.zero_()
            module.bias.zero_()
    x = torch.randn(2, 5, DIM)  # nothing is added, so nothing may change: a norm behind the sum would change it
    assert torch.equal(layer(x, layer.cross_attention.keys_values(torch.randn(2, 7, DIM))), x)
