import pytest
import torch

from text_recognizer.util import UserError
from training.studies.compare_optimizers import Comparison, compare, main
from training.studies.short_runs import check_names, parse_numbers, run_short, time_flags

SMALL = ["--max_steps=3", "--batch_size=16"]


def test_each_optimizer_is_trained_with_each_seed(capsys):
    results = compare(Comparison(optimizers="Adam,Lion", seeds="1,2", factors="1,3"), SMALL)
    assert {name: len(runs) for name, runs in results.items()} == {"Adam": 2, "Lion": 2}
    assert all(run.steps == 3 for runs in results.values() for run in runs)
    printed = capsys.readouterr().out
    assert "optimizer" in printed
    assert "3 steps each, seeds 1,2" in printed


def test_a_short_run_begins_with_the_weights_it_is_given():
    flags = [
        "--data_class=MNIST",
        "--model_class=MLP",
        "--fc1=8",
        "--fc2=8",
        "--max_steps=1",
        "--batch_size=8",
        "--lr=0",
    ]
    first = run_short([*flags, "--seed=1"])
    weights = {"fc1.weight": torch.full((8, 784), 0.5)} if "fc1.weight" in first.lit_model.model.state_dict() else {}
    name, value = next(iter(weights.items() or first.lit_model.model.state_dict().items()))
    start = {name: torch.full_like(value, 0.5)}
    second = run_short([*flags, "--seed=1"], start)
    assert torch.equal(second.lit_model.model.state_dict()[name], start[name])
    with pytest.raises(UserError, match="is no weight of MLP"):
        run_short(flags, {"nothing": torch.ones(1)})


def test_the_time_of_a_run_is_a_flag():
    assert time_flags(90.5) == ["--max_epochs=-1", "--max_time=00:01:30:30"]


@pytest.mark.parametrize("text", ["", "1,x", "0", "-1", "inf"])
def test_numbers_are_above_zero(text):
    with pytest.raises(UserError, match="expected numbers above 0"):
        parse_numbers(text, "factors")


def test_unknown_names_are_an_error():
    with pytest.raises(UserError, match=r"--ways=a,c: 'c' is not one of a, b"):
        check_names("a,c", ["a", "b"], "ways")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--optimizers=Adem"], "'Adem' is not one of"),
        (["--factors=0"], "--factors=0"),
        (["--lr=1"], "sets it itself"),
        (["--seedz=1"], "--seeds"),
        (["--model_class=Nope"], "expected one of"),
    ],
)
def test_mistakes_are_one_line(argv, expected):
    with pytest.raises(SystemExit, match=expected):
        main(argv)
