"""Trainings that are stopped, killed, or run out of disk, by the real command."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from conftest import LAB_DIRNAME
from expectations import heed_ctrl_c

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
NUM_EPOCHS, NUM_KILLS = 30, 5


@pytest.fixture(scope="module", autouse=True)
def small_data():
    import importlib

    from conftest import DATA_DIRNAME

    for name in ("small_iam", "small_emnist"):
        importlib.import_module(f"tests.{name}").write(DATA_DIRNAME / "downloaded")


def start(dirname, *flags, limit=lambda: None):
    def prepare():
        heed_ctrl_c()
        limit()

    script = str(LAB_DIRNAME / "training" / "run_experiment.py")
    command = [sys.executable, script, *COMMAND, *flags, f"--default_root_dir={dirname}"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
    )


def wait_for_checkpoint(process, dirname):
    while process.poll() is None and not [*dirname.rglob("last.ckpt")]:
        threading.Event().wait(0.05)


def last_of(dirname):
    return max(dirname.rglob("last.ckpt"), key=lambda path: path.stat().st_mtime, default=None)


def weights_of(dirname):
    return torch.load(last_of(dirname), weights_only=True)["state_dict"]


@pytest.mark.parametrize("kind", DATA)
def test_kill_9_at_five_moments_and_resume_make_no_difference(kind, tmp_path):
    flags = [*DATA[kind], f"--max_epochs={NUM_EPOCHS}"]
    assert start(tmp_path / "whole", *flags).wait() == 0
    rng = np.random.default_rng(len(kind))
    for number in range(NUM_KILLS):
        dirname = tmp_path / "killed"
        resume = [f"--resume={last_of(dirname)}"] if number else []
        process = start(dirname, *flags, *resume)
        wait_for_checkpoint(process, dirname)
        threading.Event().wait(rng.uniform(0, 1) + (12 if number else 0))  # a start takes a while
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process = start(tmp_path / "killed", *flags, f"--resume={last_of(tmp_path / 'killed')}")
    _, error = process.communicate()
    assert process.returncode == 0, error
    whole, killed = weights_of(tmp_path / "whole"), weights_of(tmp_path / "killed")
    assert all(torch.equal(whole[name], killed[name]) for name in whole)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_signal_to_the_group_ends_in_one_line_and_a_checkpoint(sent, workers, tmp_path):
    process = start(tmp_path, *DATA["augmented"], "--max_epochs=100000", f"--num_workers={workers}")
    wait_for_checkpoint(process, tmp_path)
    os.killpg(process.pid, sent)
    _, error = process.communicate(timeout=1200)
    assert process.returncode == 128 + sent
    assert "Traceback" not in error
    assert "--resume goes on from its last.ckpt" in error.splitlines()[-1]
    assert weights_of(tmp_path)


def test_a_killed_worker_is_one_line(tmp_path):
    process = start(tmp_path, *DATA["augmented"], "--max_epochs=100000", "--num_workers=1")
    wait_for_checkpoint(process, tmp_path)
    children = subprocess.run(
        ["ps", "--ppid", str(process.pid), "-o", "pid="], capture_output=True, text=True
    ).stdout.split()
    os.kill(int(children[0]), signal.SIGKILL)
    _, error = process.communicate(timeout=1200)
    assert process.returncode == 1
    assert "a process that loads data was killed" in error
    assert "Traceback" not in error


def test_a_full_disk_at_a_checkpoint_leaves_the_last_good_one(tmp_path):
    import resource

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))

    assert start(tmp_path, *DATA["plain"], "--max_epochs=1").wait() == 0
    good = last_of(tmp_path)
    process = start(tmp_path, *DATA["plain"], "--max_epochs=2", f"--resume={good}", limit=limit)
    _, error = process.communicate()
    assert process.returncode == 1
    assert "ckpt: cannot be read or written (File too large)" in error
    assert "Traceback" not in error
    for filename in tmp_path.rglob("*.ckpt"):
        assert torch.load(filename, weights_only=True)["state_dict"]


def test_logs_that_cannot_be_written_are_one_line(tmp_path):
    (tmp_path / "logs").write_text("a file")
    process = start(tmp_path / "logs", *DATA["plain"], "--max_epochs=1")
    _, error = process.communicate()
    assert process.returncode == 1
    assert "cannot be read or written" in error
    assert "Traceback" not in error


def test_two_runs_in_one_second_have_a_directory_each(tmp_path):
    processes = [start(tmp_path, *DATA["plain"], "--max_epochs=1") for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert len([*tmp_path.rglob("metrics.csv")]) == 2
