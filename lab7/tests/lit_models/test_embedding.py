import sys

import pytest
import torch

from text_recognizer.lit_models.embedding import EmbeddingLitModel, nearest_share
from text_recognizer.models import MLP
from text_recognizer.util import UserError
from training.command_line.flags import parse
from training.run_experiment import run

CONFIG = {"input_dims": (1, 4, 4), "output_dims": (1,), "mapping": list("abcdef")}


def test_neighbours_are_counted_that_are_of_the_same_class():
    vectors = torch.tensor([[1.0, 0.1], [2.0, 0.1], [0.1, 1.0], [0.3, 5.0], [-1.0, 0.0]])
    assert nearest_share(vectors, torch.tensor([0, 0, 1, 1, 0])) == pytest.approx(4 / 5)


def test_without_the_package_it_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorch_metric_learning", None)
    with pytest.raises(UserError, match="pip install pytorch-metric-learning"):
        EmbeddingLitModel(MLP(CONFIG), CONFIG)


@pytest.mark.parametrize("margin", [0.0, 2.0, float("nan")])
def test_a_margin_that_no_cosines_can_keep_is_an_error(margin):
    with pytest.raises(UserError, match="--margin="):
        EmbeddingLitModel(MLP(CONFIG), CONFIG, margin=margin)


@pytest.mark.extras
def test_characters_of_one_class_come_to_lie_together(tmp_path):
    pytest.importorskip("pytorch_metric_learning")
    flags = ["--data_class=MNIST", "--model_class=CNN", "--conv_dim=4", "--loss=embedding", "--max_epochs=4"]
    flags += ["--batch_size=64", "--enable_progress_bar=false", f"--default_root_dir={tmp_path}"]
    metrics = run(parse(flags))
    assert metrics["test_nearest"] > 0.8
    assert 0 < metrics["test_loss"] < 0.2


@pytest.mark.extras
def test_rows_of_labels_are_an_error():
    pytest.importorskip("pytorch_metric_learning")
    lit_model = EmbeddingLitModel(MLP(CONFIG), CONFIG)
    with pytest.raises(UserError, match="expected one of each per image"):
        lit_model._step((torch.rand(2, 1, 4, 4), torch.zeros(2, 3, dtype=torch.long)), "train")
