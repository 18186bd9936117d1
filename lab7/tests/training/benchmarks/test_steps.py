import re

import pytest
import torch

from text_recognizer.models import MLP
from training.benchmarks import steps as benchmark_steps
from training.benchmarks.steps import bare_loop, main, parse_flags

SMALL = ["--data_class=FakeImageData", "--num_samples=32", "--batch_size=4", "--fc1=8", "--fc2=8", "--accelerator=cpu"]


@pytest.fixture
def counted(monkeypatch):
    """Count the passes through the model."""
    passes = []
    forward = MLP.forward
    monkeypatch.setattr(MLP, "forward", lambda self, x: passes.append(len(x)) or forward(self, x))
    return passes


def test_both_are_timed_over_the_same_number_of_steps(counted, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main([*SMALL, "--num_rounds=3", "--num_steps=12"])
    assert counted == [4] * (3 + 12) * 2 * 3
    printed = capsys.readouterr().out
    ours, bare = (float(re.search(rf"{name} +([\d.]+) steps/s", printed)[1]) for name in ("experiment.py", "bare loop"))
    assert ours > 0
    assert bare > 0
    assert re.search(r"ratio +[\d.]+\n", printed)
    assert "median of 3 rounds of 12 steps" in printed
    assert list(tmp_path.rglob("*")) == []


def test_accumulated_batches_count_as_steps_of_both(counted):
    # 8 batches make an epoch, so that one out of three steps has fewer batches than it was to have.
    main([*SMALL, "--num_rounds=1", "--num_steps=20", "--accumulate_grad_batches=3"])
    assert counted == [4] * 23 * 2


def test_the_bare_loop_trains_as_run_experiment_does():
    weights = []
    for accumulated in (1, 2):
        args, _ = parse_flags([*SMALL, "--optimizer=SGD", "--dropout=0", f"--accumulate_grad_batches={accumulated}"])
        torch.manual_seed(0)
        config = {"input_dims": (1, 4, 4), "output_dims": (1,), "mapping": list("ab")}
        lit_model = args.classes["loss"](MLP(config, fc1=8, fc2=8, dropout=0), config, optimizer="SGD", lr=0.1)
        lit_model.log = lambda *_, **__: None
        batch = torch.rand(4, 1, 4, 4), torch.tensor([0, 1, 1, 0])
        halves = [(batch[0][:2], batch[1][:2]), (batch[0][2:], batch[1][2:])]
        bare_loop(lit_model, iter([batch] if accumulated == 1 else halves), args, lambda: None)
        weights.append(torch.cat([parameter.flatten() for parameter in lit_model.model.parameters()]))
    torch.testing.assert_close(*weights)


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--num_steps=0", "--num_steps=0: expected 1 or more"),
        ("--precision=64-true", "--precision=64-true: expected 32-true or bf16-mixed"),
        ("--one_cycle_max_lr=0.1", "no schedule"),
        ("--fc9=1", "no such flag"),
    ],
)
def test_mistakes_are_one_line(flag, expected):
    with pytest.raises(SystemExit, match=expected):
        benchmark_steps.main([*SMALL, flag])
