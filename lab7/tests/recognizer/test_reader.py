"""A reader says what it can do, and does that."""

import numpy as np
import pytest

from tests.tiny_artifact import TINY, make_config, write_artifact
from text_recognizer.recognizer.reader import Decoded
from text_recognizer.recognizer.torch_reader import TorchReader
from text_recognizer.vocabulary import MAPPING

RESNET = {"tf_dim": 8, "tf_fc_dim": 8, "tf_nhead": 1, "tf_layers": 1}
SIZES = {"stem_dim": 2, "lstm_dim": 4}
EMPTY = np.zeros((56, 64), dtype=np.uint8)


def reader_of(dirname, model_class, flags, loss, with_head=False, **changes):
    config = make_config((56, 64), 5, model_class=model_class, model_flags=flags, loss=loss, **changes)
    model = write_artifact(dirname, config)
    if with_head:
        model.add_ctc_head()
        write_artifact(dirname, config, model.state_dict())
    return TorchReader(dirname)


@pytest.mark.parametrize(
    ("model_class", "flags", "loss", "with_head", "modes", "pixels_per_cell"),
    [
        ("LineCNNTransformer", TINY, "transformer", False, ("careful",), None),
        ("ResnetTransformer", RESNET, "transformer", False, ("careful",), None),
        ("ResnetTransformer", RESNET, "transformer", True, ("careful", "fast"), None),
        ("LineCNN", {"conv_dim": 2, "fc_dim": 4}, "ctc", False, ("fast",), None),
        ("LineResNetLSTM", SIZES, "ctc", False, ("fast",), (56, 4)),
        ("ParagraphResNetLSTM", SIZES, "ctc", False, ("fast",), (16, 4)),
    ],
)
def test_it_can_do_what_it_says(tmp_path, model_class, flags, loss, with_head, modes, pixels_per_cell):
    reader = reader_of(tmp_path, model_class, flags, loss, with_head)
    assert (reader.modes, reader.pixels_per_cell) == (modes, pixels_per_cell)
    if "fast" in modes:
        assert reader.read_cells(EMPTY).shape[2] == len(reader.tokenizer.mapping)
    if "careful" in modes:
        assert reader.decode(EMPTY).tokens[0] == reader.tokenizer.start
        details = reader.decode(EMPTY, with_details=True)
        assert isinstance(details, Decoded)
        assert (details.cells is not None) == with_head
    else:
        with pytest.raises(NotImplementedError, match=r"TorchReader has the modes \('fast',\), and not 'careful'"):
            reader.decode(EMPTY)


@pytest.mark.parametrize(("loss", "merges"), [("ctc", True), ("cross_entropy", False)])
def test_only_a_model_with_a_window_for_each_character_does_not_merge_cells(tmp_path, loss, merges):
    assert reader_of(tmp_path, "LineCNN", {"conv_dim": 2, "fc_dim": 4}, loss).merges_cells is merges


def test_the_vocabulary_is_the_artifacts_own(tmp_path):
    mapping = (*MAPPING, "€", "$")
    reader = reader_of(tmp_path, "LineResNetLSTM", SIZES, "ctc", mapping=mapping)
    assert reader.tokenizer.mapping == mapping
    assert reader.tokenizer.newline is None
    assert reader.tokenizer.decode([reader.tokenizer.start, len(MAPPING), len(MAPPING) + 1]) == "€$"
