import pytest
import pytorch_lightning as pl
import torch

from text_recognizer.data import FakeImageData
from text_recognizer.lit_models import BaseLitModel
from text_recognizer.lit_models.base import OPTIMIZERS
from text_recognizer.models import MLP
from text_recognizer.util import UserError

NEEDS_MORE_THAN_A_LEARNING_RATE = {"LBFGS", "Muon"}
ROWS = {"input_dims": (1, 4, 4), "output_dims": (3,), "mapping": ("<P>", "a", "b")}


class RowModel(torch.nn.Module):
    """Gives the same logits (B, C, S) for every image."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self, x):
        return self.logits.expand(len(x), -1, -1)


def fit(lit_model=None, max_epochs=2, callbacks=(), **flags):
    data = FakeImageData(num_samples=64, batch_size=8)
    lit_model = lit_model or BaseLitModel(MLP(data.config(), fc1=8, fc2=8), data.config(), **flags)
    trainer = pl.Trainer(
        max_epochs=max_epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, callbacks=list(callbacks),
    )  # fmt: skip
    trainer.fit(lit_model, datamodule=data)
    return trainer, lit_model


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - NEEDS_MORE_THAN_A_LEARNING_RATE))
def test_any_optimizer_of_torch_trains_the_model(name):
    trainer, _ = fit(optimizer=name, max_epochs=1)
    assert type(trainer.optimizers[0]).__name__ == name
    assert trainer.global_step == 4


def test_the_base_class_of_optimizers_is_not_one():
    assert "Adam" in OPTIMIZERS
    assert "Optimizer" not in OPTIMIZERS


def test_an_unknown_optimizer_is_refused_with_the_choices():
    with pytest.raises(UserError, match=r"--optimizer=Adamm: expected one of .*AdamW"):
        BaseLitModel(torch.nn.Identity(), ROWS, optimizer="Adamm")


class LearningRates(pl.Callback):
    """Notes the learning rate of each step."""

    def __init__(self):
        self.values = []

    def on_train_batch_start(self, trainer, *_):
        self.values.append(trainer.optimizers[0].param_groups[0]["lr"])


@pytest.mark.parametrize("optimizer", ["Adam", "SGD", "Adagrad"])
def test_one_cycle_is_stepped_at_each_step_over_the_whole_training(optimizer):
    rates = LearningRates()
    fit(optimizer=optimizer, one_cycle_max_lr=0.1, max_epochs=5, callbacks=[rates])
    assert len(set(rates.values)) == len(rates.values) == 20
    assert rates.values[5] == max(rates.values) == pytest.approx(0.1)
    assert rates.values[-1] < 0.1 / 1000  # it has come down again at the very end


@pytest.mark.parametrize(("optimizer", "lr"), [("Adam", -1.0), ("Muon", 0.1)])
def test_what_an_optimizer_refuses_is_the_users_to_mend(optimizer, lr):
    with pytest.raises(UserError, match=f"--optimizer={optimizer} --lr={lr}"):
        fit(optimizer=optimizer, lr=lr)


def test_one_cycle_without_an_end_is_refused():
    with pytest.raises(UserError, match="add --max_epochs or --max_steps"):
        fit(one_cycle_max_lr=0.1, max_epochs=-1)


def test_each_stage_logs_its_loss_and_accuracy():
    trainer, lit_model = fit()
    assert {"train_loss", "train_acc", "val_loss", "val_acc"} <= trainer.callback_metrics.keys()
    (metrics,) = trainer.test(lit_model, datamodule=FakeImageData(num_samples=64), verbose=False)
    assert metrics.keys() == {"test_loss", "test_acc"}


def test_accuracy_of_rows_leaves_padding_out_and_the_loss_does_not():
    logits = torch.tensor([[[-9.0, -9.0, 9.0]], [[9.0, 9.0, -9.0]], [[-9.0, -9.0, -9.0]]]).squeeze(1)[None]
    lit_model = BaseLitModel(RowModel(logits), ROWS)
    x = torch.zeros(1, 1, 4, 4)
    accuracy = lit_model.val_acc
    accuracy(lit_model(x), torch.tensor([[1, 2, 0]]))  # reads "aa" and padding where "ab" and padding stand
    assert accuracy.compute() == 0.5
    right, wrong_padding = (lit_model._loss(lit_model(x), torch.tensor([y])) for y in ([1, 1, 0], [1, 1, 1]))
    assert right < 0.01 < 1 < wrong_padding


def test_outputs_that_do_not_match_the_labels_are_refused_with_both_shapes():
    lit_model = BaseLitModel(RowModel(torch.zeros(1, 3, 5)), ROWS)
    with pytest.raises(UserError, match=r"\(2, 3, 5\) for labels of shape \(2, 3\)"):
        lit_model._loss(lit_model(torch.zeros(2, 1, 4, 4)), torch.zeros(2, 3, dtype=torch.long))


def test_channels_last_reaches_weights_and_images():
    seen = []
    conv = torch.nn.Conv2d(2, 4, 3)
    conv.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    lit_model = BaseLitModel(conv, ROWS, channels_last=True)
    lit_model(torch.rand(2, 2, 8, 8))
    assert conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
