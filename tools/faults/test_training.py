"""Trainings that are stopped, killed, or run out of disk, by the real command."""

import os
import signal
import subprocess
import threading
from contextlib import suppress

import numpy as np
import pytest
import torch
from conftest import LAB_DIRNAME
from expectations import KILLS, Kills
from scripts import Script

DATA = {
    "plain": ["--data_class=IAMLines", "--augment=false"],
    "augmented": ["--data_class=IAMLines"],
    "drawn": ["--data_class=SyntheticLines", "--num_train_lines=4", "--num_held_out_lines=2"],
    "mixed": ["--data_class=MixedLines", "--sources=IAMLines,SyntheticLines", "--num_mixed_lines=4"],
}
COMMAND = [
    *("--model_class=LineCNNLSTM", "--loss=ctc", "--conv_dim=2", "--lstm_dim=4", "--fc_dim=8", "--batch_size=2"),
    *("--limit_train_batches=2", "--limit_val_batches=1", "--limit_test_batches=0", "--accelerator=cpu", "--devices=1"),
    *("--enable_progress_bar=false", "--enable_model_summary=false", "--patience=0"),
]
NUM_EPOCHS, NUM_KILLS = 12, 5


@pytest.fixture(scope="module", autouse=True)
def small_data():
    import importlib

    from conftest import DATA_DIRNAME

    for name in ("small_iam", "small_emnist"):
        importlib.import_module(f"tests.{name}").write(DATA_DIRNAME / "downloaded")


def start(dirname, *flags, **limits):
    script = LAB_DIRNAME / "training" / "run_experiment.py"
    return Script(script, [*COMMAND, *flags, f"--default_root_dir={dirname}"], LAB_DIRNAME, **limits)


def wait_for_checkpoint(process, dirname):
    while process.returncode is None and not [*dirname.rglob("last.ckpt")]:
        threading.Event().wait(0.02)


def last_of(dirname):
    return max(dirname.rglob("last.ckpt"), key=lambda path: path.stat().st_mtime, default=None)


def weights_of(dirname):
    return torch.load(last_of(dirname), weights_only=True)["state_dict"]


def epoch_of(filename):
    """Return the number of the last whole epoch, -1 before the first one."""
    return torch.load(filename, weights_only=True)["epoch"] if filename else -1


def wait_for_epoch(process, dirname, epoch):
    while process.returncode is None and epoch_of(last_of(dirname)) < epoch:
        threading.Event().wait(0.02)


@pytest.mark.parametrize("kind", DATA)
def test_kill_9_at_five_moments_and_resume_make_no_difference(kind, tmp_path):
    flags = [*DATA[kind], f"--max_epochs={NUM_EPOCHS}"]
    assert start(tmp_path / "whole", *flags).wait() == 0
    rng = np.random.default_rng(len(kind))
    dirname, found = tmp_path / "killed", []
    for epoch in sorted(rng.choice(NUM_EPOCHS - 2, NUM_KILLS, replace=False)):
        resume = [f"--resume={last_of(dirname)}"] if last_of(dirname) else []
        process = start(dirname, *flags, *resume)
        wait_for_epoch(process, dirname, epoch)
        threading.Event().wait(rng.uniform(0, 0.4))  # some epochs last as long: in any part of one, or of its writing
        with suppress(ProcessLookupError):  # a fast machine may have come to the end
            os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() in (-signal.SIGKILL, 0)
        found.append(epoch_of(last_of(dirname)))
    process = start(tmp_path / "killed", *flags, f"--resume={last_of(tmp_path / 'killed')}")
    assert process.wait() == 0, process.stderr
    whole, killed = weights_of(tmp_path / "whole"), weights_of(tmp_path / "killed")
    is_equal = all(torch.equal(whole[name], killed[name]) for name in whole)
    KILLS.append(Kills(kind, NUM_EPOCHS, found, is_equal))
    assert is_equal


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_signal_to_the_group_ends_in_one_line_and_a_checkpoint(sent, workers, tmp_path):
    process = start(tmp_path, *DATA["augmented"], "--max_epochs=100000", f"--num_workers={workers}")
    wait_for_checkpoint(process, tmp_path)
    os.killpg(process.pid, sent)
    assert process.wait() == 128 + sent
    assert "Traceback" not in process.stderr
    assert "--resume goes on from its last.ckpt" in process.stderr.splitlines()[-1]
    assert weights_of(tmp_path)


def test_a_killed_worker_is_one_line(tmp_path):
    process = start(tmp_path, *DATA["augmented"], "--max_epochs=100000", "--num_workers=1")
    wait_for_checkpoint(process, tmp_path)
    children = subprocess.run(
        ["ps", "--ppid", str(process.pid), "-o", "pid="], capture_output=True, text=True
    ).stdout.split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert process.wait() == 1
    assert "a process that loads data was killed" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("max_bytes", [9_000, 70_000])
def test_a_full_disk_at_a_checkpoint_leaves_the_last_good_one(max_bytes, tmp_path):
    assert start(tmp_path, *DATA["plain"], "--max_epochs=1").wait() == 0
    good = last_of(tmp_path)
    process = start(tmp_path, *DATA["plain"], "--max_epochs=2", f"--resume={good}", max_bytes=max_bytes)
    assert process.wait() == 1
    assert "ckpt: cannot be read or written (File too large)" in process.stderr
    assert "Traceback" not in process.stderr
    for filename in tmp_path.rglob("*.ckpt"):
        assert torch.load(filename, weights_only=True)["state_dict"]


def test_logs_that_cannot_be_written_are_one_line(tmp_path):
    (tmp_path / "logs").write_text("a file")
    process = start(tmp_path / "logs", *DATA["plain"], "--max_epochs=1")
    assert process.wait() == 1
    assert "cannot be read or written" in process.stderr
    assert "Traceback" not in process.stderr


def test_two_runs_in_one_second_have_a_directory_each(tmp_path):
    processes = [start(tmp_path, *DATA["plain"], "--max_epochs=1") for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert len([*tmp_path.rglob("metrics.csv")]) == 2
