"""Runs the real command, in this process, on models trained for a moment on small data."""

import csv
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.small_iam import files_of, make_forms, write_zip
from text_recognizer.data import IAMLines, iam, iam_lines
from text_recognizer.util import UserError
from training import evaluate, run_experiment
from training.command_line.flags import parse
from training.runs import trained_run

LAB_DIRNAME = Path(__file__).resolve().parents[2]
QUIET = ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]
QUIET += ["--data_class=IAMLines", "--max_epochs=1", "--batch_size=4", "--augment=false", "--num_sanity_val_steps=0"]
MODELS = {
    "transformer": ["--model_class=LineCNNTransformer", "--conv_dim=2", "--tf_dim=8", "--tf_fc_dim=8", "--tf_layers=1"],
    # Its weights stay as they are drawn, so that it reads something else in each line.
    "ctc": ["--model_class=LineResNetLSTM", "--stem_dim=4", "--lstm_dim=8", "--lr=1e-9"],
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Train a model of each kind on two writers' lines; return where the logs are, and the test's result by loss."""
    dirname = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as patch:
        use_two_writers(dirname, patch)
        yield dirname, {loss: train(dirname, loss) for loss in MODELS}


def use_two_writers(dirname, patch):
    filename = dirname / "iam" / "iamdb.zip"
    filename.parent.mkdir()
    patch.setattr(iam, "ZIP_FILENAME", filename)
    patch.setattr(iam_lines, "PREPARED_FILENAME", dirname / "processed" / "lines.h5")
    patch.setattr(trained_run, "LOG_DIRNAME", dirname)
    forms = make_forms()
    for form in forms:
        form.writer_id = form.id[:3]
    write_zip(filename, files_of(forms))


def train(dirname, loss, *flags):
    argv = [*QUIET, f"--loss={loss}", *MODELS[loss], f"--default_root_dir={dirname}", *flags]
    return run_experiment.run(parse(argv))


def run_dirname(dirname, loss):
    return next(dirname.glob(f"IAMLines_*_{loss}/version_0"))


def logged(dirname, name):
    with (dirname / "metrics.csv").open() as file:
        return next(float(row[name]) for row in csv.DictReader(file) if row[name])


def result_of(dirname, *flags):
    evaluate.run(evaluate.parse([*flags, f"--output={dirname}", "--overwrite"]))
    return json.loads((dirname / "report.json").read_text())


@pytest.mark.parametrize("loss", MODELS)
def test_the_error_rate_is_the_one_that_the_training_logged(loss, logs, tmp_path):
    dirname, metrics = logs
    run = run_dirname(dirname, loss)
    val = result_of(tmp_path, f"--checkpoint={run}")
    assert val["cer"]["value"] == pytest.approx(logged(run, "val_cer"), abs=1e-7)
    assert val["cer"]["value"] not in (0, 1)
    test = result_of(tmp_path, f"--checkpoint={run}", "--split=test", "--batch_size=3")
    assert test["cer"]["value"] == pytest.approx(metrics[loss]["test_cer"], abs=1e-7)
    assert val["examples"][0]["written"] != test["examples"][0]["written"]


def test_all_is_written_and_nobody_overlooks_what_iam_is(logs, tmp_path, capsys):
    dirname, _ = logs
    result = result_of(tmp_path, f"--checkpoint={run_dirname(dirname, 'ctc')}")
    printed, html = capsys.readouterr().out, (tmp_path / "report.html").read_text()
    assert result["num_examples"] == 10
    assert {group["name"]: group["num"] for group in result["by_writer"]} == {"c01": 5, "d01": 5}
    assert "each of 2 writers" in result["interval"]
    assert [example["name"] for example in result["examples"]] == [
        f"{x}-{i:02}" for x in ("c01-014", "d01-016") for i in range(5)
    ]
    assert html.count("<img") == 20
    for text in (printed, html, result["notices"][0]):
        assert "nobody publishes its images" in text
    assert "character error rate: the least number" in printed
    assert 'written  He said "no" and left' in printed
    with Image.open(tmp_path / "worst.png") as picture:
        assert picture.height > 10 * 56


def test_the_newest_run_is_taken_and_the_page_is_written_beside_its_flags(logs, capsys):
    dirname, _ = logs
    evaluate.main([])
    run = run_dirname(dirname, "ctc")
    assert f"checkpoint {next((run / 'checkpoints').glob('epoch=*.ckpt'))}" in capsys.readouterr().out
    assert (run / "evaluation_IAMLines_val" / "report.html").is_file()


def test_a_report_that_is_there_is_replaced_only_if_one_says_so(logs, tmp_path, capsys):
    run = run_dirname(logs[0], "ctc")
    for _ in range(2):
        evaluate.main([f"--checkpoint={run}", "--split=test"])
    assert "evaluation_IAMLines_test-2" in capsys.readouterr().out
    (tmp_path / "report.json").write_text("of last week")
    with pytest.raises(SystemExit, match=r"report\.json is there already\. Add --overwrite"):
        evaluate.main([f"--checkpoint={run}", f"--output={tmp_path}"])
    assert (tmp_path / "report.json").read_text() == "of last week"
    assert result_of(tmp_path, f"--checkpoint={run}")["num_examples"] == 10


def test_two_models_are_compared_on_the_same_lines(logs, tmp_path, capsys):
    dirname, _ = logs
    one, other = run_dirname(dirname, "ctc"), run_dirname(dirname, "transformer")
    result = result_of(tmp_path, f"--checkpoint={one}", f"--compare_with={other}")
    difference = result["cer"]["value"] - logged(other, "val_cer")
    assert result["comparison"]["cer"]["value"] == pytest.approx(difference, abs=1e-7)
    assert "below 0: this one has fewer errors" in capsys.readouterr().out
    assert result_of(tmp_path, f"--checkpoint={one}", f"--compare_with={one}")["comparison"]["cer"]["low"] == 0


def test_test_data_comes_with_a_warning(logs, tmp_path, capsys):
    dirname, _ = logs
    result = result_of(tmp_path, f"--checkpoint={run_dirname(dirname, 'ctc')}", "--split=test")
    assert "the test split is for final numbers" in capsys.readouterr().out
    assert any("no test data any more" in notice for notice in result["notices"])


class OtherLines(IAMLines):
    """Lines of which nobody knows the writers: validation and test have changed places."""

    def load_splits(self):
        train, val, test = super().load_splits()
        return train, list(test), list(val)


def test_other_data_is_read_even_where_the_writers_are_not_known(logs, tmp_path, monkeypatch):
    dirname, metrics = logs
    monkeypatch.setitem(trained_run.DATA_CLASSES, "OtherLines", OtherLines)
    result = result_of(tmp_path, f"--checkpoint={run_dirname(dirname, 'ctc')}", "--data_class=OtherLines")
    assert result["cer"]["value"] == pytest.approx(metrics["ctc"]["test_cer"], abs=1e-7)
    assert result["by_writer"] == []
    assert result["examples"][3]["name"] == "val 3"
    assert any("writers are not known" in notice for notice in result["notices"])


@pytest.mark.parametrize(
    ("name", "expected"), [("EMNISTLines", "its input_dims differs from that of IAMLines"), ("Nope", "expected one of")]
)
def test_data_of_another_kind_is_refused(name, expected, logs, tmp_path):
    with pytest.raises(UserError, match=f"--data_class={name}: {expected}"):
        result_of(tmp_path, f"--checkpoint={run_dirname(logs[0], 'ctc')}", f"--data_class={name}")


def test_a_classifier_is_not_measured_by_what_it_reads(logs, tmp_path):
    argv = [*QUIET[:4], "--data_class=UCIDigits", "--model_class=MLP", "--max_epochs=1", "--fc1=8", "--fc2=8"]
    run_experiment.run(parse([*argv, f"--default_root_dir={tmp_path}"]))
    with pytest.raises(UserError, match="measures no val_cer"):
        result_of(tmp_path, f"--checkpoint={tmp_path}/UCIDigits_MLP_cross_entropy/version_0")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--checkpoint=nowhere.ckpt"], "nowhere.ckpt: no such file"),
        (["--checkpoint={empty}"], "no checkpoint in it"),
        (["--checkpoint={alone}"], "flags of its training are missing"),
        (["--checkpoint={run}", "--precision=17"], "--precision=17"),
        (["--checkpoint={run}", "--metric=ctc_cer"], "measures no val_ctc_cer"),
        (["--checkpoint={run}", "--compare_with=nowhere.ckpt"], "--compare_with=nowhere.ckpt: no such file"),
        (["--num_pictures=0"], "--num_pictures=0: expected 1 or more"),
        (["--split=train"], "--split=train: expected 'val', 'test'"),
        (["--lr=1"], "--lr=1: no such flag here. Expected one of .*--checkpoint"),
    ],
)
def test_mistakes_are_one_line(flags, expected, logs, tmp_path):
    run = run_dirname(logs[0], "ctc")
    alone = tmp_path / "alone" / "model.ckpt"
    alone.parent.mkdir()
    shutil.copy(run / "checkpoints" / "last.ckpt", alone)
    places = {"empty": tmp_path, "alone": alone, "run": run}
    with pytest.raises(SystemExit, match=f"^error: .*{expected}"):
        evaluate.main([flag.format(**places) for flag in flags])


def test_without_any_run_there_is_nothing_to_evaluate(tmp_path, monkeypatch):
    monkeypatch.setattr(trained_run, "LOG_DIRNAME", tmp_path)
    with pytest.raises(UserError, match="train a model first"):
        evaluate.run(evaluate.parse([]))


def test_the_readmes_commands_parse():
    text = "\n".join(page.read_text(encoding="utf-8") for page in sorted(LAB_DIRNAME.glob("*.md"))).replace("\\\n", " ")
    for words in re.findall(r"^python training/evaluate\.py(.*)$", text, flags=re.MULTILINE):
        evaluate.parse(shlex.split(words, comments=True))
