"""The local index of runs, made of what runs left behind."""

import json
import os
import platform

import pytest
import yaml

from training.runs.index import is_alive, read_index

GONE = 2**22 + 1  # above the highest number of a process that Linux gives


def write_run(log_dirname, version, val_losses, record=None, **flags):
    """Write the logs of a run as run_experiment.py does."""
    dirname = log_dirname / "IAMLines_LineCNN_ctc" / f"version_{version}"
    (dirname / "checkpoints").mkdir(parents=True)
    (dirname / "config.yaml").write_text(yaml.safe_dump({"data_class": "IAMLines", "seed": 42, **flags}))
    rows = [f"{epoch},{10 * epoch},{value}" for epoch, value in enumerate(val_losses)]
    (dirname / "metrics.csv").write_text("\n".join(["epoch,step,val_loss", *rows]) + "\n")
    (dirname / "checkpoints" / f"epoch=0-val_loss={val_losses[0]:.4f}.ckpt").write_bytes(b"")
    os.utime(dirname / "config.yaml", (version, version))
    if record is not None:
        (dirname / "run.json").write_text(record if isinstance(record, str) else json.dumps(record))
    return dirname


def machine(host=None, process=None):
    return {"host": host or platform.node(), "process": process or os.getpid()}


def test_an_entry_tells_of_its_run(tmp_path):
    record = {
        "status": "tested",
        "machine": machine(),
        "git": {"commit": "0123456789abcdef", "has_changes": True},
        "data": {"hash": "feed"},
        "seconds": 60.0,
        "tags": ["night"],
    }
    dirname = write_run(tmp_path, 0, [0.5, 0.7], record)
    (entry,) = read_index(tmp_path)
    assert (entry.name, entry.status, entry.commit) == ("IAMLines_LineCNN_ctc/version_0", "tested", "01234567+")
    assert (entry.data_hash, entry.seconds, entry.tags) == ("feed", 60.0, ["night"])
    assert entry.best_checkpoint == dirname / "checkpoints" / "epoch=0-val_loss=0.5000.ckpt"
    assert (entry.best("val_loss", "min"), entry.last("val_loss"), entry.best("val_cer", "min")) == (0.5, 0.7, None)
    assert entry.curve("val_loss") == [(0, 0.5), (10, 0.7)]


def test_runs_from_before_there_was_a_record_and_damaged_records_are_in_it_too(tmp_path):
    write_run(tmp_path, 0, [0.5])
    write_run(tmp_path, 1, [0.4], record="{half")
    assert [(entry.status, entry.commit, entry.tags) for entry in read_index(tmp_path)] == [("trained", "", [])] * 2


@pytest.mark.parametrize(
    ("where", "expected"),
    [(machine(), "running"), (machine(process=GONE), "killed"), (machine("elsewhere", GONE), "running")],
)
def test_a_run_whose_process_is_gone_was_killed(where, expected, tmp_path):
    write_run(tmp_path, 0, [0.5], {"status": "running", "machine": where})
    assert [entry.status for entry in read_index(tmp_path)] == [expected]


def test_the_newest_comes_last(tmp_path):
    for version in (2, 0, 1):
        write_run(tmp_path, version, [0.5])
    assert [entry.name[-1] for entry in read_index(tmp_path)] == ["0", "1", "2"]


def test_a_process_is_alive_or_not():
    assert is_alive(os.getpid())
    assert not is_alive(GONE)
