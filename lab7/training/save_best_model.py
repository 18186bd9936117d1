"""Saves the best model of all trainings as an artifact, for text_recognizer/paragraph_text_recognizer.py to read with.

    python training/save_best_model.py --trained_data_class=IAMParagraphs --metric=val_cer
    python training/save_best_model.py --artifact=mine                # under this name instead of the run's
    python training/save_best_model.py --entity=my_team --tag=paragraphs   # of the runs at Weights & Biases

Before anything is written, the validation is repeated with the weights: a checkpoint that does not reproduce the
figure in its run's log is not saved.

Existing artifacts, shipped ones and your own, are never replaced without --overwrite.
"""

import json
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from text_recognizer.decoding.fusion_scorer import BONUS, WEIGHT
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.recognizer import artifact, artifact_files
from text_recognizer.recognizer.finder_network import FINDER_CLASS, load_finder
from text_recognizer.recognizer.line_reader import LineReader
from text_recognizer.recognizer.print_network import PrintNetwork
from text_recognizer.recognizer.way_up_network import WayUpNetwork
from text_recognizer.util import UserError
from text_recognizer.vocabulary import tokenizer_of
from text_recognizer.whole_directory import write_whole_directory
from training.callbacks.wandb_run import PROJECT
from training.command_line.errors import FlagParser
from training.command_line.flags import CHOICES, add_flags
from training.command_line.settings import run_command
from training.run_experiment import LOG_DIRNAME, read_checkpoint
from training.runs.artifact_places import NAME, how_to_read, is_shipped, place_for, refuse_what_is_there
from training.runs.cut_short import how_cut_short
from training.runs.local import Checkpoint, Mode, Run, best_value, choose_best, local_runs
from training.runs.online import online_runs
from training.runs.provenance import commands_of
from training.runs.verify import verify, with_tag

# The kinds of the models that read nothing themselves, by the names of their classes.
KINDS = {FINDER_CLASS: "finder", PrintNetwork.model_class: "print", WayUpNetwork.model_class: "way up"}
MODEL_PREFIX = "model."  # of the names of the model's weights in a checkpoint; a lit model may have other weights


@dataclass
class Choice:
    """Which model to save.

    Parameters
    ----------
    trained_data_class
        Only runs with this --data_class.
    metric
        Compare runs by the best value of this metric.
    mode
        Whether lower or higher values are better.
    log_dirname
        Where the logs are: training/logs if null.
    entity
        User or team at Weights & Biases; yourself if null.
    project
        Take the runs of this project at Weights & Biases, not those on this machine.
    tag
        Only runs with this word among their --tags.
    verify
        Repeat the validation with the weights; it needs the data.
    artifact
        Name of the artifact; that of the run if null.
    overwrite
        Replace an artifact of this name, even if it ships with the course.
    ngrams
        Add this language model, for a model that reads with CTC or token by token; training/language/count_ngrams.py
        makes one.
    ngrams_weight
        Weight of the language model against the image; training/language/tune_ngrams.py tries some values for CTC,
        training/studies/fuse_language.py for a decoder.
    ngrams_bonus
        Insertion bonus, added for each character.
    lines
        Add this artifact of a line model to that of a model of paragraphs, for a second pass over each line.
    finder
        Add this artifact of a line finder to that of a model of paragraphs; the others use the shipped one.
    """

    trained_data_class: str = "IAMOriginalAndSyntheticParagraphs"
    metric: str = "val_loss"
    mode: Mode = "min"
    log_dirname: str | None = None
    entity: str | None = None
    project: str | None = None
    tag: str | None = None
    verify: bool = True
    artifact: str | None = None
    overwrite: bool = False
    ngrams: str | None = None
    ngrams_weight: float = WEIGHT
    ngrams_bonus: float = BONUS
    lines: str | None = None
    finder: str | None = None

    def __post_init__(self) -> None:
        if self.artifact is not None and not re.fullmatch(NAME, self.artifact):
            raise UserError(f"--artifact={self.artifact}: expected the name of a directory, such as my_recognizer")
        if self.artifact is not None and not self.overwrite:
            refuse_what_is_there(self.artifact)


def save(choice: Choice) -> Path:
    """Write the artifact and print how to read with it; return its directory."""
    run, where = find_run(choice)
    with tempfile.TemporaryDirectory() as download_dirname:
        checkpoint = run.best_checkpoint(Path(download_dirname))
        report(run, where, choice, checkpoint)
        weights = half_weights(checkpoint.filename)
        if choice.verify:
            verify(run, checkpoint)
        config = config_of(run, checkpoint)
        kind = kind_of(config)
        dirname = place_for(run, choice.artifact, choice.overwrite)
        shipped = f"a recogniser that ships with the course; its {artifact_files.CARD_FILENAME} went with it"
        replaced = shipped if is_shipped(dirname) else "one that was there"
        replaces = dirname.exists()
        with write_whole_directory(dirname) as new:
            write_artifact(new, config, commands_of(run.flags), weights, choice)
    size = (dirname / artifact_files.WEIGHTS_FILENAME).stat().st_size
    in_place_of = f", in place of {replaced}" if replaces else ""
    print(f"Saved in {dirname}: {size / 1e6:.1f} MB of weights{in_place_of}")
    print(how_to_read(dirname.name, kind))
    return dirname


def write_artifact(
    dirname: Path, config: dict[str, Any], commands: list[str], weights: artifact.Weights, choice: Choice
) -> None:
    """Write the files of an artifact, and load them like the recogniser, so that nothing unreadable is saved."""
    torch.save(weights, dirname / artifact_files.WEIGHTS_FILENAME)
    (dirname / artifact_files.COMMAND_FILENAME).write_text("\n".join(commands) + "\n", encoding="utf-8")
    if choice.ngrams:
        NGrams.load(Path(choice.ngrams)).save(dirname / artifact_files.NGRAMS_FILENAME)
        config |= {"language_model": {"weight": choice.ngrams_weight, "bonus": choice.ngrams_bonus}}
    (dirname / artifact_files.CONFIG_FILENAME).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    artifact.load_artifact(dirname)
    if choice.lines:
        copy_artifact(Path(choice.lines), dirname / artifact_files.LINES_DIRNAME)
        LineReader(dirname / artifact_files.LINES_DIRNAME)
    if choice.finder:
        copy_artifact(Path(choice.finder), dirname / artifact_files.FINDER_DIRNAME)
        load_finder(dirname / artifact_files.FINDER_DIRNAME)


def copy_artifact(dirname: Path, new: Path) -> None:
    """Copy the files of an artifact, without other files in its directory."""
    artifact_files.check_directory(dirname)
    new.mkdir()
    for name in artifact_files.FILENAMES:
        if (dirname / name).is_file():
            shutil.copy(dirname / name, new)


def find_run(choice: Choice) -> tuple[Run, str]:
    """Return the best run, and a description of where it was searched."""
    runs: list[Run]
    if choice.project or choice.entity:
        where = "/".join(filter(None, (choice.entity, choice.project or PROJECT)))
        runs = [*online_runs(choice.entity, choice.project)]
    else:
        where = choice.log_dirname or str(LOG_DIRNAME)
        runs = [*local_runs(Path(where))]
    if choice.tag:
        runs = [*with_tag(runs, choice.tag, where)]
    return choose_best(runs, choice.trained_data_class, choice.metric, choice.mode, where), where


def report(run: Run, where: str, choice: Choice, checkpoint: Checkpoint) -> None:
    """Print which run was chosen, and which weights it keeps."""
    best = "lowest" if choice.mode == "min" else "highest"
    value = best_value(run, choice.metric, choice.mode)
    print(f"{run.name} has the {best} {choice.metric} of the runs in {where}, {value:.4g}")
    if choice.metric != "val_loss":
        print("Its checkpoint is that of the epoch with its lowest val_loss, whichever metric chose the run")
    if cut_short := how_cut_short(run):
        print(f"CUT SHORT ({cut_short}): good for trying the commands, so do not expect it to read well")
    print("Measured with it: " + ", ".join(f"{name} {value:.4g}" for name, value in sorted(checkpoint.metrics.items())))


def config_of(run: Run, checkpoint: Checkpoint) -> dict[str, Any]:
    """Describe a run's model, so that it can be rebuilt without the run, its data and its lit model."""
    classes = classes_of(run)
    cut_short = how_cut_short(run)
    data = classes["data_class"](**flags_for(classes["data_class"], run.flags))
    return {
        "model_class": classes["model_class"].__name__,
        "model_flags": flags_for(classes["model_class"], run.flags),
        "loss": run.flags["loss"],
        "data_class": run.flags["data_class"],
        "data_config": data.config(),
        "run": run.name,
        **({"cut_short": cut_short} if cut_short else {}),
        "metrics": dict(sorted(checkpoint.metrics.items())),
    }


def classes_of(run: Run) -> dict[str, type]:
    """Find the classes that a run's flags name."""
    for key, classes in CHOICES.items():
        if run.flags.get(key) not in classes:
            raise UserError(f"{run.name}: --{key}={run.flags.get(key)}: expected one of {', '.join(sorted(classes))}")
    return {key: classes[run.flags[key]] for key, classes in CHOICES.items()}


def flags_for(cls: type, flags: dict[str, Any]) -> dict[str, Any]:
    """Pick the flags of a class, in its types, with its defaults for missing ones."""
    parser = FlagParser()
    names = add_flags(parser, cls)
    return vars(parser.parse_object({name: flags[name] for name in names if name in flags}))


def kind_of(config: dict[str, Any]) -> str:
    """Return the kind of a model: what it reads, or what it finds."""
    if (kind := KINDS.get(config["model_class"])) is not None:
        return kind
    tokenizer = tokenizer_of(config["data_config"])
    output_dims = config["data_config"]["output_dims"]
    if tokenizer.newline is not None:
        return "paragraph"
    if tokenizer.is_for_text and output_dims[0] > 1:
        return "line"
    if not tokenizer.is_for_text and output_dims == (1,):
        return "character"
    raise UserError(
        f"--trained_data_class={config['data_class']}: expected data of lines or paragraphs of text, or Characters"
    )


def half_weights(filename: Path) -> artifact.Weights:
    """Return the model's weights from a checkpoint, in half precision."""
    artifact_files.refuse_lfs_pointer(filename)
    weights = read_checkpoint(str(filename), "checkpoint")["state_dict"]
    kept = {key.removeprefix(MODEL_PREFIX): value for key, value in weights.items() if key.startswith(MODEL_PREFIX)}
    half = {key: value.half() if value.is_floating_point() else value for key, value in kept.items()}
    broken = [key for key, value in half.items() if value.is_floating_point() and not value.isfinite().all()]
    if broken:
        raise UserError(f"{filename}: {broken[0]} has numbers that half precision cannot hold: expected up to 65,504")
    return half


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(save, Choice, __doc__, argv, older={"--name": "--artifact"})


if __name__ == "__main__":
    main()
