import pytest
import torch
import torch.nn.functional as F

from text_recognizer.lit_models import LIT_MODELS
from text_recognizer.lit_models.transformer_options import TransformerOptionsLitModel
from text_recognizer.models import Vit
from text_recognizer.util import UserError

CONFIG = {"input_dims": (1, 8, 16), "output_dims": (6,), "mapping": ["<B>", "<S>", "<E>", "<P>", *"ab"]}
LABELS = torch.tensor([[1, 4, 2, 3, 3, 3], [1, 4, 5, 4, 5, 2]])


def build(**flags):
    torch.manual_seed(0)
    model = Vit(CONFIG, tf_dim=8, tf_fc_dim=8, tf_nhead=2, tf_layers=1, tf_encoder_layers=1, tf_dropout=0.0)
    return TransformerOptionsLitModel(model, CONFIG, **flags)


def test_it_is_the_transformers_loss():
    assert issubclass(LIT_MODELS["transformer"], TransformerOptionsLitModel)


@pytest.mark.parametrize("ignored", [True, False])
def test_padding_counts_if_it_is_not_ignored(ignored):
    lit_model, x = build(ignore_padding=ignored), torch.rand(2, 1, 8, 16)
    logits = lit_model.model(x, LABELS[:, :-1])
    each = F.cross_entropy(logits, LABELS[:, 1:], reduction="none")
    counted = LABELS[:, 1:] != 3 if ignored else torch.ones(2, 5, dtype=torch.bool)
    loss = lit_model.training_step((x, LABELS), 0)
    assert loss.item() == pytest.approx(each[counted].mean().item(), abs=1e-5)


def test_it_is_ignored_unless_one_asks():
    assert build().ignore_padding


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_some_of_the_shown_tokens_are_wrong_in_training_alone(share):
    torch.manual_seed(0)
    lit_model = build(token_noise=share)
    y = torch.full((200, 6), 4)
    y[:, 0], y[:, 4], y[:, 5] = lit_model.tokens.start, lit_model.tokens.end, lit_model.tokens.padding
    shown = lit_model._shown(y, "train")
    assert shown.shape == (200, 5)
    assert torch.equal(shown[:, 0], y[:, 0])
    assert torch.equal(shown[:, 4], y[:, 4])
    num_wrong = int((shown != y[:, :-1]).sum())
    assert num_wrong == 0 if share == 0 else 100 < num_wrong < 300  # of 600 half, less those that are right by chance
    assert torch.equal(lit_model._shown(y, "val"), y[:, :-1])
    assert shown.min() >= 0


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(UserError, match=f"--token_noise={share}"):
        build(token_noise=share)


def test_a_row_is_cut_to_the_longest_text_of_its_batch():
    lit_model = build()
    rows = []
    lit_model.model.register_forward_pre_hook(lambda _, args: rows.append(args[1]))
    lit_model.training_step((torch.rand(2, 1, 8, 16), F.pad(LABELS, (0, 3), value=3)), 0)
    assert torch.equal(rows[0], LABELS[:, :-1])
