"""Runs the real command, in this process, with models that train for a moment."""

import json

import pytest
import torch

from text_recognizer.data import MixedLines
from text_recognizer.lit_models import CTCLitModel
from text_recognizer.models import LineResNetLSTM
from training.command_line.flags import DATA_CLASSES, parse
from training.runs.decoder_recipes import DECODER_RECIPES
from training.studies import ablate_recipe
from training.studies.ablate_recipe import ABLATIONS, RECIPE, against_recipe, main, parse_command, run, show
from training.train_recognizer import RECIPES

SIZES = "--stem_dim=2 --lstm_dim=4"
SMALL = f"{SIZES} --batch_size=2 --precision=32-true --enable_progress_bar=false --accelerator=cpu --devices=1"
SMALL += " --num_workers=0 --num_examples=6 --channels_last=false"


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Return a checkpoint of a model of lines that has learnt nothing."""
    filename = tmp_path_factory.mktemp("start") / "fresh.ckpt"
    args = parse(["--model_class=LineResNetLSTM", "--data_class=MixedLines", "--loss=ctc", *SIZES.split()])
    config = MixedLines().config()
    lit_model = CTCLitModel(LineResNetLSTM(config, stem_dim=2, lstm_dim=4), config, lr=args.lr)
    torch.save({"state_dict": lit_model.state_dict(), "pytorch-lightning_version": "2"}, filename)
    return filename


def flags(start, filename, stage, *more):
    return [*SMALL.split(), f"--stage={stage}", f"--fonts={start}", f"--lines={start}", f"--results={filename}", *more]


@pytest.fixture
def trained(monkeypatch):
    """Train nothing; return a list of what would have been trained."""
    runs = []

    def pretend(what, start, data):
        runs.append((what["arm"], what["seed"]))
        return {"edits": [1, 2], "sizes": [10, 10], "writers": ["a", "b"], "seconds": 60}

    monkeypatch.setattr(ablate_recipe, "train_and_read", pretend)
    return runs


@pytest.mark.slow  # half a minute
@pytest.mark.parametrize(
    ("stage", "arm", "num_read"),
    [("lines", "without-engine", "lines of the IAM"), ("pages", "short-first", "paragraphs of the IAM")],
)
def test_models_are_trained_and_read(stage, arm, num_read, start, tmp_path, capsys):
    main(flags(start, tmp_path / "results.json", stage, f"--arms={arm}", "--seeds=3"))
    records = json.loads((tmp_path / "results.json").read_text())
    assert [(record["arm"], record["seed"]) for record in records] == [(RECIPE, 3), (arm, 3)]
    for record in records:
        assert len(record["edits"]) == len(record["sizes"]) == len(record["writers"]) > 1
        assert sum(record["edits"]) > 0
    printed = capsys.readouterr().out
    assert f"Read: {num_read}" in printed
    assert [line.split()[0] for line in printed.splitlines() if line.startswith((RECIPE, arm))] == [RECIPE, arm] * 2


def test_a_run_that_has_ended_is_not_repeated(start, tmp_path, trained):
    filename = tmp_path / "results.json"
    run(*parse_command(flags(start, filename, "lines", "--seeds=1", "--arms=iam-alone")))
    records = run(*parse_command(flags(start, filename, "lines", "--seeds=1,2", "--arms=from-nothing,iam-alone")))
    first = [(RECIPE, 1), ("iam-alone", 1)]
    assert trained == [*first, ("from-nothing", 1), (RECIPE, 2), ("from-nothing", 2), ("iam-alone", 2)]
    assert [record["arm"] for record in records] == 2 * [RECIPE, "from-nothing", "iam-alone"]


def test_with_other_weights_to_begin_with_it_is_another_run(start, tmp_path, trained):
    (other := tmp_path / "other.ckpt").write_bytes(start.read_bytes() + b" ")
    for fonts in (start, other):
        given = [*flags(start, tmp_path / "results.json", "lines", "--seeds=1", "--arms=from-nothing")]
        run(*parse_command([*given, f"--fonts={fonts}"]))
    assert trained == [(RECIPE, 1), ("from-nothing", 1), (RECIPE, 1)]  # what begins with nothing is the same


def record(arm, seed, edits):
    sizes, writers = [100, 100, 200], ["a", "b", "b"]
    about = {"stage": "lines", "num_examples": 8, "read": "lines", "seconds": 60}
    return {"arm": arm, "seed": seed, "edits": edits, "sizes": sizes, "writers": writers} | about


def test_arms_are_compared_over_all_seeds_and_by_writer():
    records = [
        record(RECIPE, 1, [10, 10, 20]),
        record("iam-alone", 1, [20, 10, 20]),
        record(RECIPE, 2, [10, 10, 20]),
        record("iam-alone", 2, [20, 10, 30]),
    ]
    difference = against_recipe(records, "iam-alone")
    assert difference.value == pytest.approx((50 + 60 - 40 - 40) / 800)
    assert difference.low == pytest.approx(10 / 600)  # writer b alone: 70 edits in place of 60
    assert difference.high == pytest.approx(0.1)  # writer a alone: 40 in place of 20
    lines = show(records).splitlines()
    assert show(records[2:] + records[:2]).splitlines()[4].split()[1:3] == ["15.0", "12.5"]  # --seeds=2,1
    assert lines[3].split() == [RECIPE, "10.0", "10.0", "10.0"]
    assert lines[4].split() == ["iam-alone", "12.5", "15.0", "13.8", "+3.8", "[+1.7,", "+10.0]"]


@pytest.mark.parametrize("stage", ABLATIONS)
def test_each_arm_is_a_training_that_can_be_built(stage):
    for arm in ABLATIONS[stage].arms.values():
        cls = DATA_CLASSES[ABLATIONS[stage].data_class]
        assert cls(sources=arm.sources).config()
        for some in (arm.flags, arm.before):
            parse([f"--data_class={cls.__name__}", *ABLATIONS[stage].flags.split(), *some])


def test_a_decoder_begins_with_the_weights_that_ship():
    study, _ = parse_command(["--stage=decoder"])
    assert study.reader.is_file()
    recipe = ABLATIONS["decoder"].arms[RECIPE]
    stages = {stage.name: stage.flags.split() for stage in DECODER_RECIPES["resnet-transformer"].stages}
    assert {*recipe.flags} <= {*stages["more-lines"]}
    assert {*recipe.before} <= {*stages["few-lines"]}
    assert f"--load_checkpoint={study.reader}" in stages["few-lines"]


def test_the_first_arms_are_the_recipe():
    lines, pages = (
        next(stage for stage in RECIPES["research"].stages if stage.name == name) for name in ("lines", "pages")
    )
    recipe = ABLATIONS["lines"].arms[RECIPE]
    assert f"--sources={recipe.sources} " in lines.flags
    assert recipe.begins_with == lines.begins_with
    assert set(ABLATIONS["lines"].flags.split()) - {"--draw_readings=false"} <= set(lines.flags.split())
    recipe = ABLATIONS["pages"].arms[RECIPE]
    assert set(recipe.flags) <= set(pages.flags.split())
    assert recipe.begins_with == pages.begins_with
    assert set(ABLATIONS["pages"].flags.split()) - {"--draw_readings=false"} <= set(pages.flags.split())


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--seeds=1,x"], "--seeds=1,x: expected numbers"),
        (["--arms=paper"], "--arms=paper: expected some of without-copiste, without-engine"),
        (["--arms=iam-alone,iam-alone"], "--arms=iam-alone,iam-alone: expected some of"),
        (["--num_examples=2"], "--num_examples=2: expected 3 or more"),
        (["--fonts=no.ckpt"], r"--fonts=no\.ckpt: no such file\. Expected a checkpoint"),
        (["--seed=3"], "--seed=3: this command sets it itself. Expected --stage"),
        (["--min_lines=1"], "--min_lines=1: this command sets it itself"),
        (["--sources=IAMLines:1"], "--sources=IAMLines:1: this command sets it itself"),
        (["--stem_dimm=4"], "--stem_dimm=4: no such flag"),
    ],
)
def test_wrong_flags_are_one_line_before_anything_is_trained(more, message, start, tmp_path):
    with pytest.raises(SystemExit, match=f"error: {message}"):
        main(flags(start, tmp_path / "results.json", "lines", *more))
    assert not (tmp_path / "results.json").exists()


def test_a_checkpoint_that_is_not_named_is_asked_for(tmp_path):
    with pytest.raises(SystemExit, match=r"error: --lines is missing\. Expected a checkpoint"):
        main(["--stage=pages", "--arms=real-alone", f"--results={tmp_path / 'results.json'}"])


def test_a_file_of_another_command_is_not_overwritten(start, tmp_path, trained):
    filename = tmp_path / "results.json"
    filename.write_text('[{"without": "text", "seed": 1, "cer": {}}]')
    with pytest.raises(SystemExit, match="not a file that this command wrote"):
        main(flags(start, filename, "lines"))
    assert trained == []
    assert "without" in filename.read_text()
