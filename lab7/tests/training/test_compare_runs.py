"""Runs that are listed, filtered and compared."""

import json
import os

import pytest
import yaml

from text_recognizer.data.storage.stand_in import NOTICE
from training import compare_runs
from training.command_line.settings import parse_settings


@pytest.fixture
def log_dirname(tmp_path):
    """Write three runs: of two with IAM the second is better, one is on a stand-in."""
    runs = [(0.1, [0.5, 0.4], ""), (0.2, [0.3, 0.6], ""), (0.1, [0.2], NOTICE)]
    for version, (lr, losses, notice) in enumerate(runs):
        dirname = tmp_path / "logs" / "IAMLines_LineCNN_ctc" / f"version_{version}"
        dirname.mkdir(parents=True)
        flags = {"data_class": "IAMLines", "lr": lr, "seed": 42, "tags": "x", "default_root_dir": version}
        (dirname / "config.yaml").write_text(f"# {notice}\n{yaml.safe_dump(flags)}")
        rows = [f"{epoch},{10 * epoch},{loss}" for epoch, loss in enumerate(losses)]
        (dirname / "metrics.csv").write_text("\n".join(["epoch,step,val_loss", *rows]) + "\n")
        record = {"status": "tested", "tags": ["night"] * (version == 0), "machine": {"host": "", "process": 1}}
        (dirname / "run.json").write_text(json.dumps(record))
        os.utime(dirname / "config.yaml", (version, version))
    return tmp_path / "logs"


def names(log_dirname, *argv):
    settings = parse_settings(compare_runs.Comparison, "", [f"--log_dirname={log_dirname}", *argv], words="runs")
    return [entry.name.removeprefix("IAMLines_LineCNN_ctc/version_") for entry in compare_runs.compare(settings)]


def test_all_runs_are_listed_the_best_last(log_dirname, capsys):
    assert names(log_dirname) == ["0", "1", "2 (STAND-IN)"]
    assert names(log_dirname, "--mode=max") == ["2 (STAND-IN)", "0", "1"]
    printed = capsys.readouterr().out
    assert "lr" in printed.splitlines()[0]
    assert "seed" not in printed  # the same in all
    assert "0.3" in printed


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--where=lr=0.2"], ["1"]),
        (["--where=lr=0.1,data_class=IAMLines"], ["0", "2 (STAND-IN)"]),
        (["--tag=night"], ["0"]),
        (["--newest=1"], ["2 (STAND-IN)"]),
        (["version_1", "LineCNN_ctc/version_0"], None),
        (["version_1", "IAMLines_LineCNN_ctc/version_0"], ["0", "1"]),
    ],
)
def test_runs_are_chosen(argv, expected, log_dirname):
    if expected is None:
        with pytest.raises(compare_runs.UserError, match="LineCNN_ctc/version_0: 0 runs are called so"):
            names(log_dirname, *argv)
    else:
        assert names(log_dirname, *argv) == expected


def test_the_page_shows_each_run_each_curve_and_what_is_a_stand_in(log_dirname, tmp_path):
    filename = tmp_path / "runs.html"
    names(log_dirname, f"--html={filename}")
    page = filename.read_text()
    assert page.count("<tr>") == 4
    assert page.count("<polyline") == 2  # the third run has one value, which makes no curve, but is no error either
    assert "val_loss over steps" in page
    assert NOTICE in page
    assert "http" not in page


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--metric=val_bleu"], "error: --metric=val_bleu: no such run has it. Expected one of val_loss"),
        (["--where=lr"], "error: --where=lr: expected flags with values"),
        (["--where=lerning=1"], "error: --where=lerning=1: no run has a flag lerning. Expected one of"),
        (["--tag=day"], r"error: no run in .* Existing tags: night"),
        (["--newest=-1"], "error: --newest=-1: expected 0 or more"),
        (["version_9"], "error: version_9: 0 runs are called so. Expected one of IAMLines_LineCNN_ctc/version_0"),
        (["--metrik=x"], "error: --metrik=x: no such flag. Did you mean --metric"),
    ],
)
def test_mistakes_are_one_line(argv, expected, log_dirname):
    with pytest.raises(SystemExit, match=expected) as stop:
        compare_runs.main([f"--log_dirname={log_dirname}", *argv])
    assert "\n" not in str(stop.value)


def test_where_there_are_no_runs_it_says_so(tmp_path):
    with pytest.raises(SystemExit, match="has no run yet: train first"):
        compare_runs.main([f"--log_dirname={tmp_path}"])
