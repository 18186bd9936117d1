"""Trains the recogniser from scratch to a finished artifact, stage by stage; the same command resumes it.

    python training/train_recognizer.py                         # the open one: drawn handwriting, and Copiste
    python training/train_recognizer.py --recipe=research       # the better one, with IAM
    python training/train_recognizer.py --recipe=research_reader   # the line model alone
    python training/train_recognizer.py --recipe=finder        # the line finder alone
    python training/train_recognizer.py --recipe=resnet-transformer     # a model of pages with a decoder
    python training/train_recognizer.py --dry_run              # print the commands
    python training/train_recognizer.py --overwrite            # replace the shipped recogniser at the end
    python training/train_recognizer.py --also="--num_workers=4 --accelerator=gpu"   # flags for every training

Each stage is a command that could be typed by hand, and is printed. The line model is trained first, on fonts alone and
then with real lines; the model of pages starts from the line model's weights; the line finder is trained on drawn
pictures alone. An interrupted stage resumes from its newest checkpoint, and a finished one is not trained again. The
artifacts are named after the directory of the logs, such as recipe-open; the shipped ones are replaced only with
--overwrite.
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
SHIPPED = ("line_text_recognizer", "paragraph_text_recognizer")  # the shipped artifacts, without a recipe's suffix
SHIPPED_FINDER = "line_finder"  # without a suffix: all recipes share it


@dataclass
class Choice:
    """What to train.

    Parameters
    ----------
    recipe
        open, with data that anyone may use who names its source; or research, with IAM. With the suffix _reader, the
        line model alone; finder is the line finder alone; resnet-transformer, with IAM, is the decoder at the end of
        the course, which starts from the shipped model of pages.
    log_dirname
        Directory of the stages' logs and checkpoints; training/logs/recipe-NAME if null.
    also
        More flags of run_experiment.py for every training; they override those of the recipe.
    overwrite
        Save under the names of the shipped artifacts, and replace them.
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
    """Train the unfinished stages, count the language model, and save the artifacts."""
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
    """Refuse to train if the artifacts could not be saved, because those of other logs have their names."""
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
    """Return the names of the artifacts of the line model, the model of pages and the line finder."""
    name = re.sub(r"[^\w-]+", "_", log_dirname.resolve().name).strip("_-")
    return f"{name}-lines", name, f"{name}-finder"


def check_data(stages: Sequence[Stage]) -> None:
    """Prepare the data of all stages, so that missing data is reported now and not hours later."""
    for stage in stages:
        args = parse([f"--data_class={stage.data_class}", *shlex.split(stage.flags)])
        data = build(args.classes["data_class"], args)
        data.prepare_data()
        data.setup()


def training_flags(stage: Stage, dirname: Path, start: str) -> str:
    """Return the flags of a stage; `start` is the flag of the checkpoint that it starts from."""
    last = newest_checkpoint(dirname)
    start = f"--resume={quoted(last)}" if last else start
    return f"--data_class={stage.data_class} {stage.flags} --default_root_dir={quoted(dirname)} {start}"


def start_of(stage: Stage, recipe: Recipe, log_dirname: Path, dry_run: bool) -> str:
    """Return the flag that gives a stage without a checkpoint of its own the weights of another."""
    if stage.begins_with is None:
        return ""
    (before,) = (other for other in recipe.stages if other.name == stage.begins_with)
    dirname = log_dirname / before.name
    if dry_run and not (dirname / FINISHED_FILENAME).exists():
        return f"--load_checkpoint={quoted(dirname / 'BEST.ckpt')}"
    run = choose_best(local_runs(dirname), before.data_class, METRIC, "min", str(dirname))
    return f"--load_checkpoint={quoted(run.best_checkpoint(dirname).filename)}"


def newest_checkpoint(dirname: Path) -> Path | None:
    """Return the latest complete checkpoint of a stage, or None; a kill may have left an incomplete one."""
    steps: dict[Path, int] = {}
    for filename in sorted(dirname.glob("*/version_*/checkpoints/*.ckpt")):
        try:
            steps[filename] = read_checkpoint(str(filename), "--resume")["global_step"]
        except UserError as error:
            print(f"left out: {error}")
    return max(steps, key=steps.__getitem__, default=None)


def saving_commands(recipe: Recipe, log_dirname: Path, overwrite: bool) -> list[str]:
    """Return the commands that count the language model and save the trained stages.

    They replace artifacts that they saved before, and without `overwrite` no others.
    """
    stages = {stage.name: stage for stage in recipe.stages}
    ngrams = log_dirname / NGRAMS_FILENAME
    lines, pages, finder = names_of(log_dirname)
    if overwrite:
        lines, pages = (f"{name}{recipe.ending}" for name in SHIPPED)
        finder = SHIPPED_FINDER
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
    """Print a Python command and run it in the lab's directory.

    Raises
    ------
    UserError
        If it fails; its own output says why.
    """
    words = shlex.split(command)
    print(f"\n$ python {shlex.join(words)}", flush=True)
    if dry_run:
        return
    status = run_to_its_end([sys.executable, *words])
    if status:
        raise UserError(f"the command above ended with status {status}. Fix its error, then type this command again")


def run_to_its_end(words: list[str]) -> int:
    """Run a program in the lab's directory and return its status; if this process is stopped, it is stopped too."""
    with subprocess.Popen(words, cwd=LAB_DIRNAME) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise


def quoted(path: Path) -> str:
    """Return a path as one word of a command, relative to the lab's directory if it lies below."""
    path = path.resolve()
    return shlex.quote(str(path.relative_to(LAB_DIRNAME) if path.is_relative_to(LAB_DIRNAME) else path))


def run(choice: Choice) -> None:
    """Train the chosen recipe."""
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
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the training ends as after Ctrl-C
    try:
        run_command(run, Choice, __doc__, argv)
    except KeyboardInterrupt:
        sys.exit("Interrupted. Type the same command again to resume")


if __name__ == "__main__":
    main()
