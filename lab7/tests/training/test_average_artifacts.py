import json

import pytest
import torch

from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.recognizer import artifact_files
from text_recognizer.recognizer.artifact import read_weights
from training.average_artifacts import main


@pytest.fixture
def dirname(monkeypatch, tmp_path):
    monkeypatch.setattr(artifact_files, "ARTIFACTS_DIRNAME", tmp_path)
    for name in ("first", "second"):
        write_artifact(tmp_path / name, make_config(calibration={"scale": 2.0, "shift": 0.5}))
    return tmp_path


def weights_in(dirname):
    return read_weights(dirname / artifact_files.WEIGHTS_FILENAME)


def run(dirname, *flags):
    main([f"--first={dirname / 'first'}", f"--second={dirname / 'second'}", "--artifact=new", *flags])


@pytest.mark.parametrize("share", [0.5, 0.75])
def test_weights_lie_between_those_of_both(dirname, share):
    second = {
        name: 2 * one if one.is_floating_point() else one + 3 for name, one in weights_in(dirname / "second").items()
    }
    torch.save(second, dirname / "second" / artifact_files.WEIGHTS_FILENAME)
    run(dirname, f"--share={share}")
    first, new = weights_in(dirname / "first"), weights_in(dirname / "new")
    assert new.keys() == first.keys()
    for name, one in new.items():
        if one.is_floating_point():
            expected = (1 - share) * first[name].float() + share * second[name].float()
            assert torch.allclose(one.float(), expected, rtol=1e-2, atol=1e-4)
            assert one.dtype == second[name].dtype
        else:
            assert torch.equal(one, second[name])


def test_it_says_how_it_was_made_and_is_not_calibrated(dirname):
    run(dirname)
    commands = (dirname / "new" / artifact_files.COMMAND_FILENAME).read_text().splitlines()
    assert commands[-1] == "python training/average_artifacts.py --first=first --second=second --share=0.5"
    assert "calibration" not in json.loads((dirname / "new" / artifact_files.CONFIG_FILENAME).read_text())


def test_models_of_another_shape_are_refused(dirname):
    weights = weights_in(dirname / "first")
    name = next(name for name, one in weights.items() if one.ndim > 1)
    torch.save(weights | {name: weights[name][:1, :1]}, dirname / "first" / artifact_files.WEIGHTS_FILENAME)
    with pytest.raises(SystemExit, match=f"{name} is .*Expected models of one shape"):
        run(dirname)
    assert not (dirname / "new").exists()


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--share=1", "expected a number between 0 and 1"),
        ("--artifact=second", "is there already"),
        ("--artifact=../x", "expected the name"),
    ],
)
def test_what_cannot_be_is_refused(dirname, flag, message):
    with pytest.raises(SystemExit, match=message):
        run(dirname, flag)
