import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import TensorDataset

from text_recognizer.data import BaseDataModule
from text_recognizer.lit_models import BaseLitModel
from text_recognizer.lit_models.base import OPTIMIZERS
from text_recognizer.models import MLP
from text_recognizer.models.base import Model
from text_recognizer.util import UserError

NEEDS_MORE_THAN_A_LEARNING_RATE = {"LBFGS", "Muon"}


class Noise(BaseDataModule):
    """Random images with random labels; 32 for training, 16 each for validation and test."""

    input_dims = (1, 4, 4)
    output_dims = (1,)
    mapping = tuple("abc")
    source = "noise"

    def load_splits(self):
        rng = torch.Generator().manual_seed(0)
        images = torch.rand(64, *self.input_dims, generator=rng)
        labels = torch.randint(3, (64,), generator=rng)
        return tuple(TensorDataset(images[part], labels[part]) for part in (slice(32), slice(32, 48), slice(48, 64)))


def fit(lit_model=None, max_epochs=2, callbacks=(), **flags):
    data = Noise(batch_size=8)
    lit_model = lit_model or BaseLitModel(MLP(data.config(), fc1=8, fc2=8), data.config(), **flags)
    trainer = pl.Trainer(
        max_epochs=max_epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, callbacks=list(callbacks),
    )  # fmt: skip
    trainer.fit(lit_model, datamodule=data)
    return trainer, lit_model


@pytest.mark.parametrize("name", sorted({*OPTIMIZERS} & {*vars(torch.optim)} - NEEDS_MORE_THAN_A_LEARNING_RATE))
def test_any_optimizer_of_torch_trains_the_model(name):
    trainer, _ = fit(optimizer=name, max_epochs=1)
    assert type(trainer.optimizers[0]).__name__ == name
    assert trainer.global_step == 4


def test_the_base_class_of_optimizers_is_not_one():
    assert "Adam" in OPTIMIZERS
    assert "Optimizer" not in OPTIMIZERS


def test_an_unknown_optimizer_is_refused_with_the_choices():
    with pytest.raises(UserError, match=r"--optimizer=Adamm: expected one of .*AdamW"):
        BaseLitModel(Model(), Noise().config(), optimizer="Adamm")


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
    (metrics,) = trainer.test(lit_model, datamodule=Noise(), verbose=False)
    assert metrics.keys() == {"test_loss", "test_acc"}
