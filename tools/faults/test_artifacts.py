"""Artifacts and checkpoints that are damaged, or made to do harm."""

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from expectations import allowed, one_line

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from training.run_experiment import read_checkpoint

PAGE = draw_page()
SHAPE = (64, 96)


class Harm:
    def __reduce__(self):
        return Path.touch, (Path("harm"),)


@pytest.fixture
def dirname(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_artifact(tmp_path / "art", make_config(SHAPE))
    return tmp_path / "art"


def read(dirname):
    ParagraphTextRecognizer(dirname).predict(PAGE)


def harmful(legacy):
    torch.save(Harm(), "made.pt", _use_new_zipfile_serialization=not legacy)
    return Path("made.pt").read_bytes()


CONTENTS = {
    "malicious pickle": lambda: harmful(False),
    "malicious pickle, legacy": lambda: harmful(True),
    "raw pickle": lambda: pickle.dumps(Harm()),
    "HTML": lambda: b"<html>log in</html>",
    "empty": lambda: b"",
    "junk": lambda: bytes(range(256)) * 20,
    "pickle garbage": lambda: b"\x80\x02}q\x00.",
    "pointer": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
}


@pytest.mark.parametrize("content", CONTENTS)
def test_what_are_no_weights_is_one_line_and_runs_nothing(content, dirname):
    (dirname / "model.pt").write_bytes(CONTENTS[content]())
    with one_line():
        read(dirname)
    assert not Path("harm").exists()


@pytest.mark.parametrize("content", [name for name in CONTENTS if name != "pointer"])
def test_what_is_no_checkpoint_is_one_line_and_runs_nothing(content, dirname):
    Path("x.ckpt").write_bytes(CONTENTS[content]())
    with one_line("--resume=x.ckpt"):
        read_checkpoint("x.ckpt", "--resume")
    assert not Path("harm").exists()


@pytest.mark.parametrize("state", [[], None, {1: torch.ones(2)}, {"a": 3}, "text"])
def test_a_checkpoint_without_weights_is_one_line(state, dirname):
    torch.save({"state_dict": state, "pytorch-lightning_version": "2"}, "x.ckpt")
    with one_line("state_dict"):
        read_checkpoint("x.ckpt", "--resume")


def test_a_checkpoint_with_three_changed_bytes_is_read_or_refused(dirname):
    torch.save({"state_dict": {"a": torch.ones(99)}, "pytorch-lightning_version": "2"}, "x.ckpt")
    content, rng = Path("x.ckpt").read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        changed = bytearray(content)
        for place in rng.integers(0, len(content), 3):
            changed[place] = rng.integers(256)
        Path("y.ckpt").write_bytes(changed)
        with allowed():
            read_checkpoint("y.ckpt", "--resume")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_named(bad, dirname):
    weights = torch.load(dirname / "model.pt", weights_only=True)
    name = next(iter(weights))
    weights[name].view(-1)[0] = bad
    torch.save(weights, dirname / "model.pt")
    with one_line(f"{name} has numbers that are not finite"):
        read(dirname)


CHANGES = {
    "model_flags a list": {"model_flags": []},
    "model_flags None": {"model_flags": None},
    "data_config a text": {"data_config": "x"},
    "metrics a list": {"metrics": []},
    "val_cer a text": {"metrics": {"val_cer": "x"}},
    "language_model a list": {"language_model": []},
    "weight a text": {"language_model": {"weight": "x"}},
    "calibration a number": {"calibration": 3},
    "model_class a list": {"model_class": []},
    "model_class unknown": {"model_class": "os.system"},
    "flag huge": {"model_flags": {"tf_dim": 10**12}},
    "flag unknown": {"model_flags": {"what": 1}},
}
DATA_CHANGES = {
    "mapping of numbers": {"mapping": [1, 2, 3]},
    "mapping with None": {"mapping": ["a", None]},
    "mapping empty": {"mapping": []},
    "mapping twice": {"mapping": ["a", "a"]},
    "input_dims huge": {"input_dims": [1, 10**9, 10**9]},
    "input_dims large": {"input_dims": [1, 100_000, 100_000]},
    "input_dims negative": {"input_dims": [1, -5, 5]},
    "input_dims zero": {"input_dims": [1, 0, 5]},
    "input_dims floats": {"input_dims": [1, 5.5, 5]},
    "input_dims two": {"input_dims": [1, 5]},
    "output_dims text": {"output_dims": "x"},
    "tokenizer unknown": {"tokenizer": "x"},
}


@pytest.mark.parametrize("change", [*CHANGES, *DATA_CHANGES])
def test_a_config_of_other_types_is_one_line(change, dirname):
    config = json.loads((dirname / "config.json").read_text()) | CHANGES.get(change, {})
    if change in DATA_CHANGES:
        config["data_config"] |= DATA_CHANGES[change]
    (dirname / "config.json").write_text(json.dumps(config))
    with one_line():
        read(dirname)


@pytest.mark.parametrize("content", [b"", b"[]", b"[" * 100_000, b"\xff", b'{"a": NaN}', b"1" * 9999, b"null", b'"x"'])
def test_a_config_that_is_no_json_is_one_line(content, dirname):
    (dirname / "config.json").write_bytes(content)
    with one_line("config.json"):
        read(dirname)


@pytest.fixture
def ngrams(tmp_path):
    NGrams.count(["the cat sat on the mat"], "abcdehmnost ", 3).save(tmp_path / "n.npz")
    return tmp_path / "n.npz"


def changed(filename, **arrays):
    with np.load(filename) as file:
        old = {name: file[name] for name in file.files}
    np.savez(filename, **old | arrays)


def header_of_8_tb(filename):
    head = b"{'descr': '<i8', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(117) + b"\n"
    with zipfile.ZipFile(filename, "a") as archive:
        archive.writestr("steps_4.npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)


NGRAMS = {
    "a .npy": lambda name: np.save(name.open("wb"), np.ones(3)),
    "garbage": lambda name: name.write_bytes(b"garbage" * 99),
    "a pickle": lambda name: name.write_bytes(pickle.dumps(Harm())),
    "objects": lambda name: np.savez(name, format=np.array([Harm()], dtype=object)),
    "cut": lambda name: name.write_bytes(name.read_bytes()[:-40]),
    "empty": lambda name: name.write_bytes(b""),
    "too few characters": lambda name: changed(name, characters=np.array("ab")),
    "characters twice": lambda name: changed(name, characters=np.array("abcdehmnosta")),
    "negative steps": lambda name: changed(name, steps_2=-np.ones(10, int)),
    "counts nan": lambda name: changed(name, counts_1=np.full(10, np.nan)),
    "counts too short": lambda name: changed(name, counts_2=np.ones(2, int)),
    "counts zero": lambda name: changed(name, counts_1=np.zeros(10, int)),
    "format text": lambda name: changed(name, format=np.array("x")),
    "8 TB": header_of_8_tb,
    "missing": lambda name: name.unlink(),
}


@pytest.mark.parametrize("fault", NGRAMS)
def test_what_are_no_ngrams_is_one_line(fault, ngrams):
    NGRAMS[fault](ngrams)
    with one_line("not a language model"):
        NGrams.load(ngrams)
