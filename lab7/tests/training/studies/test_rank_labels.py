"""Ranking labels by a model's loss."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from text_recognizer.lit_models import CTCLitModel
from text_recognizer.models.base import Model
from text_recognizer.util import UserError
from text_recognizer.vocabulary import END, MAPPING, PADDING, START, decode, encode
from training.command_line.flags import parse
from training.run_experiment import run as train
from training.studies.rank_labels import Ranking, loss_of_each, main, plant, run

SMALL = ["--data_class=IAMLines", "--model_class=LineResNetLSTM", "--stem_dim=2", "--lstm_dim=4", "--batch_size=4"]
SMALL += ["--max_epochs=1", "--limit_val_batches=1", "--limit_test_batches=1", "--accelerator=cpu"]
TEXTS = ["one text", "another text here", "and a third one", "x"] * 15


@pytest.fixture(scope="module")
def run_dirname(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("logs")
    train(parse([*SMALL, "--loss=ctc", f"--default_root_dir={dirname}"]))
    return next(dirname.rglob("version_0"))


def test_the_page_shows_the_worst_lines_first(run_dirname, capsys):
    lines = run(Ranking(str(run_dirname), num_pictures=3, planted=0.2))
    assert [line.loss for line in lines] == sorted((line.loss for line in lines), reverse=True)
    assert sum(line.is_planted for line in lines) == round(0.2 * len(lines))
    html = (run_dirname / "labels_train" / "labels.html").read_text()
    assert html.count("<img") == 3
    assert html.index(lines[0].name) < html.index(lines[1].name)
    stored = json.loads((run_dirname / "labels_train" / "labels.json").read_text())
    assert [line["index"] for line in stored] == [line.index for line in lines]
    assert "labels were made wrong" in capsys.readouterr().out


def fake_run():
    tokens = CTCLitModel(Model(), {"mapping": MAPPING}).tokens
    return SimpleNamespace(lit_model=SimpleNamespace(tokens=tokens), data=SimpleNamespace(mapping=MAPPING))


def test_planted_errors_change_as_many_labels_as_asked_and_no_others():
    original = torch.tensor([encode(text, 20, with_start_end_tokens=True) for text in TEXTS])
    targets = original.clone()
    planted = plant(targets, 0.3, fake_run())
    changed = {i for i in range(len(TEXTS)) if not torch.equal(targets[i], original[i])}
    assert len(planted) == 18
    assert changed <= planted
    assert len(changed) >= 12  # the label of another line may be the same text
    assert (targets[:, 0] == START).all()
    assert ((targets == END).sum(dim=1) == 1).all()
    assert ((targets != PADDING).sum(dim=1) >= 2).all()
    assert any(len(decode(targets[i].tolist())) < len(TEXTS[i]) for i in changed)


def test_a_model_that_is_certain_finds_a_wrong_label():
    texts = ["ab", "ba", "ac"]
    y = torch.tensor([encode(text, 4) for text in texts])
    logits = torch.zeros(1, len(MAPPING), 4)
    for step, label in enumerate([*y[0, :2].tolist(), 0, 0]):
        logits[0, label, step] = 9.0

    class Sure(Model):
        def forward(self, x):
            return logits.expand(len(x), -1, -1)

    lit_model = CTCLitModel(Sure(), {"mapping": MAPPING})
    found = loss_of_each(lit_model, torch.zeros(3, 1, 4, 4), y)
    assert int(np.argmin(found)) == 0
    assert found[0] < 0.1
    assert min(found[1:]) > 5


def test_other_losses_and_wrong_flags_are_refused(tmp_path):
    with pytest.raises(UserError, match="expected a model trained with --loss=ctc"):
        loss_of_each(torch.nn.Identity(), torch.zeros(1), torch.zeros(1))
    with pytest.raises(SystemExit, match=r"--planted=1\.5: expected a share"):
        main(["--planted=1.5"])
    with pytest.raises(SystemExit, match="--num_pictures=0: expected 1 or more"):
        main(["--num_pictures=0"])
