import pytest

from tests.training.runs.test_local import write_run
from training.runs.cut_short import how_cut_short
from training.runs.local import local_runs

FLAGS = {"max_epochs": 3, "limit_train_batches": 1.0}


def how(tmp_path, *, is_tested=True, **flags):
    dirname = write_run(tmp_path, 0, [0.5, 0.4], flags=FLAGS | flags)
    if not is_tested:
        rows = (dirname / "metrics.csv").read_text().splitlines()
        (dirname / "metrics.csv").write_text("\n".join(rows[:-1]) + "\n")
    (run,) = local_runs(tmp_path)
    return how_cut_short(run)


def test_a_training_that_ended_by_itself_was_not_cut_short(tmp_path):
    assert how(tmp_path) is None  # after 2 of 3 epochs, and tested: its patience was at an end


def test_a_training_that_had_all_its_epochs_was_not_cut_short_if_nobody_tested_it(tmp_path):
    assert how(tmp_path, is_tested=False, max_epochs=2) is None


@pytest.mark.parametrize("max_epochs", [None, -1])
def test_where_no_end_was_set_none_is_missed(tmp_path, max_epochs):
    assert how(tmp_path, is_tested=False, max_epochs=max_epochs) is None


def test_a_training_that_was_stopped_is_told_by_its_epochs(tmp_path):
    assert how(tmp_path, is_tested=False) == "stopped after 2 of 3 epochs"


@pytest.mark.parametrize(
    ("limit", "expected"), [(None, None), (1, "--limit_train_batches=1"), (0.5, "--limit_train_batches=0.5")]
)
def test_a_part_of_the_data_is_named(tmp_path, limit, expected):
    assert how(tmp_path, limit_train_batches=limit) == expected
