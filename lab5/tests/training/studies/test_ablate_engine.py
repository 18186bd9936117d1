"""Runs the real command, in this process, with models that train for a moment."""

import json

import pytest

from text_recognizer.util import UserError
from training.studies import ablate_engine
from training.studies.ablate_engine import ON_HELD_OUT, ON_REAL, main, parse_command, run, table

SMALL = "--stem_dim=2 --lstm_dim=4 --num_train_lines=4 --num_held_out_lines=2 --batch_size=2 --precision=32-true"
SMALL += " --enable_progress_bar=false --accelerator=cpu --devices=1"


def run_small(filename, *flags):
    return run(*parse_command([*SMALL.split(), f"--results={filename}", *flags]))


@pytest.fixture
def trained(monkeypatch):
    """Train nothing; return a list of what would have been trained."""
    runs = []

    def pretend(what, real):
        runs.append((what["without"], what["seed"]))
        return {"cer": {ON_REAL: 0.5, ON_HELD_OUT: 0.25}, "seconds": 60}

    monkeypatch.setattr(ablate_engine, "train_and_read", pretend)
    return runs


def test_models_are_trained_and_read_and_a_seed_gives_what_it_gave(tmp_path, capsys):
    main([*SMALL.split(), f"--results={tmp_path / 'one.json'}", "--seeds=3,5", "--parts=jitter"])
    records = json.loads((tmp_path / "one.json").read_text())
    order = [(record["seed"], record["without"]) for record in records]
    assert order == [(3, "nothing"), (3, "jitter"), (5, "nothing"), (5, "jitter")]
    assert all(record["cer"].keys() == {ON_REAL, ON_HELD_OUT} for record in records)
    assert all(rate > 0 for record in records for rate in record["cer"].values())
    printed = capsys.readouterr().out
    assert "Read: lines of the IAM" in printed
    assert "4 handwriting families to train on" in printed
    assert len([line for line in printed.splitlines() if line.startswith(("nothing ", "jitter "))]) == 4
    again = run_small(tmp_path / "other.json", "--seeds=5", "--parts=jitter")
    assert [record["cer"] for record in again] == [record["cer"] for record in records[2:]]


def test_a_run_that_has_ended_is_not_repeated(tmp_path, trained):
    filename = tmp_path / "results.json"
    first = run_small(filename, "--seeds=1", "--parts=camera")
    more = run_small(filename, "--seeds=1,2", "--parts=jitter,camera")
    assert trained == [
        *(("nothing", 1), ("camera", 1)),
        *(("jitter", 1), ("nothing", 2), ("jitter", 2), ("camera", 2)),
    ]
    assert [record["without"] for record in more] == 2 * ["nothing", "jitter", "camera"]
    assert first == [more[0], more[2]]
    assert len(json.loads(filename.read_text())) == 6


def test_with_other_flags_it_is_another_run(tmp_path, trained):
    run_small(tmp_path / "results.json", "--seeds=1", "--parts=camera")
    (whole, camera) = run_small(tmp_path / "results.json", "--seeds=1", "--parts=camera", "--lr=0.01")
    assert len(trained) == 4
    assert whole["flags"][-1] == camera["flags"][-1] == "--lr=0.01"


def record(without, seed, rate):
    return {"without": without, "seed": seed, "cer": {ON_REAL: rate}}


def test_the_table_compares_runs_of_the_same_seed():
    records = [
        record("nothing", 1, 0.25),
        record("jitter", 1, 0.5),
        record("nothing", 2, 0.3),
        record("jitter", 2, 0.4),
    ]
    assert [line.split() for line in table(records, ON_REAL)[1:]] == [
        ["nothing", "25.0", "30.0", "27.5"],
        ["jitter", "50.0", "40.0", "45.0", "+17.5", "(+25.0", "+10.0)"],
    ]


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--seeds=1,x", "--seeds=1,x: expected numbers"),
        ("--seeds=1,1", "--seeds=1,1: expected numbers, each once"),
        ("--parts=paper", "--parts=paper: expected some of families, jitter, camera, text, all"),
        ("--parts=", "--parts=: expected"),
        ("--parts=jitter,jitter", "--parts=jitter,jitter: expected some of"),
        ("--parts=families", "families: .* there are only 4"),
        ("--seed=3", "--seed=3: this command sets it itself. Expected --seeds"),
        ("--engine_without=jitter", "--engine_without=jitter: this command sets it itself"),
        ("--model_class=MLP", "--model_class=MLP: this command sets it itself"),
        ("--stem_dimm=4", "--stem_dimm=4: no such flag"),
        ("--lr=fast", "--lr=fast: expected"),
    ],
)
def test_wrong_flags_are_one_line_before_anything_is_trained(flag, message, tmp_path):
    with pytest.raises(SystemExit, match=f"error: {message}"):
        main([f"--results={tmp_path / 'results.json'}", "--parts=text", flag])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "[1]", "{}x", '[{"without": "text"}]', '{"a": 1}'])
def test_a_file_of_something_else_is_not_overwritten(content, tmp_path):
    filename = tmp_path / "results.json"
    filename.write_text(content)
    with pytest.raises(UserError, match="not a file that this command wrote"):
        run_small(filename, "--seeds=1", "--parts=text")
    assert filename.read_text() == content


def test_a_place_that_cannot_be_written_is_named_before_anything_is_trained(tmp_path, trained):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"results\.json cannot be written"):
        run_small(tmp_path / "file" / "results.json", "--seeds=1", "--parts=text")
    assert trained == []
