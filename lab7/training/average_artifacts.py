"""Averages the weights of two artifacts, one of which was trained further from the other.

    python training/average_artifacts.py --first=line_text_recognizer --second=mine --artifact=average
    python training/average_artifacts.py --first=line_text_recognizer --second=mine --share=0.7 --artifact=average

A training on new kinds of pictures gains on them and loses a little on the old ones. As long as it did not go far, all
weights on the straight line between its beginning and its end read well, and those in the middle often read both kinds
better than either end (Wortsman and others, "Robust fine-tuning of zero-shot models", 2022). Batch normalisation's
means and variances are averaged like weights.

The new artifact has the configuration and the language model of the second one, without its calibration.
"""

import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from text_recognizer.recognizer import artifact_files
from text_recognizer.recognizer.artifact import Weights, load_artifact, read_weights
from text_recognizer.recognizer.calibration import KEY
from text_recognizer.util import UserError
from text_recognizer.whole_directory import write_whole_directory
from training.command_line.settings import run_command
from training.runs.artifact_places import NAME


@dataclass
class Average:
    """What to average.

    Parameters
    ----------
    first
        Directory of an artifact, or the name of one that is part of the package.
    second
        The same, of one that was trained further from the first.
    artifact
        Name of the new artifact.
    share
        Weight of the second one, between 0 and 1.
    """

    first: str
    second: str
    artifact: str
    share: float = 0.5


def average(args: Average) -> Path:
    """Write the averaged artifact; return its directory."""
    if not 0 < args.share < 1:
        raise UserError(f"--share={args.share}: expected a number between 0 and 1")
    if not re.fullmatch(NAME, args.artifact):
        raise UserError(f"--artifact={args.artifact}: expected the name of a directory, such as my_recognizer")
    dirname = artifact_files.ARTIFACTS_DIRNAME / args.artifact
    if dirname.exists():
        raise UserError(f"--artifact={args.artifact}: {dirname} is there already. Expected another name")
    first, second = (artifact_files.find_artifact(name) for name in (args.first, args.second))
    before, after = (read_weights(one / artifact_files.WEIGHTS_FILENAME) for one in (first, second))
    weights = average_weights(before, after, args)
    config = artifact_files.read_config(second / artifact_files.CONFIG_FILENAME)
    config.pop(KEY, None)
    command = (
        f"python training/average_artifacts.py --first={first.name} --second={second.name} --share={args.share:g}\n"
    )
    commands = (second / artifact_files.COMMAND_FILENAME).read_text(encoding="utf-8") + command
    with write_whole_directory(dirname) as new:
        torch.save(weights, new / artifact_files.WEIGHTS_FILENAME)
        (new / artifact_files.CONFIG_FILENAME).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
        (new / artifact_files.COMMAND_FILENAME).write_text(commands, encoding="utf-8")
        if (second / artifact_files.NGRAMS_FILENAME).is_file():
            shutil.copy(second / artifact_files.NGRAMS_FILENAME, new)
        load_artifact(new)
    print(f"Saved in {dirname}")
    return dirname


def average_weights(first: Weights, second: Weights, args: Average) -> Weights:
    """Return weights between two models of one shape; whole numbers, which count steps, are those of the second.

    Raises
    ------
    UserError
        If the models have different weights.
    """
    if other := next((name for name in first | second if _shape(first, name) != _shape(second, name)), None):
        shapes = f"{other} is {_shape(first, other)} and {_shape(second, other)}"
        raise UserError(f"--first={args.first} and --second={args.second}: {shapes}. Expected models of one shape")
    return {
        name: torch.lerp(first[name].float(), tensor.float(), args.share).to(tensor.dtype)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in second.items()
    }


def _shape(weights: Weights, name: str) -> str:
    return "x".join(map(str, weights[name].shape)) or "a number" if name in weights else "missing"


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(average, Average, __doc__, argv)


if __name__ == "__main__":
    main()
