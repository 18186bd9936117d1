"""Trains the recogniser from nothing to the artifact that reads, stage by stage; typed again, it goes on.

    python training/train_recognizer.py                         # the open one: what the engine writes, and Copiste
    python training/train_recognizer.py --recipe=research       # the better one, with IAM
    python training/train_recognizer.py --recipe=research_reader   # the reader of lines alone
    python training/train_recognizer.py --recipe=finder        # the line finder alone
    python training/train_recognizer.py --recipe=resnet-transformer     # a model of pages that writes token by token
    python training/train_recognizer.py --dry_run              # print the commands
    python training/train_recognizer.py --overwrite            # in the end, replace the recogniser that is shipped
    python training/train_recognizer.py --also="--num_workers=4 --accelerator=gpu"   # flags for every training

Each stage is a command that could be typed by hand, and is printed. The model of lines comes first, from fonts alone,
then with real lines; the model of pages slides the line model's weights down the page; the line finder learns from
drawn pictures alone. A stage that was interrupted goes on from its newest checkpoint, and one that is finished is not
trained again. The artifacts are named after the directory of the logs, such as recipe-open; those that ship with the
course are replaced only with --overwrite.
"""

import re
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

from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME
from text_recognizer.util import UserError, write_atomically
from training.command_line.flags import build, parse
from training.command_line.settings import run_command
from training.run_experiment import LOG_DIRNAME, read_checkpoint
from training.runs.decoder_recipes import DECODER_RECIPES
from training.runs.local import choose_best, local_runs
from training.runs.reader_recipes import READER_RECIPES
from training.runs.recipes import FINDER, PAGES, RECIPES, Recipe, Stage

LAB_DIRNAME = Path(__file__).resolve().parents[1]
FINISHED_FILENAME, OWN_FILENAME = "finished.txt", "artifacts.txt"
NGRAMS_FILENAME = "ngrams.npz"
METRIC = "val_loss"
SHIPPED = ("line_text_recognizer", "paragraph_text_recognizer")  # the artifacts of the course, without their ending
SHIPPED_FINDER = "line_finder"  # which has no ending: all recipes share it


@dataclass
class Choice:
    """What to train.

    Parameters
    ----------
    recipe
        open, of data that anyone may use who names its source; or research, with IAM. With _reader behind it, the
        reader of lines alone; finder is the line finder alone; resnet-transformer, with IAM, is the decoder that
        ends the course, trained from the shipped model of pages.
    log_dirname
        Where the stages' logs and checkpoints go; training/logs/recipe-NAME if null.
    also
        More flags of run_experiment.py, for every training; they override those of the recipe.
    overwrite
        Save under the names of the artifacts that ship with the course, and replace those.
    dry_run
        Print the commands; train nothing.
    """

    recipe: Literal["open", "research", "open_reader", "research_reader", "finder", "resnet-transformer"] = "open"
    log_dirname: str | None = None
    also: str = ""
    overwrite: bool = False
    dry_run: bool = False


def train_recognizer(
    recipe: Recipe, log_dirname: Path, also: str = "", overwrite: bool = False, dry_run: bool = False
) -> None:
    """Train the stages that are not finished, count the language model, and save the artifacts."""
    if not dry_run:
        check_names(log_dirname, overwrite)
        check_data([stage for stage in recipe.stages if not is_finished(log_dirname / stage.name)])
    for stage in recipe.stages:
        dirname = log_dirname / stage.name
        if is_finished(dirname):
            print(f"{stage.name}: finished already, in {dirname}")
            continue
        start = start_of(stage, recipe, log_dirname, dry_run)
        run_in_lab(f"training/run_experiment.py {training_flags(stage, dirname, start)} {also}", dry_run)
        if not dry_run:
            with write_atomically(dirname / FINISHED_FILENAME) as file:
                file.write(b"Delete this directory to train the stage anew.\n")
    for command in saving_commands(recipe, log_dirname, overwrite):
        run_in_lab(command, dry_run)


def is_finished(dirname: Path) -> bool:
    """Tell whether a stage was trained to its end."""
    return (dirname / FINISHED_FILENAME).exists()


def check_names(log_dirname: Path, overwrite: bool) -> None:
    """Refuse to train what could not be saved: artifacts of other logs have the names of these."""
    noted = log_dirname / OWN_FILENAME
    if overwrite or noted.exists():
        return
    for name in names_of(log_dirname):
        if (ARTIFACTS_DIRNAME / name).exists():
            raise UserError(
                f"{ARTIFACTS_DIRNAME / name} is there already, and was not made from --log_dirname={log_dirname}: "
                "delete it, or choose another --log_dirname"
            )
    with write_atomically(noted) as file:
        file.write(f"The artifacts {', '.join(names_of(log_dirname))} are made from here.\n".encode())


def names_of(log_dirname: Path) -> tuple[str, str, str]:
    """Return the names of the artifacts of lines, of pages, and of what finds lines on a page."""
    name = re.sub(r"[^\w-]+", "_", log_dirname.resolve().name).strip("_-")
    return f"{name}-lines", name, f"{name}-finder"


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


def saving_commands(recipe: Recipe, log_dirname: Path, overwrite: bool) -> list[str]:
    """Return the commands that count the language model and save what the stages have trained.

    They replace what they saved the last time, and without `overwrite` nothing else.
    """
    stages = {stage.name: stage for stage in recipe.stages}
    ngrams = log_dirname / NGRAMS_FILENAME
    lines, pages, finder = names_of(log_dirname)
    if overwrite:
        (lines, pages), finder = (f"{name}{recipe.ending}" for name in SHIPPED), SHIPPED_FINDER
        pages = recipe.pages or pages

    def saving(stage: str, name: str) -> str:
        where = f"--log_dirname={quoted(log_dirname / stage)} --trained_data_class={stages[stage].data_class}"
        return f"training/save_best_model.py {where} --artifact={shlex.quote(name)} --overwrite"

    commands = []
    if recipe.line_stage in stages:
        counting = f"training/language/count_ngrams.py {recipe.counting} --output={quoted(ngrams)} --overwrite"
        commands += [counting, f"{saving(recipe.line_stage, lines)} --ngrams={quoted(ngrams)}"]
    if FINDER in stages:
        commands.append(saving(FINDER, finder))
    if PAGES in stages:
        own_finder = f" --finder={quoted(ARTIFACTS_DIRNAME / finder)}" if FINDER in stages and not overwrite else ""
        own_lines = f" --lines={quoted(ARTIFACTS_DIRNAME / lines)}" if recipe.line_stage in stages else ""
        commands.append(f"{saving(PAGES, pages)}{own_lines}{own_finder}")
    return commands


def run_in_lab(command: str, dry_run: bool) -> None:
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


def run(choice: Choice) -> None:
    """Train as a choice says."""
    log_dirname = Path(choice.log_dirname or LOG_DIRNAME / f"recipe-{choice.recipe}")
    train_recognizer(
        (RECIPES | READER_RECIPES | DECODER_RECIPES)[choice.recipe],
        log_dirname,
        choice.also,
        choice.overwrite,
        choice.dry_run,
    )


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the training ends as with Ctrl-C
    try:
        run_command(run, Choice, __doc__, argv)
    except KeyboardInterrupt:
        sys.exit("Interrupted. Type the same command again to go on")


if __name__ == "__main__":
    main()
