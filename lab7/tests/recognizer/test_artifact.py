"""An artifact is loaded whole or refused in one line."""

import json

import pytest
import torch

from tests.tiny_artifact import LETTERS, TINY, make_config, write_artifact
from text_recognizer.recognizer.artifact import as_tuple, load_artifact
from text_recognizer.util import UserError

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 12345678\n"
)
SMALL = {"shape": (24, 64)}


@pytest.fixture
def dirname(tmp_path):
    return tmp_path / "paragraph_text_recognizer"


def test_a_model_comes_back_in_full_precision_and_ready_to_read(dirname):
    written = write_artifact(dirname, make_config(**SMALL))
    model, config = load_artifact(dirname)
    assert config["data_config"]["mapping"] == list(LETTERS)
    assert not model.training
    for (name, value), expected in zip(model.state_dict().items(), written.state_dict().values(), strict=True):
        assert value.dtype == expected.dtype, name
        assert torch.allclose(value.float(), expected.float(), rtol=1e-3, atol=1e-6), name


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("model.pt", POINTER, "pointer of Git LFS in place of the weights; run: git lfs pull"),
        ("model.pt", b"", "not a whole file of weights"),
        ("model.pt", b"PK\x03\x04 and so on", "not a whole file of weights"),
        ("model.pt", None, "No such file or directory"),
        ("config.json", None, "No such file or directory. In lab7, train a model and type: python training/save_best"),
        ("config.json", b"{", "not JSON"),
        ("config.json", b"[]", "expected an object with model_class, model_flags, loss, data_config"),
    ],
)
def test_a_broken_artifact_is_one_line(name, content, expected, dirname):
    write_artifact(dirname, make_config(**SMALL))
    (dirname / name).unlink()
    if content is not None:
        (dirname / name).write_bytes(content)
    assert_refused(dirname, expected)


def assert_refused(dirname, expected):
    with pytest.raises(UserError, match=expected) as error:
        load_artifact(dirname)
    assert str(dirname) in str(error.value)
    assert "\n" not in str(error.value)


def test_half_a_file_of_weights_is_refused(dirname):
    write_artifact(dirname, make_config(**SMALL))
    whole = (dirname / "model.pt").read_bytes()
    (dirname / "model.pt").write_bytes(whole[: len(whole) // 2])
    assert_refused(dirname, "not a whole file of weights")


def test_a_missing_artifact_says_how_to_make_one(dirname):
    assert_refused(dirname, "there is no trained model. In lab7, train a model and type: python training/save_best_mo")


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return print, ("ran",)


@pytest.mark.parametrize("weights", [Evil(), {"weight": Evil()}, [1], {"weight": 1}])
def test_a_file_that_holds_more_than_weights_is_refused(weights, dirname, capsys):
    write_artifact(dirname, make_config(**SMALL), weights)
    assert_refused(dirname, "not a whole file of weights|not the weights of a model")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model_class": "Oracle"}, "model_class 'Oracle': expected one of AxialTransformer"),
        ({"model_flags": TINY | {"tf_dim": 4}}, "do not fit config.json: .* size mismatch"),
        ({"model_flags": TINY | {"tf_layers": 2}}, "do not fit config.json: .* Missing key"),
        ({"model_flags": {"colour": "red"}}, "do not fit config.json: .* unexpected keyword argument 'colour'"),
        ({"data_config": {}}, "data_config has no input_dims"),
    ],
)
def test_weights_that_do_not_fit_the_configuration_are_refused(changes, expected, dirname):
    write_artifact(dirname, make_config(**SMALL))
    (dirname / "config.json").write_text(json.dumps(make_config(**SMALL) | changes))
    assert_refused(dirname, expected)


def test_lists_of_json_are_tuples_again():
    assert as_tuple({"a": 1}) == {"a": 1}
    assert as_tuple([[1, 2], "ab", 3]) == ((1, 2), "ab", 3)


def test_a_part_that_not_every_training_asks_for_is_added_before_loading(dirname):
    flags = {"tf_dim": 8, "tf_fc_dim": 8, "tf_nhead": 1, "tf_layers": 1}
    config = make_config(**SMALL, model_class="ResnetTransformer", model_flags=flags)
    model = write_artifact(dirname, config)
    assert load_artifact(dirname)[0].ctc_head is None
    model.add_ctc_head()
    write_artifact(dirname, config, model.state_dict())
    loaded, _ = load_artifact(dirname)
    assert torch.equal(loaded.ctc_head.weight, model.ctc_head.weight)
