"""Measures the gain of each part of the recipe, by short trainings with the same number of steps and several seeds.

    python training/studies/ablate_recipe.py --stage=lines --fonts=…/fonts.ckpt
    python training/studies/ablate_recipe.py --stage=reader --fonts=…/drawn-lines.ckpt
    python training/studies/ablate_recipe.py --stage=pages --fonts=…/fonts.ckpt --lines=…/lines.ckpt --seeds=1,2
    python training/studies/ablate_recipe.py --stage=decoder --num_examples=1200  # needs no trained stage
    python training/studies/ablate_recipe.py --stage=decoder_lines  # a decoder of single lines, on two cores

It prints a table of the error rates on IAM's validation data, read in one pass without a language model. It may be
stopped at any time: finished runs are stored in --results. Flags that are not listed here are flags of
run_experiment.py, the same in each run. Short trainings show what helps early; methods that are equal after a hundred
steps may differ after ten thousand.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from text_recognizer.data import BaseDataModule, IAMLines, IAMParagraphs
from text_recognizer.data.show.names import writers_of
from text_recognizer.evaluation.bootstrap import Difference, difference_of
from text_recognizer.evaluation.edits import char_edits
from text_recognizer.util import UserError, sha256_of
from text_recognizer.wide_vocabulary import WIDE_MAPPING
from training.command_line.flags import parse
from training.command_line.settings import one_line_errors, parse_beside_run
from training.run_experiment import LOG_DIRNAME, train
from training.runs.decoder_recipes import BACKBONE
from training.runs.trained_run import TrainedRun
from training.studies.ablate_engine import QUIET, Record, find, parse_seeds, read_records, save
from training.studies.recipe_arms import ABLATIONS, FONTS, LINES, NOTHING, READER, RECIPE, Ablation, Arm

SET_HERE = [
    *("--seed", "--data_class", "--model_class", "--loss", "--sources", "--max_epochs", "--load_checkpoint"),
    *("--resume", "--callbacks", "--min_lines", "--max_lines", "--num_mixed_lines", "--num_mixed_paragraphs"),
    *(flag.split("=")[0] for flag in QUIET),
]
REQUIRED = {"arm", "seed", "edits", "sizes", "writers", "seconds"}


@dataclass
class Study:
    """What to compare.

    Parameters
    ----------
    stage
        The stage that is trained.
    fonts
        Checkpoint of a LineResNetLSTM trained on SyntheticLines.
    lines
        Checkpoint of a LineResNetLSTM trained on real lines too.
    reader
        Weights that read pages, for the backbone of a decoder.
    arms
        The arms that are compared with the recipe, separated by commas; all if null.
    num_examples
        Lines or pages to train on; if null 2,000 lines, 240 pages, 4,000 lines for a reader, and 1,200 pages or 12,000
        lines for a decoder.
    seeds
        Seeds, one run each, separated by commas.
    results
        File of finished runs.
    """

    stage: Literal["lines", "pages", "reader", "decoder", "decoder_lines"]
    fonts: Path | None = None
    lines: Path | None = None
    reader: Path | None = Path(BACKBONE)
    arms: str | None = None
    num_examples: int | None = None
    seeds: str = "1,2"
    results: Path = LOG_DIRNAME / "recipe_ablation.json"

    def __post_init__(self) -> None:
        parse_seeds(self.seeds)
        if self.num_examples is not None and self.num_examples < 3:
            raise UserError(f"--num_examples={self.num_examples}: expected 3 or more")
        for stage in {arm.begins_with for arm in self.chosen.values()} - {NOTHING}:
            filename = getattr(self, stage)
            if filename is None or not filename.is_file():
                given = f"--{stage}={filename}: no such file" if filename else f"--{stage} is missing"
                raise UserError(f"{given}. Expected a checkpoint, such as train_recognizer.py's of its stage {stage}")

    @property
    def chosen(self) -> dict[str, Arm]:
        """The recipe and the arms that are compared with it, by name."""
        ablation = ABLATIONS[self.stage]
        return {name: ablation.arms[name] for name in [RECIPE, *parse_arms(self.arms, ablation)]}

    def flags_with(self, flags: Sequence[str] = ()) -> list[str]:
        """Return the flags of the recipe's training, with those that were typed."""
        return training_flags(self.stage, ABLATIONS[self.stage].arms[RECIPE], flags)


def run(args: Study, flags: Sequence[str]) -> list[Record]:
    """Train the missing runs; return one record for each seed and arm.

    Parameters
    ----------
    args
        This command's settings.
    flags
        Flags of run_experiment.py.
    """
    data = validation_data(args.stage)
    arms = args.chosen
    starts = {stage: getattr(args, stage) for stage in (FONTS, LINES, READER) if getattr(args, stage)}
    hashes = {stage: sha256_of(filename) for stage, filename in starts.items()}
    num_examples = args.num_examples or ABLATIONS[args.stage].num_examples
    wanted = [
        {
            "stage": args.stage,
            "arm": name,
            "seed": seed,
            "num_examples": num_examples,
            "begins_with": hashes.get(arm.begins_with, NOTHING),
            "read": data.provenance,
            "flags": training_flags(args.stage, arm, flags),
            "before": list(arm.before),
        }
        for seed in parse_seeds(args.seeds)
        for name, arm in arms.items()
    ]
    save(
        args.results, read_records(args.results, REQUIRED)
    )  # an unwritable file is reported now, not after the trainings
    for i, what in enumerate(wanted):
        if not find(read_records(args.results, REQUIRED), what):
            print(f"Run {i + 1} of {len(wanted)}: {what['arm']}, seed {what['seed']}", flush=True)
            record = what | train_and_read(what, starts.get(arms[str(what["arm"])].begins_with), data)
            save(args.results, [*read_records(args.results, REQUIRED), record])
    records = read_records(args.results, REQUIRED)
    return [found for what in wanted if (found := find(records, what))]


def validation_data(stage: str) -> BaseDataModule:
    """Return IAM's lines or paragraphs, loaded; the reader's vocabulary begins with that of IAM's lines."""
    data: BaseDataModule = IAMParagraphs(batch_size=8) if stage in ("pages", "decoder") else IAMLines(batch_size=16)
    if stage == "reader":
        data.mapping = WIDE_MAPPING
    data.prepare_data()
    data.setup()
    assert data.data_val is not None
    if writers_of(data.data_val) is None:
        raise UserError("IAM's forms, which name the writer of each line, are missing: put IAM where its readme says")
    return data


def train_and_read(what: Record, start: Path | None, data: BaseDataModule) -> Record:
    """Train one model and read the validation data; return a record of the edits per example and the time."""
    began = time.perf_counter()
    num_before = what["num_examples"] // 3 if what["before"] else 0
    with tempfile.TemporaryDirectory() as dirname:
        if what["before"]:
            trainer, *_ = train(parse(one_training(what, num_before, start) + what["before"]))
            start = Path(dirname) / "before.ckpt"
            trainer.save_checkpoint(start, weights_only=True)
        args = parse(one_training(what, what["num_examples"] - num_before, start))
        _, lit_model, _ = train(args)
    texts = TrainedRun(start or Path(), args, lit_model, data).read("val", "cer")
    assert data.data_val is not None
    return {
        "edits": [char_edits(*pair) for pair in texts],
        "sizes": [len(reference) for reference, _ in texts],
        "writers": writers_of(data.data_val),
        "seconds": round(time.perf_counter() - began),
    }


def training_flags(stage: str, arm: Arm, flags: Sequence[str]) -> list[str]:
    """Return the flags that all trainings of an arm share."""
    ablation = ABLATIONS[stage]
    own = [f"--data_class={ablation.data_class}", *ablation.flags.split(), "--max_epochs=1", *QUIET]
    return [*own, *flags, f"--sources={arm.sources}", *arm.flags]


def one_training(what: Record, num_examples: int, start: Path | None) -> list[str]:
    """Return the flags of one training."""
    own = [f"{ABLATIONS[what['stage']].num_flag}={num_examples}", f"--seed={what['seed']}"]
    return [*what["flags"], *own, *([f"--load_checkpoint={start}"] if start else [])]


def against_recipe(records: Sequence[Record], arm: str) -> Difference:
    """Return the error rate of an arm minus the recipe's, over all seeds, with an interval over writers."""
    theirs, of_recipe = ([record for record in records if record["arm"] == name] for name in (arm, RECIPE))
    return difference_of(
        add_up(theirs, "edits"), add_up(of_recipe, "edits"), add_up(theirs, "sizes"), theirs[0]["writers"]
    )


def add_up(records: Sequence[Record], key: str) -> list[int]:
    """Sum the counts of each example over the seeds."""
    return [sum(counts) for counts in zip(*(record[key] for record in records), strict=True)]


def rate(record: Record) -> float:
    """Return the character error rate of one model, in %."""
    return 100 * sum(record["edits"]) / sum(record["sizes"])


def show(records: Sequence[Record]) -> str:
    """Return the result for the terminal."""
    first = records[0]
    minutes = sum(record["seconds"] for record in records) / 60
    arms = ABLATIONS[first["stage"]].arms
    seeds = list(dict.fromkeys(record["seed"] for record in records))
    named = [record["arm"] for record in records if record["seed"] == seeds[0]]
    width = 2 + max(len(name) for name in [*named, "CER in %"])
    lines = [
        f"{first['stage']}: {first['num_examples']:,} training examples each; {minutes:.0f} minutes in all",
        f"Read: {first['read']}",
        f"{'CER in %':{width}}" + "".join(f"{f'seed {seed}':>9}" for seed in seeds) + "     mean   against the recipe",
    ]
    for name in named:
        rates = [rate(record) for record in records if record["arm"] == name]
        row = f"{name:{width}}" + "".join(f"{each:9.1f}" for each in [*rates, statistics.mean(rates)])
        if name != RECIPE:
            difference = against_recipe(records, name)
            row += f"   {100 * difference.value:+.1f}"
            if difference.low is not None and difference.high is not None:
                row += f" [{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]"
        lines.append(row)
    lines += ["", *(f"{name:{width}}from {arms[name].begins_with}, {describe(arms[name])}" for name in named)]
    return "\n".join(lines)


def describe(arm: Arm) -> str:
    """Return an arm's data and flags in words."""
    return " ".join([arm.sources, *arm.flags, *(["after a third with", *arm.before] if arm.before else [])])


def parse_command(argv: Sequence[str] | None) -> tuple[Study, list[str]]:
    """Turn a command line into this command's settings, and flags of run_experiment.py."""
    study, flags = parse_beside_run(Study, __doc__, argv, Study.flags_with, SET_HERE)
    parse(study.flags_with(flags))  # reports a wrong flag before anything is trained
    return study, flags


def parse_arms(text: str | None, ablation: Ablation) -> list[str]:
    """Parse names of arms, such as "iam-alone,from-nothing"."""
    others = [name for name in ablation.arms if name != RECIPE]
    if text is None:
        return others
    names = text.split(",")
    if set(names) - set(others) or len(set(names)) < len(names):
        raise UserError(f"--arms={text}: expected some of {', '.join(others)}, each once, separated by commas")
    return names


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    with one_line_errors():
        print(show(run(*parse_command(argv))))


if __name__ == "__main__":
    main()
