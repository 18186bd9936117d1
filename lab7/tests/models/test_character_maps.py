import pytest
import torch

from text_recognizer.decoding.greedy import ctc_greedy_decode
from text_recognizer.models import LineCNN, ParagraphResNetLSTM, ResnetTransformer
from text_recognizer.models.character_maps import attention_weights, character_maps, maps_of_ctc
from text_recognizer.util import UserError

MAPPING = ["<B>", "<S>", "<E>", "<P>", "a", "b", "c", "\n"]
BLANK, START, END, PADDING = range(4)
CONFIG = {"input_dims": (1, 64, 96), "output_dims": (12,), "mapping": MAPPING}


def make_transformer():
    torch.manual_seed(0)
    return ResnetTransformer(CONFIG, tf_dim=16, tf_fc_dim=8, tf_nhead=2, tf_layers=3).eval()


@torch.inference_mode()
def test_attention_weights_are_those_that_the_decoder_used():
    model, tokens = make_transformer(), torch.tensor([[START, 4, 5, 6], [START, 6, 6, 4]])
    memory = model.encode(torch.rand(2, 1, 64, 96))
    attention, seen = model.decoder.layers[1].cross_attention, []
    hook = attention.register_forward_hook(lambda _, args, output: seen.append((args, output)))
    before = model.decoder(tokens, memory)
    hook.remove()
    weights = attention_weights(model.decoder, tokens, memory)
    ((_, (_, values)), looked), *_ = seen
    again = attention.out((weights[1] @ values).transpose(1, 2).flatten(2))
    assert weights.shape == (3, 2, 2, 4, model.map_shape[0] * model.map_shape[1])
    torch.testing.assert_close(again, looked, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(weights.sum(dim=4), torch.ones(3, 2, 2, 4))
    torch.testing.assert_close(model.decoder(tokens, memory), before)  # the hooks are gone
    assert not any(layer.cross_attention._forward_pre_hooks for layer in model.decoder.layers)


def make_write(model, *tokens):
    """Let a model write this text whatever it sees."""
    text = torch.tensor([[START, *tokens, *[PADDING] * (CONFIG["output_dims"][0] - 1 - len(tokens))]])
    model.predict = lambda x: text
    return model


@pytest.mark.parametrize("end", [[END], []])
def test_a_map_of_attention_for_each_character_that_was_written(end):
    read = character_maps(make_write(make_transformer(), 4, 7, 5, *end), torch.rand(1, 1, 64, 96), BLANK)
    assert read.tokens.tolist() == [4, 7, 5]
    assert read.maps.shape == (3, 2, 12)
    torch.testing.assert_close(read.maps.sum(dim=(1, 2)), torch.ones(3))


def test_attention_that_points_at_a_cell_is_found_there():
    """Each character's map is that of the step that wrote it, not of the step that read it."""
    model = make_write(make_transformer(), 4, 5, END)
    maps = character_maps(model, (x := torch.rand(1, 1, 64, 96)), BLANK).maps
    of_first = attention_weights(model.decoder, torch.tensor([[START]]), model.encode(x)).mean(dim=(0, 1, 2))
    torch.testing.assert_close(maps[0].flatten(), of_first[0])


def logits_of(*rows):
    """Return logits (H', W', C) whose likeliest classes are these, the last cell of a run being the surest."""
    path = torch.tensor(rows)
    sureness = 5 + torch.arange(path.numel()).view(path.shape)
    return torch.nn.functional.one_hot(path, len(MAPPING)) * sureness[..., None].float()


def test_ctc_reads_each_character_from_its_run_of_cells():
    logits = logits_of([4, 4, BLANK, 4], [4, 7, BLANK, 5])
    read = maps_of_ctc(logits, BLANK)
    decoded = ctc_greedy_decode(logits.flatten(0, 1).T[None], BLANK, PADDING)[0]
    assert read.tokens.tolist() == decoded[decoded != PADDING].tolist() == [4, 4, 7, 5]
    used = [sorted(map(tuple, (one > 0).nonzero().tolist())) for one in read.maps]
    assert used == [[(0, 0), (0, 1)], [(0, 3), (1, 0)], [(1, 1)], [(1, 3)]]
    torch.testing.assert_close(read.maps.sum(dim=(1, 2)), torch.ones(4))


def test_places_are_the_middles_of_cells_in_pixels():
    read = maps_of_ctc(logits_of([4, 4, BLANK, BLANK], [BLANK, BLANK, BLANK, 5]), BLANK)
    assert read.places(height=100, width=40).tolist() == [[15, 25], [35, 75]]


def test_nothing_is_read_from_a_blank_page():
    read = maps_of_ctc(logits_of([BLANK, BLANK]), BLANK)
    assert (read.tokens.shape, read.maps.shape, read.places(8, 8).shape) == ((0,), (0, 1, 2), (0, 2))


def test_a_paragraph_model_reads_its_own_cells():
    torch.manual_seed(0)
    model, x = ParagraphResNetLSTM(CONFIG, stem_dim=2, lstm_dim=4).eval(), torch.rand(1, 1, 64, 96)
    read = character_maps(model, x, BLANK)
    decoded = ctc_greedy_decode(model(x), BLANK, PADDING)[0]
    assert read.tokens.tolist() == decoded[decoded != PADDING].tolist()
    assert read.maps.shape[1:] == (4, 24)


def test_other_models_are_refused_by_name():
    with pytest.raises(UserError, match="LineCNN: expected a model of paragraphs"):
        character_maps(LineCNN(CONFIG | {"input_dims": (1, 28, 96)}), torch.rand(1, 1, 28, 96), BLANK)
