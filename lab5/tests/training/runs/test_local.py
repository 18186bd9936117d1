"""The best checkpoint of the best run is chosen, never the first one found."""

import pytest
import yaml

from text_recognizer.data.storage.stand_in import NOTICE
from text_recognizer.util import UserError
from training.runs.local import choose_best, local_runs

DATA = "IAMParagraphs"


def write_run(log_dirname, version, val_losses, *, checkpoints=None, flags=(), name="IAMParagraphs_M_ctc", cers=None):
    """Write the logs of a run as run_experiment.py does: rows of validation, then one of the test."""
    dirname = log_dirname / name / f"version_{version}"
    (dirname / "checkpoints").mkdir(parents=True)
    (dirname / "config.yaml").write_text(yaml.safe_dump({"data_class": DATA, "overfit_batches": 0.0, **dict(flags)}))
    rows = ["epoch,step,test_cer,train_loss,val_cer,val_loss"]
    for epoch, val_loss in enumerate(val_losses):
        rows += [f"{epoch},{epoch * 10},,,{cers[epoch] if cers else 0.5},{val_loss}", f"{epoch},{epoch * 10},,1.5,,"]
    rows.append(f"{len(val_losses)},99,0.25,,,")
    (dirname / "metrics.csv").write_text("\n".join(rows) + "\n")
    best = min(range(len(val_losses)), key=lambda epoch: float(val_losses[epoch]))
    names = [f"epoch={best}-val_loss={float(val_losses[best]):.4f}.ckpt"] if checkpoints is None else checkpoints
    for checkpoint in ["last.ckpt", *names]:
        (dirname / "checkpoints" / checkpoint).write_bytes(b"")
    return dirname


def choose(log_dirname, metric="val_loss", mode="min", data_class=DATA):
    return choose_best(local_runs(log_dirname), data_class, metric, mode, str(log_dirname))


def test_a_run_on_a_stand_in_says_so_and_gives_way_to_real_ones(tmp_path):
    config = write_run(tmp_path, 0, [0.1]) / "config.yaml"
    config.write_text(f"# {NOTICE}\n{config.read_text()}")
    assert choose(tmp_path).name == "IAMParagraphs_M_ctc/version_0 (STAND-IN)"
    write_run(tmp_path, 1, [0.9])
    assert choose(tmp_path).name == "IAMParagraphs_M_ctc/version_1"


def test_the_best_run_is_that_with_the_best_value_in_any_epoch(tmp_path):
    write_run(tmp_path, 0, [0.9, 0.8, 0.7])
    write_run(tmp_path, 1, [0.9, 0.5, 2.0])
    write_run(tmp_path, 2, [0.6, 0.6, 0.6], name="IAMParagraphs_Other_ctc")
    run = choose(tmp_path)
    assert run.name == "IAMParagraphs_M_ctc/version_1"
    checkpoint = run.best_checkpoint(tmp_path)
    assert checkpoint.filename.name == "epoch=1-val_loss=0.5000.ckpt"
    assert checkpoint.metrics == {"val_loss": 0.5, "val_cer": 0.5, "train_loss": 1.5, "test_cer": 0.25}


@pytest.mark.parametrize(("mode", "expected"), [("min", "version_0"), ("max", "version_1")])
def test_another_metric_chooses_another_run_but_the_checkpoint_is_still_that_of_val_loss(mode, expected, tmp_path):
    write_run(tmp_path, 0, [0.5, 0.9], cers=[0.4, 0.1])
    write_run(tmp_path, 1, [0.5, 0.9], cers=[0.4, 0.8])
    run = choose(tmp_path, "val_cer", mode)
    assert run.name.endswith(expected)
    assert run.best_checkpoint(tmp_path).metrics["val_cer"] == 0.4


@pytest.mark.parametrize(
    ("checkpoints", "expected"),
    [
        (["epoch=9-val_loss=0.6000.ckpt", "epoch=10-val_loss=0.5000.ckpt"], "epoch=10-val_loss=0.5000.ckpt"),
        (["epoch=1-val_loss=-0.5000.ckpt", "epoch=2-val_loss=0.1000.ckpt"], "epoch=1-val_loss=-0.5000.ckpt"),
        (["epoch=0-val_loss=0.5000-v1.ckpt", "last-v1.ckpt", "notes.ckpt"], "epoch=0-val_loss=0.5000-v1.ckpt"),
    ],
)
def test_the_best_checkpoint_is_never_the_first_found(checkpoints, expected, tmp_path):
    write_run(tmp_path, 0, [0.5], checkpoints=checkpoints)
    assert choose(tmp_path).best_checkpoint(tmp_path).filename.name == expected


def test_a_loss_whose_weights_were_never_written_does_not_count(tmp_path):
    write_run(tmp_path, 0, [0.9, 0.40004, 0.1], checkpoints=["epoch=1-val_loss=0.4000.ckpt"])  # killed after the third
    run = choose(tmp_path)
    assert run.values["val_loss"] == [0.9, 0.40004]
    write_run(tmp_path, 1, [0.3])
    assert choose(tmp_path).name.endswith("version_1")


def test_other_metrics_of_lost_weights_do_not_count_either(tmp_path):
    write_run(tmp_path, 0, [0.4, 0.1], checkpoints=["epoch=0-val_loss=0.4000.ckpt"], cers=[0.5, 0.05])
    write_run(tmp_path, 1, [0.6], cers=[0.4])
    assert choose(tmp_path, "val_cer").name.endswith("version_1")


def test_a_run_that_kept_no_weights_gives_way_to_one_that_did(tmp_path):
    write_run(tmp_path, 0, [0.3], checkpoints=[])  # resumed, and killed before its first checkpoint
    write_run(tmp_path, 1, [0.35])
    assert choose(tmp_path).name.endswith("version_1")


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_values_that_are_no_numbers_are_never_the_best(number, tmp_path):
    write_run(tmp_path, 0, [number, number], checkpoints=[])
    write_run(tmp_path, 1, [0.5, 0.7])
    write_run(tmp_path, 2, [0.6, number], checkpoints=[])
    assert choose(tmp_path).name.endswith("version_1")
    assert choose(tmp_path, mode="max").name.endswith("version_1")


def test_a_run_that_was_validated_on_what_it_learnt_by_heart_is_never_the_best(tmp_path):
    write_run(tmp_path, 0, [0.001], flags={"overfit_batches": 1})
    with pytest.raises(UserError, match=r"all runs in .* are with --overfit_batches"):
        choose(tmp_path)
    write_run(tmp_path, 1, [0.5])
    assert choose(tmp_path).name.endswith("version_1")


def test_runs_of_other_data_do_not_count(tmp_path):
    write_run(tmp_path, 0, [0.1], flags={"data_class": "MNIST"})
    write_run(tmp_path, 1, [0.5])
    assert choose(tmp_path).name.endswith("version_1")
    with pytest.raises(UserError, match=r"=IAMLines: no such run in .*; there are runs of: IAMParagraphs \(1\), MNIST"):
        choose(tmp_path, data_class="IAMLines")


def test_no_runs_a_missing_metric_and_no_checkpoint_are_one_line_each(tmp_path):
    with pytest.raises(UserError, match="there are runs of: none at all"):
        choose(tmp_path)
    write_run(tmp_path, 0, [0.5], checkpoints=[])
    with pytest.raises(UserError, match=r"--metric=val_acc: no run .* They have: test_cer, train_loss, val_cer, val"):
        choose(tmp_path, "val_acc")
    with pytest.raises(UserError, match="version_0 is the best run, but has no checkpoint"):
        choose(tmp_path).best_checkpoint(tmp_path)


def test_what_is_left_of_an_interrupted_run_is_left_out(tmp_path, capsys):
    write_run(tmp_path, 0, [0.1])
    (tmp_path / "IAMParagraphs_M_ctc" / "version_0" / "config.yaml").write_text("data_class: [")
    dirname = write_run(tmp_path, 1, [0.2])
    (dirname / "metrics.csv").unlink()
    write_run(tmp_path, 2, [0.5])
    assert choose(tmp_path).name.endswith("version_2")
    assert f"left out: {tmp_path / 'IAMParagraphs_M_ctc' / 'version_0'}: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flag", "value", "is_left_out"), [("limit_val_batches", 1, True), ("limit_val_batches", 1.0, False)]
)
def test_a_run_validated_on_a_part_is_never_the_best(flag, value, is_left_out, tmp_path):
    write_run(tmp_path, 0, [0.9])
    write_run(tmp_path, 1, [0.1], flags={flag: value})
    best = choose_best(local_runs(tmp_path), DATA, "val_loss", "min", "here")
    assert best.name.endswith("version_0") is is_left_out


def test_losses_of_different_kinds_are_not_compared(tmp_path):
    write_run(tmp_path, 0, [0.9], flags={"loss": "transformer", "ctc_weight": 0.3}, cers=[0.1])
    write_run(tmp_path, 1, [0.1], flags={"loss": "transformer"}, cers=[0.2])
    runs = local_runs(tmp_path)
    with pytest.raises(UserError, match=r"--ctc_weight=0, .* --ctc_weight=0.3\. Type, for instance, --metric=val_cer"):
        choose_best(runs, DATA, "val_loss", "min", "here")
    assert choose_best(runs, DATA, "val_cer", "min", "here").name.endswith("version_0")
