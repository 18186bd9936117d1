"""Trains the recogniser from nothing to the artifact that reads, stage by stage; typed again, it goes on.

    python training/train_recognizer.py                         # the open one: what the engine writes, and Copiste
    python training/train_recognizer.py --recipe=research       # the better one, with IAM
    python training/train_recognizer.py --dry_run=true          # print the commands
    python training/train_recognizer.py --also="--num_workers=4 --accelerator=gpu"   # flags for every training

Each stage is a command that could be typed by hand, and is printed. The model of lines comes first, from fonts alone,
then with real lines; the model of pages slides the line model's weights down the page. A stage that was interrupted
goes on from its newest checkpoint, and one that is finished is not trained again.
"""

import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from text_recognizer.artifact_files import ARTIFACTS_DIRNAME
from text_recognizer.util import UserError
from training.flags import FlagParser, add_flags, build, parse
from training.run_experiment import LOG_DIRNAME, read_checkpoint
from training.runs import choose_best, local_runs

LAB_DIRNAME = Path(__file__).resolve().parents[1]
FINISHED_FILENAME = "finished.txt"
NGRAMS_FILENAME = "ngrams.npz"
METRIC = "val_loss"
LINES, MORE_LINES, PAGES, READ_LINES = "lines", "more-lines", "pages", "line_text_recognizer"
OF_ALL = (
    "--loss=ctc --optimizer=AdamW --gradient_clip_val=1 --patience=0 --precision=bf16-mixed --channels_last=true "
    "--log_every_n_steps=10 --draw_readings=true"
)
OF_LINES = f"--model_class=LineResNetLSTM {OF_ALL} --batch_size=8"
OF_PAGES = f"--model_class=ParagraphResNetLSTM {OF_ALL} --batch_size=4 --one_cycle_max_lr=0.001"
FROM_FONTS = (
    "--num_train_lines=8000 --num_held_out_lines=500 --min_families=100 --one_cycle_max_lr=0.002 --max_epochs=12"
)


@dataclass(frozen=True)
class Stage:
    """One training.

    `begins_with` names the stage with whose best weights it begins; `flags` are those of run_experiment.py.
    """

    name: str
    data_class: str
    flags: str
    begins_with: str | None = None


@dataclass(frozen=True)
class Recipe:
    """The stages of a recogniser, those of lines before that of pages, and what its artifacts are called.

    `line_stage` names the stage whose model takes the closer look at lines, `counting` are the flags of
    count_ngrams.py, and `ending` ends the artifacts' names.
    """

    stages: tuple[Stage, ...]
    line_stage: str = LINES
    counting: str = ""
    ending: str = ""


RECIPES = {
    "open": Recipe(
        (
            Stage("fonts", "SyntheticLines", f"{OF_LINES} {FROM_FONTS} --free_text=true"),
            Stage(
                LINES,
                "MixedLines",
                f"{OF_LINES} --sources=SyntheticLines:0.65,CopisteLines:0.35 --free_text=true --num_mixed_lines=8000 "
                "--one_cycle_max_lr=0.0015 --max_epochs=4",
                begins_with="fonts",
            ),
            Stage(
                PAGES,
                "MixedParagraphs",
                f"{OF_PAGES} --sources=SyntheticParagraphs:0.75,CopisteParagraphs:0.25 --free_text=true "
                "--num_mixed_paragraphs=1000 --max_epochs=5",
                begins_with="fonts",
            ),
        ),
        counting="--free_text=true",
        ending="_open",
    ),
    "research": Recipe(
        (
            Stage("fonts", "SyntheticLines", f"{OF_LINES} {FROM_FONTS}"),
            Stage(
                LINES,
                "MixedLines",
                f"{OF_LINES} --sources=IAMLines:0.5,SyntheticLines:0.3,CopisteLines:0.2 --num_mixed_lines=8000 "
                "--one_cycle_max_lr=0.002 --max_epochs=12",
                begins_with="fonts",
            ),
            Stage(
                MORE_LINES,
                "MixedLines",
                f"{OF_LINES} --sources=IAMLines:0.6,SyntheticLines:0.25,CopisteLines:0.15 --num_mixed_lines=8000 "
                "--one_cycle_max_lr=0.0015 --max_epochs=10",
                begins_with=LINES,
            ),
            Stage(
                PAGES,
                "IAMOriginalAndSyntheticParagraphs",
                f"{OF_PAGES} --num_synthetic=600 --min_lines=3 --max_epochs=7",
                begins_with=LINES,
            ),
        ),
        line_stage=MORE_LINES,
    ),
}


@dataclass
class Choice:
    """What to train.

    Parameters
    ----------
    recipe
        open, of data that anyone may use who names its source; or research, with IAM.
    log_dirname
        Where the stages' logs and checkpoints go; training/logs/recipe-NAME if null.
    also
        More flags of run_experiment.py, for every training; they override those of the recipe.
    dry_run
        Print the commands; train nothing.
    """

    recipe: Literal["open", "research"] = "open"
    log_dirname: str | None = None
    also: str = ""
    dry_run: bool = False


def train_recognizer(recipe: Recipe, log_dirname: Path, also: str = "", dry_run: bool = False) -> None:
    """Train the stages that are not finished, count the language model, and save the artifacts."""
    if not dry_run:
        check_data([stage for stage in recipe.stages if not is_finished(log_dirname / stage.name)])
    for stage in recipe.stages:
        dirname = log_dirname / stage.name
        if is_finished(dirname):
            print(f"{stage.name}: finished already, in {dirname}")
            continue
        start = start_of(stage, recipe, log_dirname, dry_run)
        run_command(f"training/run_experiment.py {training_flags(stage, dirname, start)} {also}", dry_run)
        if not dry_run:
            (dirname / FINISHED_FILENAME).write_text(
                "Delete this directory to train the stage anew.\n", encoding="utf-8"
            )
    for command in saving_commands(recipe, log_dirname):
        run_command(command, dry_run)


def is_finished(dirname: Path) -> bool:
    """Tell whether a stage was trained to its end."""
    return (dirname / FINISHED_FILENAME).exists()


def check_data(stages: Sequence[Stage]) -> None:
    """Prepare what stages train on: what is missing should not come to light hours later."""
    for stage in stages:
        args = parse([f"--data_class={stage.data_class}", *shlex.split(stage.flags)])
        data = build(args.classes["data_class"], args)
        data.prepare_data()
        data.setup()


def training_flags(stage: Stage, dirname: Path, start: str) -> str:
    """Return the flags of a stage, which begins with its own last checkpoint or with `start`."""
    last = newest_checkpoint(dirname)
    start = f"--resume={quoted(last)}" if last else start
    return f"--data_class={stage.data_class} {stage.flags} --default_root_dir={quoted(dirname)} {start}"


def start_of(stage: Stage, recipe: Recipe, log_dirname: Path, dry_run: bool) -> str:
    """Return the flag with which a stage begins that has no checkpoint of its own."""
    if stage.begins_with is None:
        return ""
    (before,) = (other for other in recipe.stages if other.name == stage.begins_with)
    dirname = log_dirname / before.name
    if dry_run and not (dirname / FINISHED_FILENAME).exists():
        return f"--load_checkpoint={quoted(dirname / 'BEST.ckpt')}"
    run = choose_best(local_runs(dirname), before.data_class, METRIC, "min", str(dirname))
    return f"--load_checkpoint={quoted(run.best_checkpoint(dirname).filename)}"


def newest_checkpoint(dirname: Path) -> Path | None:
    """Return the checkpoint of a stage that is whole and the furthest, or None; a kill may have left half of one."""
    steps: dict[Path, int] = {}
    for filename in sorted(dirname.glob("*/version_*/checkpoints/*.ckpt")):
        try:
            steps[filename] = read_checkpoint(str(filename), "--resume")["global_step"]
        except UserError as error:
            print(f"left out: {error}")
    return max(steps, key=steps.__getitem__, default=None)


def saving_commands(recipe: Recipe, log_dirname: Path) -> list[str]:
    """Return the commands that count the language model and save the models of lines and of pages."""
    stages = {stage.name: stage for stage in recipe.stages}
    ngrams, read_lines = log_dirname / NGRAMS_FILENAME, f"{READ_LINES}{recipe.ending}"

    def saving(name: str) -> str:
        where = quoted(log_dirname / name)
        return f"training/save_best_model.py --log_dirname={where} --trained_data_class={stages[name].data_class}"

    return [
        f"training/count_ngrams.py {recipe.counting} --output={quoted(ngrams)}",
        f"{saving(recipe.line_stage)} --name={read_lines} --ngrams={quoted(ngrams)}",
        f"{saving(PAGES)} --name=paragraph_text_recognizer{recipe.ending} "
        f"--lines={quoted(ARTIFACTS_DIRNAME / read_lines)}",
    ]


def run_command(command: str, dry_run: bool) -> None:
    """Print a command of Python's and run it in the lab's directory.

    Raises
    ------
    UserError
        If it fails; it has said why.
    """
    words = shlex.split(command)
    print(f"\n$ python {shlex.join(words)}", flush=True)
    if dry_run:
        return
    status = run_to_its_end([sys.executable, *words])
    if status:
        raise UserError(f"the command above ended with status {status}. Mend what it says, then type this one again")


def run_to_its_end(words: list[str]) -> int:
    """Run a program in the lab's directory and return its status; when this one is stopped, it is stopped too."""
    with subprocess.Popen(words, cwd=LAB_DIRNAME) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise


def quoted(path: Path) -> str:
    """Return a path as one word of a command, from the lab's directory where it lies below."""
    path = path.resolve()
    return shlex.quote(str(path.relative_to(LAB_DIRNAME) if path.is_relative_to(LAB_DIRNAME) else path))


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    parser = FlagParser(
        allow_abbrev=False, usage="python %(prog)s [--flag=value ...]", description="Train the recogniser from nothing."
    )
    add_flags(parser, Choice)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the training ends as with Ctrl-C
    try:
        choice = Choice(**vars(parser.parse_args(argv)))
        log_dirname = Path(choice.log_dirname or LOG_DIRNAME / f"recipe-{choice.recipe}")
        train_recognizer(RECIPES[choice.recipe], log_dirname, choice.also, choice.dry_run)
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("Interrupted. Type the same command again to go on")


if __name__ == "__main__":
    main()
