"""Callbacks that change how a model is trained, or what a run says."""

import csv

import pytest
import torch
from torch.utils.data import TensorDataset

from text_recognizer.util import UserError
from training import run_experiment
from training.callbacks.averaging import Averaging
from training.callbacks.label_smoothing import LabelSmoothing, smoothed
from training.callbacks.output import Output
from training.callbacks.subsample import Subsample, choose, strata_of
from training.callbacks.word_errors import WordErrorRate
from training.command_line.flags import parse
from training.runs.local import LocalRun

QUIET = ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]
DIGITS = ["--data_class=UCIDigits", "--model_class=MLP", "--fc1=8", "--fc2=8", "--batch_size=256"]
LINES = ["--data_class=EMNISTLines", "--model_class=LineCNNSimple", "--loss=ctc", "--conv_dim=2", "--fc_dim=8"]
LINES += ["--num_train=8", "--num_val=4", "--num_test=4", "--max_length=8", "--batch_size=4", "--max_epochs=1"]


@pytest.fixture
def run(tmp_path):
    def run(*argv):
        run_experiment.run(parse([*QUIET, *argv, f"--default_root_dir={tmp_path}"]))
        return LocalRun(next(tmp_path.glob("*/version_0")))

    return run


def test_the_average_of_the_last_epochs_is_kept(run):
    logged = run(*DIGITS, "--max_epochs=4", "--swa_lr=0.001", "--swa_start=0.5")
    assert logged.num_epochs == 4
    assert any("StochasticWeightAveraging" in name for name in torch.load(
        logged.dirname / "checkpoints/last.ckpt", weights_only=True
    )["callbacks"])  # fmt: skip


@pytest.mark.parametrize(("settings", "expected"), [({"swa_lr": -1}, "above|more than 0"), ({"swa_start": 2}, "share")])
def test_an_average_that_cannot_be_is_one_line(settings, expected):
    with pytest.raises(UserError, match=expected):
        Averaging(**settings)


def test_smoothing_is_torchs_own():
    logits, y = torch.randn(3, 5, 4), torch.tensor([[0, 1, 2, 3], [1, 4, 3, 3], [2, 2, 3, 3]])
    own = torch.nn.functional.cross_entropy(logits, y, ignore_index=3)
    expected = torch.nn.functional.cross_entropy(logits, y, ignore_index=3, label_smoothing=0.1)
    assert smoothed(own, logits, y, 0.1, 3).item() == pytest.approx(expected.item())
    expected = torch.nn.functional.cross_entropy(logits, y, label_smoothing=0.2)
    own = torch.nn.functional.cross_entropy(logits, y)
    assert smoothed(own, logits, y, 0.2, None).item() == pytest.approx(expected.item())


def test_smoothing_is_for_training_with_cross_entropy_alone(run):
    with pytest.raises(UserError, match="CTCLitModel has no cross entropy to smooth"):
        run(*LINES, "--label_smoothing=0.1")
    with pytest.raises(UserError, match="expected a share from 0"):
        LabelSmoothing(1.0)


def test_a_run_with_smoothing(run):
    assert run(*DIGITS, "--max_epochs=1", "--label_smoothing=0.5").values["train_loss"][0] > 0


def test_a_part_of_the_data_has_all_classes_in_proportion():
    torch.manual_seed(1)
    strata = [0] * 80 + [1] * 20 + [2]
    chosen = choose(strata, 0.1)
    assert [sum(strata[i] == k for i in chosen) for k in range(3)] == [8, 2, 1]
    assert chosen == choose(strata, 0.1)
    torch.manual_seed(2)
    assert chosen != choose(strata, 0.1)
    rows = TensorDataset(torch.zeros(3, 1), torch.tensor([[1, 2, 3, 3], [1, 3, 3, 3], [1, 1, 2, 3]]))
    assert strata_of(rows) == [2, 1, 3]
    with pytest.raises(UserError, match="--subsample=0: expected a share above 0"):
        Subsample(0)


def test_a_run_on_a_part_of_the_data(run):
    logged = run(*DIGITS, "--max_epochs=1", "--subsample=0.1")
    assert logged.rows[-1]["step"] <= 1  # 126 of 1,257 examples in batches of 256


def test_words_are_counted_beside_characters(run):
    metric = WordErrorRate()
    metric.update(["a bc d", "x"], ["a b d", ""])
    assert metric.compute().item() == pytest.approx(2 / 4)
    logged = run(*LINES)
    assert len(logged.values["val_wer"]) == 1
    assert len(logged.values["test_wer"]) == 1


def test_tables_of_readings_are_written(run):
    logged = run(*LINES, "--prediction_tables", "--max_epochs=2")
    for split in ("train", "val"):
        with (logged.dirname / f"predictions_{split}.csv").open() as file:
            rows = [*csv.DictReader(file)]
        assert [row["epoch"] for row in rows] == ["0"] * 4 + ["1"] * 4
        assert all(row["written"] for row in rows)


def test_tables_change_nothing_of_the_training(tmp_path):
    losses = []
    for name, more in (("with", ["--prediction_tables"]), ("without", [])):
        run_experiment.run(parse([*QUIET, *LINES, *more, "--max_epochs=2", f"--default_root_dir={tmp_path / name}"]))
        losses.append(LocalRun(next((tmp_path / name).glob("*/version_0"))).values["val_loss"])
    assert losses[0] == losses[1]


def test_how_much_is_said(run, capsys):
    run(*DIGITS, "--max_epochs=1")
    assert "Trained 1 epochs, 5 steps, in 0:00:" in capsys.readouterr().out
    with pytest.raises(UserError, match="--verbosity=3: expected 0, 1 or 2"):
        Output(verbosity=3)


def test_a_rate_is_found_and_drawn(run, capsys):
    logged = run(*DIGITS, "--max_epochs=1", "--find_lr", "--find_lr_steps=40")
    assert "--find_lr: training with --lr=" in capsys.readouterr().out
    assert (logged.dirname / "find_lr.png").is_file()
    assert logged.values["lr"][0] != 0.001
