import math

import pytest
import torch

from text_recognizer.lit_models import LIT_MODELS
from text_recognizer.lit_models.transformer_guided import TransformerGuidedLitModel, cells_of, guide_loss
from text_recognizer.models import ResnetTransformer, Vit
from text_recognizer.models.character_maps import attention_weights, note_attention
from text_recognizer.util import UserError

CONFIG = {"input_dims": (1, 64, 64), "output_dims": (6,), "mapping": ["<B>", "<S>", "<E>", "<P>", *"ab"]}
LABELS = torch.tensor([[1, 4, 2, 3, 3, 3], [1, 4, 5, 4, 5, 2]])


def build(**flags):
    torch.manual_seed(0)
    model = ResnetTransformer(CONFIG, tf_dim=8, tf_fc_dim=8, tf_nhead=2, tf_layers=2, tf_dropout=0.0)
    return TransformerGuidedLitModel(model, CONFIG, **flags)


def test_it_is_the_transformers_loss():
    assert LIT_MODELS["transformer"] is TransformerGuidedLitModel


def test_labels_get_the_cells_where_they_are_read():
    reading = torch.tensor([[0, 4, 4, 0, 5, 4], [4, 0, 4, 0, 0, 5]])
    logits = torch.nn.functional.one_hot(reading, 6).mT.float()  # (B, C, S)
    cells = cells_of(logits, torch.tensor([[4, 4, 4, 2], [4, 4, 5, 2]]), blank=0)
    assert cells[1].tolist() == [0, 2, 5, -1]
    known = cells[0][cells[0] != -1]
    assert len(known) == 2  # of a, b, a two are in a, a, a
    assert set(known.tolist()) == {1, 5}


def test_the_loss_is_small_where_attention_is_near():
    attention = torch.zeros(1, 2, 40)  # a map of 4 x 10
    attention[0, 0, 12], attention[0, 1, 12] = 1.0, 1.0
    near, far = torch.tensor([[2, -1]]), torch.tensor([[-1, 39]])  # one row above; two rows below and far right
    assert guide_loss(attention, near, (4, 10)).item() == pytest.approx(0.0, abs=1e-5)
    assert guide_loss(attention, far, (4, 10)).item() == pytest.approx(-math.log(1e-6), rel=1e-3)
    assert guide_loss(attention, torch.tensor([[-1, -1]]), (4, 10)).item() == 0.0


def test_a_row_of_the_map_does_not_go_on_in_the_next():
    attention = torch.zeros(1, 1, 40)
    attention[0, 0, 10] = 1.0  # the first cell of the second row
    assert guide_loss(attention, torch.tensor([[9]]), (4, 10)).item() > 10  # the last cell of the first


def test_attention_is_noted_as_it_is_with_gradients():
    lit_model = build()
    decoder, memory = lit_model.model.decoder.eval(), torch.rand(2, 16, 8)
    with note_attention(decoder) as weights:
        decoder(LABELS[:, :-1], memory)
    weights = torch.stack(weights)
    assert torch.equal(weights, attention_weights(decoder, LABELS[:, :-1], memory))
    weights[..., 0].sum().backward()
    assert decoder.layers[0].cross_attention.query.weight.grad.abs().sum() > 0


def test_attention_learns_where_to_look():
    lit_model, x = build(ctc_weight=0.5, guide_weight=1.0), torch.rand(2, 1, 64, 64)
    model = lit_model.model
    with torch.no_grad():  # a head that reads an a in the first cell and nothing elsewhere
        model.ctc_head.weight.zero_()
        model.ctc_head.bias.copy_(torch.tensor([0.0, -9.0, -9.0, -9.0, 1.0, -9.0]))
    optimizer = torch.optim.Adam(model.decoder.parameters(), lr=0.01)
    shares = []
    for _ in range(30):
        with note_attention(model.decoder) as weights:
            loss = lit_model.training_step((x, LABELS), 0)
        shares.append(torch.stack(weights)[0::2].mean(dim=(0, 2))[0, 0, :4].sum().item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert shares[-1] > shares[0]


def test_without_weight_it_is_the_loss_without_a_guide():
    x = torch.rand(2, 1, 64, 64)
    losses = [build(ctc_weight=0.5, guide_weight=weight).validation_step((x, LABELS), 0) for weight in (0.0, 1.0)]
    assert losses[0] == losses[1]
    plain, guided = (
        build(ctc_weight=0.5, guide_weight=weight).training_step((x, LABELS), 0).item() for weight in (0.0, 1.0)
    )
    assert guided >= plain


@pytest.mark.parametrize(
    ("flags", "expected"),
    [({"guide_weight": -1.0}, "--guide_weight=-1"), ({"guide_weight": 0.5}, "--ctc_weight")],
)
def test_wrong_weights_are_refused(flags, expected):
    with pytest.raises(UserError, match=expected):
        build(**flags)


def test_a_model_that_does_not_tell_is_refused():
    model = Vit(CONFIG, tf_dim=8, tf_fc_dim=8, tf_nhead=2, tf_layers=1, tf_encoder_layers=1)
    with pytest.raises(UserError, match="Vit has no attention over a map"):
        TransformerGuidedLitModel(model, CONFIG, ctc_weight=0.5, guide_weight=0.5)
