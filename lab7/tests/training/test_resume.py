"""A training that is interrupted and resumed, by the real command, comes to the weights of one that is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from tests.ports import free_port
from training import run_experiment
from training.command_line.flags import parse

LAB_DIRNAME = Path(__file__).resolve().parents[2]
DATA = {
    "augmented": ["--data_class=IAMLines"],
    "drawn": ["--data_class=SyntheticLines", "--num_train_lines=4", "--num_held_out_lines=2"],
    "mixed": ["--data_class=MixedLines", "--sources=IAMLines,SyntheticLines", "--num_mixed_lines=4"],
}
COMMAND = [
    *("--model_class=LineCNNLSTM", "--loss=ctc", "--conv_dim=2", "--lstm_dim=4", "--fc_dim=8", "--batch_size=2"),
    *("--limit_train_batches=2", "--limit_val_batches=1", "--limit_test_batches=0", "--accelerator=cpu"),
    *("--enable_progress_bar=false", "--enable_model_summary=false"),
]


class Watch(pl.Callback):
    """Keep the images of each training batch; stop before an epoch, as if by Ctrl-C, if there is one to stop before."""

    def __init__(self, stop_before):
        self.images, self.stop_before = [], stop_before

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if trainer.fit_loop.epoch_progress.current.processed == self.stop_before:
            raise KeyboardInterrupt
        self.images.append(batch[0].clone())


@pytest.fixture
def run(tmp_path):
    """Return the training images and the last weights of a run."""

    def run(name, *flags, stop_before=None):
        args = parse([*COMMAND, "--devices=1", f"--default_root_dir={tmp_path / name}", *flags])
        args.callbacks = watch = Watch(stop_before)
        if stop_before is None:
            run_experiment.train(args)
        else:
            with pytest.raises(SystemExit):
                run_experiment.train(args)
        return watch.images, weights_of(tmp_path / name)

    return run


def last_of(dirname):
    return next(dirname.rglob("last.ckpt"))


def weights_of(dirname):
    return torch.load(last_of(dirname), weights_only=True)["state_dict"]


def assert_equal(tensors, others):
    assert len(tensors) == len(others) > 0
    assert all(torch.equal(*pair) for pair in zip(tensors, others, strict=True))


def assert_goes_on(whole, resumed):
    """Compare a run of four epochs of two batches with one that was resumed after the second."""
    (images, weights), (later_images, later_weights) = whole, resumed
    assert_equal(images[4:], later_images)
    assert not any(torch.equal(image, other) for image in images[:4] for other in later_images)
    assert_equal(weights.values(), later_weights.values())


def check(run, tmp_path, *flags):
    whole = run("whole", *flags, "--max_epochs=4")
    run("half", *flags, "--max_epochs=2")
    assert_goes_on(whole, run("rest", *flags, "--max_epochs=4", f"--resume={last_of(tmp_path / 'half')}"))


@pytest.mark.parametrize("kind", DATA)
def test_two_epochs_and_two_more_are_four(kind, run, tmp_path):
    check(run, tmp_path, *DATA[kind])


@pytest.mark.parametrize("num_steps", [4, 5])
def test_steps_within_an_epoch_and_the_rest_are_all_steps(num_steps, run, tmp_path):
    flags = DATA["augmented"]
    whole = run("whole", *flags, "--max_steps=8")
    run("part", *flags, f"--max_steps={num_steps}")
    assert_goes_on(whole, run("rest", *flags, "--max_steps=8", f"--resume={last_of(tmp_path / 'part')}"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "flag"),
    [("augmented", "--num_workers=2"), ("drawn", "--check_val_every_n_epoch=2"), ("mixed", "--limit_val_batches=0")],
)
def test_neither_workers_nor_the_time_of_validation_make_a_difference(kind, flag, run, tmp_path):
    check(run, tmp_path, *DATA[kind], flag)


@pytest.mark.slow
def test_workers_and_a_late_validation_together_make_no_difference(run, tmp_path):
    check(run, tmp_path, *DATA["mixed"], "--num_workers=2", "--check_val_every_n_epoch=2")


@pytest.mark.slow
def test_a_training_that_was_interrupted_goes_on_with_its_schedule(run, tmp_path):
    flags = [*DATA["augmented"], "--max_epochs=4", "--one_cycle_max_lr=0.01"]
    whole = run("whole", *flags)
    run("half", *flags, stop_before=2)
    assert_goes_on(whole, run("rest", *flags, f"--resume={last_of(tmp_path / 'half')}"))


@pytest.mark.parametrize("every", [3, 4])
def test_a_training_goes_on_after_an_epoch_that_was_not_validated(every, run, tmp_path):
    flags = [*DATA["drawn"], "--max_epochs=4", f"--check_val_every_n_epoch={every}"]
    whole = run("whole", *flags)
    run("half", *flags, stop_before=2)
    assert_goes_on(whole, run("rest", *flags, f"--resume={last_of(tmp_path / 'half')}"))


@pytest.mark.slow
def test_several_processes_go_on_together(tmp_path):
    def run(name, *flags):
        argv = [*COMMAND, *DATA["augmented"], "--num_workers=1", "--devices=2", "--strategy=ddp", *flags]
        script = str(LAB_DIRNAME / "training" / "run_experiment.py")
        command = [sys.executable, script, *argv, f"--default_root_dir={tmp_path / name}"]
        environment = os.environ | {"MASTER_PORT": str(free_port())}
        result = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return weights_of(tmp_path / name)

    whole = run("whole", "--max_epochs=4")
    run("half", "--max_epochs=2")
    rest = run("rest", "--max_epochs=4", f"--resume={last_of(tmp_path / 'half')}")
    assert_equal(whole.values(), rest.values())
