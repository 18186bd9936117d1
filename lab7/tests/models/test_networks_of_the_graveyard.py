"""What did not work elsewhere works here as code: EfficientNet, axial attention, VQ-VAE, and CPC beside them."""

import math

import pytest
import pytorch_lightning as pl
import torch

from text_recognizer.data import FakeImageData
from text_recognizer.lit_models import LIT_MODELS
from text_recognizer.lit_models.cpc import CPCLitModel, info_nce
from text_recognizer.lit_models.vq_vae import VQVAELitModel, perplexity
from text_recognizer.models import (
    CNN,
    CPC,
    VQVAE,
    AxialTransformer,
    ConvTransformer,
    EfficientNetTransformer,
    LineResNetLSTM,
)
from text_recognizer.models.axial_transformer import AxialLayer
from text_recognizer.models.cpc import Predictions
from text_recognizer.models.vq_vae import Codebook, DepthToSpace, make_decoder
from text_recognizer.util import UserError

CONFIG = {"input_dims": (1, 32, 64), "output_dims": (6,), "mapping": ["<B>", "<S>", "<E>", "<P>", *"abcdef"]}
SMALL = {"tf_dim": 8, "tf_fc_dim": 12, "tf_layers": 1, "tf_nhead": 2}
CONVNEXT = {
    "convnext_dim": 2,
    "convnext_mults": (2, 4),
    "convnext_depths": (1, 1),
    "convnext_factors": ((2, 2), (4, 2)),
}


@pytest.mark.parametrize(
    ("model_class", "flags"), [(EfficientNetTransformer, {}), (AxialTransformer, {"axial_dim": 2, "axial_layers": 1})]
)
def test_a_graveyard_encoder_has_convnexts_map(model_class, flags):
    torch.manual_seed(0)
    model, x = model_class(CONFIG, **SMALL | flags).eval(), torch.rand(2, 1, 32, 64)
    assert model.map_shape == model.encode_map(x).shape[2:] == (2, 8)
    assert model(x, torch.randint(4, 10, (2, 5))).shape == (2, 10, 5)
    assert ConvTransformer(CONFIG, **SMALL).map_shape == (2, 8)


def test_a_cell_looks_along_its_row_and_its_column():
    torch.manual_seed(0)
    layer, x = AxialLayer(4, 2), torch.randn(1, 4, 3, 5)
    other = x.clone()
    other[0, 0, 2, 4] += 1
    changed = (layer(x) - layer(other)).abs().amax(dim=1)[0] > 1e-6
    assert changed[2].all()  # its row
    assert changed[:, 4].all()  # its column, which the rows pass on
    assert changed.all()


def test_a_codebook_takes_the_nearest_code_and_lets_gradients_through():
    book = Codebook(3, 2)
    book.table.data = torch.tensor([[0.0, 0.0], [1.0, 1.0], [5.0, 5.0]])
    x = torch.tensor([[0.9, 1.2], [0.1, -0.1]]).T.reshape(1, 2, 1, 2).requires_grad_()
    quantised = book(x)
    assert quantised.indices.tolist() == [[[1, 0]]]
    assert torch.allclose(quantised.codes[0, :, 0, 0], torch.tensor([1.0, 1.0]))
    assert quantised.codebook_loss.item() == pytest.approx((0.01 + 0.04 + 0.01 + 0.01) / 4, abs=1e-6)
    (3 * quantised.codes).sum().backward()
    assert (x.grad == 3).all()  # straight through


def test_depth_to_space_is_the_way_back():
    back, x = DepthToSpace(6, 1, (2, 3)), torch.arange(24.0).reshape(1, 6, 2, 2)
    back.mix = torch.nn.Identity()
    image = back(x)
    assert image.shape == (1, 1, 4, 6)
    assert image[0, 0, :2, :3].flatten().tolist() == x[0, :, 0, 0].tolist()


def test_a_vq_vae_draws_an_image_of_the_same_size():
    model = VQVAE({**CONFIG, "input_dims": (1, 30, 61)}, **CONVNEXT, num_codes=5)
    drawn, quantised = model(torch.rand(3, 1, 30, 61))
    assert drawn.shape == (3, 1, 30, 61)
    assert quantised.indices.shape == (3, 4, 16)
    assert quantised.indices.max() < 5


def test_lists_that_are_read_from_behind_stay_as_they_are():
    dims, factors = [2, 4, 8], ((2, 2), (4, 2))
    make_decoder(1, dims, factors)
    assert dims == [2, 4, 8]


def test_a_vq_vae_trains_on_drawing_and_counts_its_codes():
    torch.manual_seed(0)
    lit_model = VQVAELitModel(VQVAE(CONFIG, **CONVNEXT, num_codes=4), CONFIG, lr=0.01)
    x, optimizer = torch.rand(2, 1, 32, 64).round(), torch.optim.Adam(lit_model.parameters(), lr=0.01)
    losses = []
    for _ in range(12):
        loss = lit_model.training_step((x, torch.zeros(2)), 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert lit_model.used["train"].sum() == 12 * 2 * 4 * 16


def test_codes_that_no_cell_chose_move_to_cells_and_the_others_stay():
    torch.manual_seed(0)
    book, cells = Codebook(4, 3), torch.rand(6, 3) + 1
    before = book.table.detach().clone()
    book.restart(torch.tensor([True, False, True, False]), cells)
    assert torch.equal(book.table[[0, 2]], before[[0, 2]])
    for code in book.table[[1, 3]]:
        assert (code == cells).all(dim=1).any()


@pytest.mark.parametrize(("restart_every", "expected"), [(2, True), (0, False)])
def test_training_restarts_codes_only_if_asked(restart_every, expected):
    data = FakeImageData(num_samples=32, batch_size=4)
    lit_model = VQVAELitModel(
        VQVAE(data.config(), **CONVNEXT, num_codes=64), data.config(), lr=0.0, restart_every=restart_every
    )
    before = lit_model.model.codebook.table.detach().clone()
    pl.Trainer(max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False).fit(lit_model, data)
    assert (not torch.equal(before, lit_model.model.codebook.table)) is expected
    with pytest.raises(UserError, match="--restart_every=-1"):
        VQVAELitModel(lit_model.model, data.config(), restart_every=-1)


@pytest.mark.parametrize(("counts", "expected"), [([5, 5, 0, 5], 3), ([7, 0, 0], 1), ([1, 1], 2)])
def test_perplexity_is_the_number_of_codes_used_evenly(counts, expected):
    assert perplexity(torch.tensor(counts).float()) == pytest.approx(expected, abs=1e-5)


def test_what_is_learned_without_labels_fits_the_networks_that_read():
    own, read = CPC(CONFIG).encoder.state_dict(), LineResNetLSTM(CONFIG).encoder.state_dict()
    assert {name: one.shape for name, one in own.items()} == {name: one.shape for name, one in read.items()}
    own, read = VQVAE(CONFIG).encoder.state_dict(), ConvTransformer(CONFIG).encoder.state_dict()
    assert {name: one.shape for name, one in own.items()} == {name: one.shape for name, one in read.items()}


def test_a_window_sees_nothing_of_others_and_what_is_expected_nothing_of_later_ones():
    torch.manual_seed(0)
    model, x = CPC(CONFIG, stem_dim=2, cpc_dim=4, cpc_steps=2).eval(), torch.rand(1, 1, 32, 64)
    other = x.clone()
    other[..., 48:] = torch.rand(16)
    one, two = model(x), model(other)
    assert one.windows.shape == (1, 4, 16)
    assert one.expected.shape == (1, 4, 2, 16)
    assert torch.equal(one.windows[:, :3], two.windows[:, :3])
    assert torch.allclose(one.expected[:, :3], two.expected[:, :3])
    assert not torch.allclose(one.windows[:, 3], two.windows[:, 3])


def test_who_expects_what_comes_has_the_whole_bound():
    windows = torch.eye(6).reshape(2, 3, 6)
    expected = torch.zeros(2, 3, 1, 6)
    expected[:, :-1, 0] = windows[:, 1:]
    loss, chosen, bound = info_nce(Predictions(windows, expected, torch.ones(2, 3, dtype=torch.bool)))
    assert chosen == 1
    assert loss < 1e-3
    assert bound == pytest.approx(math.log(6), abs=1e-3)


def test_the_loss_is_that_of_choosing_among_all_windows_with_ink():
    torch.manual_seed(0)
    windows, expected = torch.randn(2, 4, 5), torch.randn(2, 4, 2, 5)
    has_ink = torch.tensor([[True, True, True, False], [True, True, False, True]])
    loss, _, _ = info_nce(Predictions(windows, expected, has_ink))
    names = [(b, s) for b in range(2) for s in range(4) if has_ink[b, s]]
    by_step = []
    for step in (1, 2):
        each = []
        for b, s in names:
            if (b, s + step) in names:
                scores = torch.stack(
                    [torch.cosine_similarity(expected[b, s, step - 1], windows[o], dim=0) / 0.1 for o in names]
                )
                each.append(-scores.log_softmax(dim=0)[names.index((b, s + step))])
        by_step.append(torch.stack(each).mean())
    assert loss == pytest.approx(torch.stack(by_step).mean().item(), abs=1e-4)


def test_lines_without_ink_teach_nothing():
    paper = Predictions(
        torch.randn(1, 3, 2).requires_grad_(), torch.randn(1, 3, 1, 2), torch.zeros(1, 3, dtype=torch.bool)
    )
    loss, chosen, bound = info_nce(paper)
    loss.backward()
    assert loss == chosen == bound == 0


@pytest.mark.parametrize("flags", [{"cpc_window": 3}, {"cpc_steps": 0}, {"cpc_window": 33}])
def test_windows_that_do_not_fit_are_an_error(flags):
    with pytest.raises(UserError, match="--cpc_window="):
        CPC(CONFIG, **flags)


@pytest.mark.parametrize(("loss", "expected"), [("vq_vae", "--model_class=VQVAE"), ("cpc", "--model_class=CPC")])
def test_a_loss_says_which_model_it_is_for(loss, expected):
    with pytest.raises(UserError, match=expected):
        LIT_MODELS[loss](CNN(CONFIG), CONFIG)
    assert LIT_MODELS["cpc"] is CPCLitModel
