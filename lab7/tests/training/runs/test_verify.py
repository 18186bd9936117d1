"""A checkpoint is what its run logged, or is not saved."""

from types import SimpleNamespace

import pytest

from text_recognizer.util import UserError
from training.runs import verify as verify_module
from training.runs.local import Checkpoint
from training.runs.verify import verify, with_tag


def run(name="r", tags=()):
    return SimpleNamespace(name=name, tags=list(tags), flags={})


def check(logged, measured, monkeypatch):
    monkeypatch.setattr(verify_module, "measure", lambda run, filename: measured)
    verify(run(), Checkpoint("x.ckpt", logged))


def test_the_same_figures_are_verified_however_they_are_rounded(monkeypatch, capsys):
    check({"val_cer": 0.5, "val_loss": 2.0}, {"val_cer": 0.5004, "val_loss": 2.03}, monkeypatch)
    assert "Verified by repeating the validation: val_cer 0.5004, val_loss 2.03" in capsys.readouterr().out


@pytest.mark.parametrize("measured", [{"val_cer": 0.6}, {"val_cer": float("nan")}, {}])
def test_other_figures_are_not(measured, monkeypatch):
    with pytest.raises(UserError, match=r"r: its checkpoint gives val_cer .*, but the run logged 0\.5.*--verify=false"):
        check({"val_cer": 0.5}, measured, monkeypatch)


def test_a_checkpoint_without_figures_cannot_be_verified(monkeypatch):
    with pytest.raises(UserError, match="without a validation metric"):
        check({"test_cer": 0.5}, {}, monkeypatch)


def test_runs_are_chosen_by_tag():
    runs = [run("a", ["night"]), run("b")]
    assert with_tag(runs, "night", "here") == runs[:1]
    with pytest.raises(UserError, match=r"--tag=day: no run in here has it. Existing tags: night"):
        with_tag(runs, "day", "here")
