import pytest
import torch

from training.command_line.flags import parse
from training.command_line.older_spellings import translate


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (["--gpus=-1"], ["--accelerator=cpu", "--devices=1"]),
        (["--gpus", "-1"], ["--accelerator=cpu", "--devices=1"]),
        (["--accelerator=ddp"], ["--strategy=ddp"]),
        (["--terminate_on_nan=1"], ["--nan_guard=true"]),
        (["--terminate_on_nan=0"], ["--nan_guard=false"]),
        (["--terminate_on_nan=yes"], ["--nan_guard=yes"]),
        (["--weights_summary=full"], ["--summary_depth=-1"]),
        (["--weights_summary=None"], ["--enable_model_summary=false"]),
    ],
)
def test_an_older_spelling_is_read_as_the_newer_and_said_in_one_line(older, newer, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert translate(["--lr=1", *older, "--loss=x"]) == ["--lr=1", *newer, "--loss=x"]
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert " ".join(newer) in printed


@pytest.mark.parametrize(("value", "devices"), [("-1", "-1"), ("2", "2")])
def test_gpus_are_used_where_there_are_some(value, devices, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert translate([f"--gpus={value}"]) == ["--accelerator=gpu", f"--devices={devices}"]


def test_todays_spellings_stay_as_they_are(capsys):
    argv = ["--accelerator=cpu", "--accelerator", "gpu", "--devices", "2", "--weights_summary=odd", "--lr", "3"]
    assert translate(argv) == argv
    assert capsys.readouterr().out == ""


def test_a_whole_older_command_parses(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    args = parse(["--gpus=-1", "--accelerator=ddp", "--terminate_on_nan=1", "--weights_summary=full"])
    assert (args.accelerator, str(args.devices), args.strategy) == ("cpu", "1", "ddp")
    assert args.nan_guard is True
    assert args.summary_depth == -1
