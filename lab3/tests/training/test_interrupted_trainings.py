"""Trainings that go wrong, that are interrupted, and that go on from a checkpoint."""

import csv
from pathlib import Path

import pytest
import torch
from pytorch_lightning.utilities.exceptions import SIGTERMException

from text_recognizer.util import UserError
from training import run_experiment
from training.command_line.flags import parse

LAB_DIRNAME = Path(__file__).resolve().parents[2]
QUIET = ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]
SMALL_MODEL = ["--model_class=MLP", "--fc1=64", "--fc2=32"]


@pytest.fixture
def run(tmp_path):
    return lambda *argv: run_experiment.run(parse([*QUIET, f"--default_root_dir={tmp_path}", *argv]))


def test_a_checkpoint_is_loaded_and_tested(run, tmp_path):
    metrics = run(*SMALL_MODEL, "--data_class=MNIST", "--max_epochs=1")
    best = next((tmp_path / "MNIST_MLP_cross_entropy" / "version_0" / "checkpoints").glob("epoch=*.ckpt"))
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


@pytest.mark.parametrize("every", [1, 4])
def test_the_last_checkpoint_is_that_of_the_last_epoch_and_the_best_one_stays(every, run, tmp_path):
    # Noise learnt by heart: the first validation is the best one, and epochs of which most have none follow.
    command = [*SMALL_MODEL, "--data_class=FakeImageData", "--num_samples=64", "--max_epochs=30", "--patience=0"]
    run(*command, f"--check_val_every_n_epoch={every}")
    (last,) = tmp_path.rglob("last.ckpt")
    (best,) = last.parent.glob("epoch=*.ckpt")
    assert torch.load(last, weights_only=True)["epoch"] == 29
    assert torch.load(best, weights_only=True)["epoch"] < 28
    assert f"epoch={torch.load(best, weights_only=True)['epoch']}-" in best.name


def test_a_training_shorter_than_the_pause_between_validations_is_validated_at_its_end(run, tmp_path, capsys):
    run(*SMALL_MODEL, "--data_class=UCIDigits", "--max_epochs=2", "--check_val_every_n_epoch=10")
    printed = capsys.readouterr().out
    assert "--check_val_every_n_epoch=10 with --max_epochs=2: validating once, after the last epoch" in printed
    assert "Testing the best checkpoint" in printed
    with (tmp_path / "UCIDigits_MLP_cross_entropy" / "version_0" / "metrics.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file) if row["val_loss"]] == ["1"]


def test_training_goes_on_where_a_checkpoint_left_it(run, tmp_path):
    # Nothing here is drawn at random, so two halves must give the very numbers of the whole.
    command = [*SMALL_MODEL, "--data_class=UCIDigits", "--dropout=0", "--overfit_batches=2"]
    whole = run(*command, "--max_epochs=6")
    half = run(*command, "--max_epochs=3")
    last = tmp_path / "UCIDigits_MLP_cross_entropy" / "version_1" / "checkpoints" / "last.ckpt"
    assert run(*command, "--max_epochs=6", f"--resume={last}") == whole != half


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


def test_training_stops_when_validation_no_longer_gets_better(run, tmp_path):
    run(*SMALL_MODEL, "--data_class=FakeImageData", "--max_epochs=50", "--patience=2", "--num_samples=64")
    logged = (tmp_path / "FakeImageData_MLP_cross_entropy" / "version_0" / "metrics.csv").read_text()
    assert int(logged.strip().splitlines()[-1].split(",")[0]) < 40


def test_a_training_that_was_stopped_does_not_end_as_a_finished_one(monkeypatch, capsys):
    def stop(args):
        raise SIGTERMException

    monkeypatch.setattr(run_experiment, "run", stop)
    with pytest.raises(SystemExit) as caught:
        run_experiment.main(["--data_class=FakeImageData"])
    assert caught.value.code == 128 + 15  # as a shell says it
    assert "--resume goes on" in capsys.readouterr().err


@pytest.mark.every_lab
@pytest.mark.parametrize("word", ["fit", "validate", "test", "predict"])
def test_lightnings_subcommands_come_with_lab_5(word):
    if (LAB_DIRNAME / "training" / "lightning_cli.py").exists():
        pytest.skip("this lab has them")
    with pytest.raises(SystemExit, match=f"error: {word}: lab 5 brings it. Expected flags, such as"):
        run_experiment.main([word, "--config=x.yaml"])
