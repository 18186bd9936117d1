"""Older weights in a model with a larger vocabulary: all that was known is known, wherever it stands."""

import pytest
import torch
from torch import nn

from text_recognizer.models import LineResNetLSTM
from text_recognizer.models.extend_head import extend_head
from text_recognizer.vocabulary import MAPPING
from text_recognizer.wide_vocabulary import WIDE_MAPPING

OLD, NEW = ("a", "b", "c"), ("c", "x", "a", "b")


def test_each_entry_keeps_its_row_and_a_new_one_gets_the_mean():
    old, new = nn.Linear(5, len(OLD)), nn.Linear(5, len(NEW))
    new.load_state_dict(_bare(extend_head(_named(old.state_dict()), OLD, NEW)))
    x = torch.randn(2, 5)
    before, after = old(x), new(x)
    for entry in OLD:
        torch.testing.assert_close(after[:, NEW.index(entry)], before[:, OLD.index(entry)])
    torch.testing.assert_close(after[:, NEW.index("x")], before.mean(dim=1))


def test_a_vocabulary_that_does_not_fit_is_refused():
    weights = _named(nn.Linear(5, 3).state_dict())
    with pytest.raises(ValueError, match="has 3 rows: expected 2"):
        extend_head(weights, ("a", "b"), NEW)
    with pytest.raises(ValueError, match="lacks 'b', which the weights can read"):
        extend_head(weights, OLD, ("a", "c", "x"))


def test_a_model_of_lines_takes_older_weights_and_reads_as_before():
    config = {"input_dims": (1, 56, 64), "output_dims": (9,)}
    small = {"stem_dim": 2, "last_dim": 12, "lstm_dim": 4, "lstm_layers": 2}
    old = LineResNetLSTM(config | {"mapping": MAPPING}, **small).eval()
    new = LineResNetLSTM(config | {"mapping": WIDE_MAPPING}, **small).eval()
    weights = old.state_dict()
    new.load_state_dict(weights)
    x = torch.rand(1, 1, 56, 64)
    torch.testing.assert_close(new(x)[:, : len(MAPPING)], old(x))
    assert len(weights["classifier.bias"]) == len(MAPPING)  # the checkpoint that was read stays as it was


def _named(state_dict):
    return {f"classifier.{name}": value for name, value in state_dict.items()}


def _bare(state_dict):
    return {name.removeprefix("classifier."): value for name, value in state_dict.items()}
