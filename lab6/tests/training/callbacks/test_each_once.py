"""Several processes measure what one does, on sets that do not divide evenly."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

from tests.ports import free_port
from text_recognizer.util import UserError
from training.callbacks.each_once import Share, sharing
from training.runs.local import LocalRun

LAB_DIRNAME = Path(__file__).resolve().parents[3]
TIMEOUT = 1800  # seconds: what hangs is to end, and a machine may be busy
SMALL = [
    "--data_class=EMNISTLines",
    "--model_class=LineCNNSimple",
    "--conv_dim=2",
    "--fc_dim=8",
]
SMALL += ["--num_train=12", "--num_val=11", "--num_test=7", "--max_length=8", "--max_epochs=1", "--accelerator=cpu"]
SMALL += ["--enable_progress_bar=false", "--enable_model_summary=false"]


@pytest.mark.parametrize(("num", "num_processes"), [(11, 2), (11, 3), (10, 4), (1, 3), (12, 3)])
def test_shares_are_the_whole_and_nothing_twice(num, num_processes, monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_available", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: num_processes)
    shares = []
    for rank in range(num_processes):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        share = Share(range(num))
        shares.append(list(share))
        assert len(share) == len(shares[-1])
    assert sorted(itertools.chain(*shares)) == list(range(num))


def test_a_process_without_an_example_would_wait_for_ever(monkeypatch):
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 3)
    with pytest.raises(UserError, match="2 examples for 3 processes: expected one for each, or fewer --devices"):
        sharing(lambda: DataLoader(range(2)))()


@pytest.mark.slow
def test_two_agents_of_torchrun_train_one_model(tmp_path):
    """As on two machines, which here are both this one."""
    flags = ["--data_class=UCIDigits", "--model_class=MLP", "--fc1=8", "--fc2=8", "--max_epochs=1", "--accelerator=cpu"]
    flags += ["--strategy=ddp", "--devices=1", "--num_nodes=2", f"--default_root_dir={tmp_path}"]
    where = ["--nnodes=2", "--nproc_per_node=1", "--master_addr=127.0.0.1", f"--master_port={free_port()}"]
    command = [sys.executable, "-m", "torch.distributed.run", *where]
    agents = [
        subprocess.Popen(
            [*command, f"--node_rank={rank}", "training/run_experiment.py", *flags],
            cwd=LAB_DIRNAME,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        printed = [agent.communicate(timeout=TIMEOUT)[0] for agent in agents]
    finally:
        for agent in agents:
            agent.kill()
    assert [agent.returncode for agent in agents] == [0, 0], printed
    assert [text.count("Data: UCI") for text in printed] == [2, 0]
    (run,) = tmp_path.rglob("run.json")
    assert json.loads(run.read_text())["machine"]["num_processes"] == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "num_processes", "batch_size", "names"),
    [("cross_entropy", 2, 5, ["acc", "loss"]), ("ctc", 3, 1, ["cer", "loss"])],
)
def test_the_metrics_are_those_of_one_process(loss, num_processes, batch_size, names, tmp_path):
    """The weights stay what they are, so that each number of processes measures the same model."""

    def measure(devices):
        argv = [
            *SMALL,
            f"--loss={loss}",
            f"--batch_size={batch_size}",
            f"--devices={devices}",
            f"--default_root_dir={tmp_path / str(devices)}",
        ]
        argv += ["--optimizer=SGD", "--lr=0", "--strategy=ddp"] if devices > 1 else ["--optimizer=SGD", "--lr=0"]
        command = [sys.executable, "training/run_experiment.py", *argv]
        environment = os.environ | {"MASTER_PORT": str(free_port())}
        result = subprocess.run(
            command, cwd=LAB_DIRNAME, env=environment, capture_output=True, text=True, timeout=TIMEOUT
        )
        assert result.returncode == 0, result.stderr
        return LocalRun(next((tmp_path / str(devices)).glob("*/version_0"))).values

    one, several = measure(1), measure(num_processes)
    for name in [f"{stage}_{name}" for stage in ("val", "test") for name in names]:
        assert several[name] == pytest.approx(one[name], rel=1e-5)
