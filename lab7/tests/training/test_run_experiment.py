"""Runs the real command, in this process, on small data."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from pytorch_lightning.utilities.exceptions import SIGTERMException

from text_recognizer.util import UserError
from training import run_experiment
from training.flags import parse

LAB_DIRNAME = Path(__file__).resolve().parents[2]
QUIET = ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]
SMALL_MODEL = ["--model_class=MLP", "--fc1=64", "--fc2=32"]


@pytest.fixture
def run(tmp_path):
    return lambda *argv: run_experiment.run(parse([*QUIET, f"--default_root_dir={tmp_path}", *argv]))


def test_a_model_learns_digits_and_the_best_checkpoint_is_tested(run, tmp_path, capsys):
    metrics = run(*SMALL_MODEL, "--data_class=MNIST", "--max_epochs=15", "--batch_size=16")
    assert metrics["test_acc"] > 0.75
    log_dirname = tmp_path / "MNIST_MLP_cross_entropy" / "version_0"
    best = next(path for path in (log_dirname / "checkpoints").glob("epoch=*.ckpt"))
    printed = capsys.readouterr().out
    assert f"Testing the best checkpoint, {best}" in printed
    assert "Data: MNIST idx files in" in printed
    again = run(*SMALL_MODEL, "--data_class=MNIST", "--max_epochs=0", f"--load_checkpoint={best}", "--logger=false")
    assert again["test_loss"] == pytest.approx(metrics["test_loss"])


def test_the_best_checkpoint_is_tested_and_not_the_last(run, tmp_path, capsys):
    # Noise learnt by heart: validation gets worse and worse.
    run(*SMALL_MODEL, "--data_class=FakeImageData", "--num_samples=64", "--max_epochs=30", "--patience=0")
    log_dirname = tmp_path / "FakeImageData_MLP_cross_entropy" / "version_0"
    with (log_dirname / "metrics.csv").open() as file:
        val_losses = [float(row["val_loss"]) for row in csv.DictReader(file) if row["val_loss"]]
    assert val_losses[-1] > min(val_losses)
    epoch = val_losses.index(min(val_losses))
    assert f"Testing the best checkpoint, {log_dirname / 'checkpoints' / f'epoch={epoch}-'}" in capsys.readouterr().out


def test_a_training_shorter_than_the_pause_between_validations_is_validated_at_its_end(run, tmp_path, capsys):
    run(*SMALL_MODEL, "--data_class=UCIDigits", "--max_epochs=2", "--check_val_every_n_epoch=10")
    printed = capsys.readouterr().out
    assert "--check_val_every_n_epoch=10 with --max_epochs=2: validating once, after the last epoch" in printed
    assert "Testing the best checkpoint" in printed
    with (tmp_path / "UCIDigits_MLP_cross_entropy" / "version_0" / "metrics.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file) if row["val_loss"]] == ["1"]


def test_a_batch_is_memorised_and_validated_on_itself(run, capsys):
    metrics = run(
        *SMALL_MODEL, "--data_class=FakeImageData", "--overfit_batches=1", "--batch_size=16", "--max_epochs=80",
        "--dropout=0", "--check_val_every_n_epoch=80",
    )  # fmt: skip
    assert metrics["val_acc"] == 1
    assert metrics["val_loss"] < 0.1
    assert "test_loss" not in metrics
    assert "the test set was not touched" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(run):
    command = [*SMALL_MODEL, "--data_class=UCIDigits", "--max_epochs=1"]
    assert run(*command) == run(*command)
    assert run(*command) != run(*command, "--seed=7")


def test_training_goes_on_where_a_checkpoint_left_it(run, tmp_path):
    # Nothing here is drawn at random, so two halves must give the very numbers of the whole.
    command = [*SMALL_MODEL, "--data_class=UCIDigits", "--dropout=0", "--overfit_batches=2"]
    whole = run(*command, "--max_epochs=6")
    half = run(*command, "--max_epochs=3")
    last = tmp_path / "UCIDigits_MLP_cross_entropy" / "version_1" / "checkpoints" / "last.ckpt"
    assert run(*command, "--max_epochs=6", f"--resume={last}") == whole != half


def test_the_flags_of_a_run_are_written_beside_its_log(run, tmp_path):
    run(*SMALL_MODEL, "--data_class=UCIDigits", "--max_epochs=1")
    config = yaml.safe_load((tmp_path / "UCIDigits_MLP_cross_entropy" / "version_0" / "config.yaml").read_text())
    assert (config["fc1"], config["data_class"], config["max_epochs"]) == (64, "UCIDigits", 1)


def test_a_fast_run_leaves_nothing_behind(run, tmp_path):
    assert run(*SMALL_MODEL, "--data_class=UCIDigits", "--fast_dev_run=1").keys() == {"test_acc", "test_loss"}
    assert list(tmp_path.rglob("*.ckpt")) == []


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--seed=-1", "--seed=-1: expected 0 to"),
        ("--dropout=2", "MLP refuses these flags: .*between 0 and 1"),
        ("--fc1=-3", "MLP refuses these flags"),
        ("--lr=-1", "--lr=-1.0: Invalid learning rate"),
        ("--batch_size=0", "--batch_size=0: expected 1 or more"),
        ("--one_cycle_max_lr=0.1", "add --max_epochs or --max_steps"),
        ("--optimizer=Muon --max_epochs=1", "--optimizer=Muon"),
    ],
)
def test_values_out_of_range_are_the_users_to_mend(flag, expected, run):
    with pytest.raises(UserError, match=expected):
        run("--data_class=UCIDigits", *flag.split())


def test_a_run_may_leave_out_validation_and_test(run):
    command = [*SMALL_MODEL, "--data_class=UCIDigits", "--max_epochs=1"]
    assert run(*command, "--limit_val_batches=0")["test_acc"] > 0
    assert run(*command, "--limit_test_batches=0") == {}


def test_weights_of_another_shape_are_refused_with_the_flags_that_fit(run, tmp_path):
    run(*SMALL_MODEL, "--data_class=UCIDigits", "--max_epochs=1")
    log_dirname = tmp_path / "UCIDigits_MLP_cross_entropy" / "version_0"
    last = log_dirname / "checkpoints" / "last.ckpt"
    with pytest.raises(UserError, match="size mismatch") as error:
        run("--data_class=UCIDigits", "--fc1=65", "--fc2=32", f"--load_checkpoint={last}")
    assert f"--config={log_dirname / 'config.yaml'}" in str(error.value)


@pytest.mark.parametrize("flag", ["--load_checkpoint", "--resume"])
@pytest.mark.parametrize("content", ["nothing", "garbage", "half", "weights alone", "a list"])
def test_a_missing_or_broken_checkpoint_is_refused(flag, content, run, tmp_path):
    filename = tmp_path / "broken.ckpt"
    if content == "garbage":
        filename.write_bytes(b"not a checkpoint")
    elif content == "half":
        torch.save({"state_dict": {"weight": torch.zeros(10_000)}}, filename)
        filename.write_bytes(filename.read_bytes()[: filename.stat().st_size // 2])
    elif content != "nothing":
        torch.save({"weight": torch.zeros(2)} if content == "weights alone" else [1, 2], filename)
    with pytest.raises(UserError, match=rf"{flag}=\S*broken.ckpt"):
        run("--data_class=UCIDigits", f"{flag}={filename}")


@pytest.mark.parametrize("flag", ["--load_checkpoint", "--resume"])
def test_a_checkpoint_of_another_shape_is_refused_wherever_it_lies(flag, run, tmp_path, monkeypatch):
    run(*SMALL_MODEL, "--data_class=UCIDigits", "--max_epochs=1")
    monkeypatch.chdir(tmp_path / "UCIDigits_MLP_cross_entropy" / "version_0" / "checkpoints")
    with pytest.raises(UserError, match=f"{flag}=last.ckpt does not fit this model: size mismatch"):
        run("--data_class=UCIDigits", "--fc1=65", f"{flag}=last.ckpt")


def test_a_loss_that_is_no_number_stops_the_training(run, tmp_path):
    command = ["--data_class=UCIDigits", "--max_epochs=2", "--optimizer=SGD", "--lr=1e30"]
    with pytest.raises(UserError, match="not a finite number at step 2"):
        run(*command)
    assert list(tmp_path.rglob("epoch=*.ckpt")) == []
    run(*command, "--nan_guard=false")


def test_a_validation_loss_that_is_no_number_is_never_the_best(run, tmp_path):
    class Broken(run_experiment.pl.Callback):
        def on_validation_batch_start(self, trainer, pl_module, *_):
            if not trainer.sanity_checking:
                torch.nn.init.constant_(pl_module.model.layers[1].weight, float("nan"))

    args = parse([*QUIET, "--data_class=UCIDigits", "--max_epochs=1", f"--default_root_dir={tmp_path}"])
    args.callbacks = [Broken()]
    with pytest.raises(UserError, match="validation loss is nan"):
        run_experiment.run(args)
    assert list(tmp_path.rglob("epoch=*.ckpt")) == []
    assert len(args.callbacks) == 1


def test_the_trainers_own_complaints_are_one_line(run):
    with pytest.raises(UserError, match="invalid accelerator name"):
        run("--data_class=UCIDigits", "--accelerator=abacus")


def test_training_stops_when_validation_no_longer_gets_better(run, tmp_path):
    run(*SMALL_MODEL, "--data_class=FakeImageData", "--max_epochs=50", "--patience=2", "--num_samples=64")
    logged = (tmp_path / "FakeImageData_MLP_cross_entropy" / "version_0" / "metrics.csv").read_text()
    assert int(logged.strip().splitlines()[-1].split(",")[0]) < 40


def test_mistakes_on_the_command_line_are_one_line_and_status_1(capsys):
    with pytest.raises(SystemExit) as stop:
        run_experiment.main(["--model_class=Nope"])
    assert str(stop.value).startswith("error: --model_class=Nope: expected one of ")


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path):
    argv = [*SMALL_MODEL, "--data_class=MNIST", "--max_epochs=8", "--batch_size=16", "--accelerator=cpu"]
    argv += ["--enable_progress_bar=false", "--devices=2", "--strategy=ddp", f"--default_root_dir={tmp_path}"]
    command = [sys.executable, str(LAB_DIRNAME / "training" / "run_experiment.py"), *argv]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert "Starting with 2 processes" in result.stderr + result.stdout
    assert result.stdout.count("Data: MNIST") == 2  # before training and before testing, each by one process
    with next(tmp_path.rglob("metrics.csv")).open() as file:
        accuracies = [float(row["test_acc"]) for row in csv.DictReader(file) if row["test_acc"]]
    assert accuracies[-1] > 0.6
    assert len(list(tmp_path.rglob("last.ckpt"))) == 1


def test_a_training_that_was_stopped_does_not_end_as_a_finished_one(monkeypatch):
    def stop(args):
        raise SIGTERMException

    monkeypatch.setattr(run_experiment, "run", stop)
    with pytest.raises(SystemExit) as caught:
        run_experiment.main(["--data_class=FakeImageData"])
    assert "--resume goes on" in str(caught.value.code)  # a text is status 1
