"""Every command of the lab's readme works: parsed by the real parser, and run once on small data."""

import math
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from training import run_experiment
from training.command_line.flags import parse

pytestmark = pytest.mark.every_lab
LAB_DIRNAME = Path(__file__).resolve().parents[1]
TRAINING_SCRIPT = "training/run_experiment.py"
ONE_BATCH = ["--max_epochs=1", "--overfit_batches=0", "--limit_train_batches=1", "--limit_val_batches=1"]
ONE_BATCH += ["--limit_test_batches=1", "--batch_size=4", "--num_sanity_val_steps=0", "--enable_progress_bar=false"]
# Flags that ask for more data or more processes than a test has.
LEFT_OUT = {"--num_workers", "--devices", "--strategy", "--load_checkpoint", "--resume", "--max_steps"}
LEFT_OUT |= {"--gpus", "--accelerator"}


SHORTER = {  # a test asks whether it runs, not how fast
    "training/benchmarks/decoding.py": ["--num_tokens=8"],
    "training/benchmarks/precision.py": ["--batch_size=8"],
    "training/benchmarks/performance_guide.py": ["--rounds=1", "--tips=2,8"],
}
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in sorted(LAB_DIRNAME.glob("*.md")))


def commands():
    """Return the commands of all ```sh blocks, split into words."""
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


TRAININGS = [words[2:] for words in commands() if words[1] == TRAINING_SCRIPT]
OTHERS = [words[1:] for words in commands() if words[1] != TRAINING_SCRIPT]


def test_the_readme_has_trainings_to_test_and_nothing_that_is_not_tested():
    assert TRAININGS or "*To come.*" in TEXT
    assert {words[0] for words in commands()} <= {"python"}


def only_prints(flags):
    return "--help" in flags or "--print_config" in flags


@pytest.mark.parametrize("flags", TRAININGS, ids=" ".join)
def test_each_training_command_parses(flags):
    if only_prints(flags):
        with pytest.raises(SystemExit) as stop:
            parse(flags)
        assert stop.value.code == 0
    else:
        assert parse(flags).classes


@pytest.mark.parametrize("flags", [flags for flags in TRAININGS if not only_prints(flags)], ids=" ".join)
def test_each_training_command_runs(flags, tmp_path):
    kept = [flag for flag in flags if flag.split("=")[0] not in LEFT_OUT]
    small = [f"--{key}={value}" for key, value in small_sizes(kept).items()]
    metrics = run_experiment.run(parse([*kept, *ONE_BATCH, *small, f"--default_root_dir={tmp_path}"]))
    assert any(name.endswith("loss") for name in metrics)
    assert all(math.isfinite(value) for value in metrics.values())


def small_sizes(flags):
    """Return the values that make a data set small, for the data class that the flags choose."""
    names = vars(parse(flags))
    return {name: 8 for name in ("num_train", "num_val", "num_test", "num_samples") if name in names}


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("words", OTHERS, ids=" ".join)
def test_each_other_command_runs(words, tmp_path, monkeypatch):
    words = [*words, *SHORTER.get(words[0], [])]
    words = [str(tmp_path / Path(word).name) if word.endswith((".png", ".json")) else word for word in words]
    monkeypatch.chdir(LAB_DIRNAME)
    monkeypatch.setattr(sys, "argv", [word for word in words if word != "-m"])
    try:  # in this process: another would need seconds to import what this one has
        if words[0] == "-m":
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as stop:
        if stop.code:
            pytest.fail(str(stop.code))
