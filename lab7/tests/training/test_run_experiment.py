"""Runs the real command, in this process, on small data."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ports import free_port
from text_recognizer.util import UserError
from training import run_experiment
from training.command_line.flags import parse

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
    assert "Data: MNIST, the official files in" in printed


def test_a_batch_is_memorised_and_validated_on_itself(run, capsys):
    metrics = run(
        *SMALL_MODEL, "--data_class=UCIDigits", "--overfit_batches=1", "--batch_size=16", "--max_epochs=160",
        "--dropout=0", "--check_val_every_n_epoch=160",
    )  # fmt: skip
    assert metrics["val_acc"] == 1
    assert metrics["val_loss"] < 0.1
    assert "test_loss" not in metrics
    assert "the test set was not touched" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(run):
    command = [*SMALL_MODEL, "--data_class=UCIDigits", "--max_epochs=1"]
    assert run(*command) == run(*command)
    assert run(*command) != run(*command, "--seed=7")


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


def test_the_trainers_own_complaints_are_one_line(run):
    with pytest.raises(UserError, match="invalid accelerator name"):
        run("--data_class=UCIDigits", "--accelerator=abacus")


def test_mistakes_on_the_command_line_are_one_line_and_status_1(capsys):
    with pytest.raises(SystemExit) as stop:
        run_experiment.main(["--model_class=Nope"])
    assert str(stop.value).startswith("error: --model_class=Nope: expected one of ")


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path):
    argv = [*SMALL_MODEL, "--data_class=UCIDigits", "--max_epochs=8", "--batch_size=16", "--accelerator=cpu"]
    argv += ["--enable_progress_bar=false", "--devices=2", "--strategy=ddp", f"--default_root_dir={tmp_path}"]
    command = [sys.executable, str(LAB_DIRNAME / "training" / "run_experiment.py"), *argv]
    environment = os.environ | {"MASTER_PORT": str(free_port())}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Starting with 2 processes" in result.stderr + result.stdout
    assert result.stdout.count("Data: UCI") <= 2  # before training, and from lab 2 on before testing: by one process
    with next(tmp_path.rglob("metrics.csv")).open() as file:
        accuracies = [float(row["test_acc"]) for row in csv.DictReader(file) if row["test_acc"]]
    assert accuracies[-1] > 0.6
    assert len(list(tmp_path.rglob("last.ckpt"))) == 1
