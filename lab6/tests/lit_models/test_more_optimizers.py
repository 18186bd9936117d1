import sys

import pytest
import torch

from text_recognizer.lit_models.base import OPTIMIZERS
from text_recognizer.lit_models.more_optimizers import NAMES, add_optimizers
from text_recognizer.util import UserError
from training import run_experiment
from training.command_line.flags import parse

SMALL = ["--data_class=UCIDigits", "--model_class=MLP", "--fc1=8", "--fc2=8", "--batch_size=512", "--max_epochs=1"]


def test_torchs_own_stay_what_they_are():
    add_optimizers()
    assert OPTIMIZERS["Adam"] is torch.optim.Adam
    assert {"Lion", "Adan", "LaProp"} <= OPTIMIZERS.keys()


def test_a_missing_library_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pytorch_optimizer", None)
    with pytest.raises(UserError, match=r"--optimizer=MADGRAD --lr=.*: not installed .* pip install pytorch-optimizer"):
        run_experiment.run(parse([*SMALL, "--optimizer=MADGRAD", f"--default_root_dir={tmp_path}"]))


@pytest.mark.extras
@pytest.mark.parametrize("name", NAMES)
def test_each_lowers_a_loss(name):
    pytest.importorskip("pytorch_optimizer", reason="needs pytorch-optimizer: make test-extras")
    torch.manual_seed(0)
    layer, x = torch.nn.Linear(4, 1), torch.randn(64, 4)
    y = x.sum(dim=1, keepdim=True)
    optimizer = OPTIMIZERS[name](layer.parameters(), lr=0.003)
    losses = []
    for _ in range(60):
        loss = (layer(x) - y).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@pytest.mark.extras
def test_a_flag_trains_with_it(tmp_path):
    pytest.importorskip("pytorch_optimizer", reason="needs pytorch-optimizer: make test-extras")
    metrics = run_experiment.run(parse([*SMALL, "--optimizer=Lion", "--lr=0.0003", f"--default_root_dir={tmp_path}"]))
    assert metrics["test_loss"] < 2.5
