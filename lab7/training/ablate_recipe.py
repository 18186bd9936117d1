"""Asks of each part of the recipe what it gains: short trainings with the same number of steps, with several seeds.

    python training/ablate_recipe.py --stage=lines --fonts=…/fonts.ckpt
    python training/ablate_recipe.py --stage=pages --fonts=…/fonts.ckpt --lines=…/lines.ckpt --seeds=1,2

A table says how well each reads IAM's validation data in one pass, without a language model. Stop the command when you
like: what has ended is kept in --results and not trained again. What is not listed here is a flag of run_experiment.py,
the same in each run. Short trainings say what helps early; what is equal after a hundred steps may not be after ten
thousand.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pytorch_lightning.utilities.exceptions import MisconfigurationException

from text_recognizer.data import BaseDataModule, IAMLines, IAMParagraphs
from text_recognizer.data.names import writers_of
from text_recognizer.evaluation.bootstrap import Difference, difference_of
from text_recognizer.evaluation.edits import char_edits
from text_recognizer.util import UserError, sha256_of
from training.ablate_engine import QUIET, Record, find, make_parser, parse_seeds, read_records, refuse, save
from training.flags import parse
from training.run_experiment import train
from training.train_recognizer import OF_LINES, OF_PAGES
from training.trained_run import TrainedRun

RECIPE = "recipe"
FONTS, LINES, NOTHING = "fonts", "lines", "nothing"
SET_HERE = [
    *("--seed", "--data_class", "--model_class", "--loss", "--sources", "--max_epochs", "--load_checkpoint"),
    *("--resume", "--callbacks", "--min_lines", "--max_lines", "--num_mixed_lines", "--num_mixed_paragraphs"),
    *(flag.split("=")[0] for flag in QUIET),
]
REQUIRED = {"arm", "seed", "edits", "sizes", "writers", "seconds"}


@dataclass(frozen=True)
class Arm:
    """One way to train a stage.

    Parameters
    ----------
    begins_with
        The stage whose weights it begins with: fonts, lines or nothing.
    sources
        What it is trained on.
    before
        Flags of a first training on a third of the examples, whose weights the rest begins with; none if empty.
    flags
        Flags of the whole training.
    """

    begins_with: str
    sources: str
    before: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ablation:
    """The ways to train one stage; the first is that of train_recognizer.py.

    For pages it is nearly that: there four of ten pages are real ones too, but each comes once in an epoch.
    """

    data_class: str
    num_flag: str
    num_examples: int
    flags: str
    arms: dict[str, Arm]


# A mean of the weights after the last steps counts, not those after the last one.
AVERAGED = "--callbacks=EMAWeightAveraging"
OF_THREE = "IAMLines:0.5,SyntheticLines:0.3,CopisteLines:0.2"
REAL_AND_PUT_TOGETHER = "IAMParagraphs:0.4,IAMSyntheticParagraphs:0.6"
ABLATIONS = {
    "lines": Ablation(
        "MixedLines",
        "--num_mixed_lines",
        2000,
        f"{OF_LINES} --one_cycle_max_lr=0.002 --draw_readings=false",
        {
            RECIPE: Arm(FONTS, OF_THREE),
            "without-copiste": Arm(FONTS, "IAMLines:0.5,SyntheticLines:0.5"),
            "without-engine": Arm(FONTS, "IAMLines:0.7,CopisteLines:0.3"),
            "iam-alone": Arm(FONTS, "IAMLines:1"),
            "from-nothing": Arm(NOTHING, OF_THREE),
            "averaged": Arm(FONTS, OF_THREE, flags=(AVERAGED, "--callbacks.decay=0.98")),
        },
    ),
    "pages": Ablation(
        "MixedParagraphs",
        "--num_mixed_paragraphs",
        240,
        f"{OF_PAGES} --draw_readings=false",
        {
            RECIPE: Arm(LINES, REAL_AND_PUT_TOGETHER, flags=("--min_lines=3",)),
            "from-fonts": Arm(FONTS, REAL_AND_PUT_TOGETHER, flags=("--min_lines=3",)),
            "from-nothing": Arm(NOTHING, REAL_AND_PUT_TOGETHER, flags=("--min_lines=3",)),
            "averaged": Arm(LINES, REAL_AND_PUT_TOGETHER, flags=("--min_lines=3", AVERAGED, "--callbacks.decay=0.9")),
            "real-alone": Arm(LINES, "IAMParagraphs:1"),
            "with-engine": Arm(
                LINES,
                "IAMParagraphs:0.28,IAMSyntheticParagraphs:0.42,SyntheticParagraphs:0.3",
                flags=("--min_lines=3",),
            ),
            "short-first": Arm(
                LINES,
                REAL_AND_PUT_TOGETHER,
                before=("--sources=IAMSyntheticParagraphs:1", "--min_lines=1", "--max_lines=4"),
                flags=("--min_lines=3",),
            ),
        },
    ),
}


def run(args: argparse.Namespace, flags: Sequence[str]) -> list[Record]:
    """Train what has not been trained yet; return one record for each seed and arm.

    Parameters
    ----------
    args
        This command's flags.
    flags
        Those of run_experiment.py.
    """
    data = validation_data(args.stage)
    starts = {stage: getattr(args, stage) for stage in (FONTS, LINES) if getattr(args, stage)}
    hashes = {stage: sha256_of(filename) for stage, filename in starts.items()}
    arms = {name: ABLATIONS[args.stage].arms[name] for name in dict.fromkeys([RECIPE, *args.arms])}
    wanted = [
        {
            "stage": args.stage,
            "arm": name,
            "seed": seed,
            "num_examples": args.num_examples,
            "begins_with": hashes.get(arm.begins_with, NOTHING),
            "read": data.provenance,
            "flags": training_flags(args.stage, arm, flags),
            "before": list(arm.before),
        }
        for seed in args.seeds
        for name, arm in arms.items()
    ]
    save(args.results, read_records(args.results, REQUIRED))  # can it be written? Better asked now
    for i, what in enumerate(wanted):
        if not find(read_records(args.results, REQUIRED), what):
            print(f"Run {i + 1} of {len(wanted)}: {what['arm']}, seed {what['seed']}", flush=True)
            record = what | train_and_read(what, starts.get(arms[what["arm"]].begins_with), data)
            save(args.results, [*read_records(args.results, REQUIRED), record])
    records = read_records(args.results, REQUIRED)
    return [found for what in wanted if (found := find(records, what))]


def validation_data(stage: str) -> BaseDataModule:
    """Return IAM's lines or paragraphs, loaded."""
    data = IAMLines(batch_size=16) if stage == LINES else IAMParagraphs(batch_size=8)
    data.prepare_data()
    data.setup()
    assert data.data_val is not None
    if writers_of(data.data_val) is None:
        raise UserError("IAM's forms, which tell who wrote each line, are missing: put IAM where its readme says")
    return data


def train_and_read(what: Record, start: Path | None, data: BaseDataModule) -> Record:
    """Train one model and let it read the validation data; return its edits by example, and how long it took."""
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
        "sizes": [len(written) for written, _ in texts],
        "writers": writers_of(data.data_val),
        "seconds": round(time.perf_counter() - began),
    }


def training_flags(stage: str, arm: Arm, flags: Sequence[str]) -> list[str]:
    """Return the flags of an arm's trainings that are the same in each of them."""
    ablation = ABLATIONS[stage]
    own = [f"--data_class={ablation.data_class}", *ablation.flags.split(), "--max_epochs=1", *QUIET]
    return [*own, *flags, f"--sources={arm.sources}", *arm.flags]


def one_training(what: Record, num_examples: int, start: Path | None) -> list[str]:
    """Return the flags of one training."""
    own = [f"{ABLATIONS[what['stage']].num_flag}={num_examples}", f"--seed={what['seed']}"]
    return [*what["flags"], *own, *([f"--load_checkpoint={start}"] if start else [])]


def against_recipe(records: Sequence[Record], arm: str) -> Difference:
    """Return the error rate of an arm minus that of the recipe, all seeds together, with an interval over writers."""
    theirs, of_recipe = ([record for record in records if record["arm"] == name] for name in (arm, RECIPE))
    return difference_of(
        add_up(theirs, "edits"), add_up(of_recipe, "edits"), add_up(theirs, "sizes"), theirs[0]["writers"]
    )


def add_up(records: Sequence[Record], key: str) -> list[int]:
    """Add up what was counted in each example over the seeds."""
    return [sum(counts) for counts in zip(*(record[key] for record in records), strict=True)]


def rate(record: Record) -> float:
    """Return the character error rate of one model, in %."""
    return 100 * sum(record["edits"]) / sum(record["sizes"])


def show(records: Sequence[Record]) -> str:
    """Return the result for the terminal."""
    first, minutes = records[0], sum(record["seconds"] for record in records) / 60
    arms = ABLATIONS[first["stage"]].arms
    seeds = list(dict.fromkeys(record["seed"] for record in records))
    named = [record["arm"] for record in records if record["seed"] == seeds[0]]
    lines = [
        f"{first['stage']}: {first['num_examples']:,} training examples each; {minutes:.0f} minutes in all",
        f"Read: {first['read']}",
        f"{'CER in %':18}" + "".join(f"{f'seed {seed}':>9}" for seed in seeds) + "     mean   against the recipe",
    ]
    for name in named:
        rates = [rate(record) for record in records if record["arm"] == name]
        row = f"{name:18}" + "".join(f"{each:9.1f}" for each in [*rates, statistics.mean(rates)])
        if name != RECIPE:
            difference = against_recipe(records, name)
            row += f"   {100 * difference.value:+.1f}"
            if difference.low is not None and difference.high is not None:
                row += f" [{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]"
        lines.append(row)
    lines += ["", *(f"{name:18}from {arms[name].begins_with}, {describe(arms[name])}" for name in named)]
    return "\n".join(lines)


def describe(arm: Arm) -> str:
    """Return what an arm is trained on."""
    return " ".join([arm.sources, *arm.flags, *(["after a third with", *arm.before] if arm.before else [])])


def parse_command(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Turn a command line into this command's flags, and those of run_experiment.py."""
    parser = make_parser(__doc__, "recipe_ablation.json")
    parser.add_argument("--stage", choices=sorted(ABLATIONS), required=True, help="what is trained")
    parser.add_argument("--fonts", type=Path, help="checkpoint of a LineResNetLSTM trained on SyntheticLines")
    parser.add_argument("--lines", type=Path, help="checkpoint of a LineResNetLSTM trained on real lines too")
    parser.add_argument("--arms", help="which ways to train, beside the recipe's, with commas between; all if missing")
    parser.add_argument("--num_examples", type=int, help="lines or pages to train on; 2,000 or 240 if missing")
    args, flags = parser.parse_known_args(argv)
    ablation = ABLATIONS[args.stage]
    args.seeds, args.arms = parse_seeds(args.seeds), parse_arms(args.arms, ablation)
    args.num_examples = ablation.num_examples if args.num_examples is None else args.num_examples
    if args.num_examples < 3:
        raise UserError(f"--num_examples={args.num_examples}: expected 3 or more")
    for stage in {ablation.arms[name].begins_with for name in [RECIPE, *args.arms]} - {NOTHING}:
        filename = getattr(args, stage)
        if filename is None or not filename.is_file():
            given = f"--{stage}={filename}: no such file" if filename else f"--{stage} is missing"
            raise UserError(f"{given}. Expected a checkpoint, such as train_recognizer.py leaves for its stage {stage}")
    refuse(flags, SET_HERE, "--stage, --arms, --seeds, --results")
    parse(training_flags(args.stage, ablation.arms[RECIPE], flags))  # a wrong flag is found before anything is trained
    return args, flags


def parse_arms(text: str | None, ablation: Ablation) -> list[str]:
    """Read "iam-alone,from-nothing"."""
    others = [name for name in ablation.arms if name != RECIPE]
    if text is None:
        return others
    names = text.split(",")
    if set(names) - set(others) or len(set(names)) < len(names):
        raise UserError(f"--arms={text}: expected some of {', '.join(others)}, each once, with commas between")
    return names


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    try:
        print(show(run(*parse_command(sys.argv[1:] if argv is None else argv))))
    except (UserError, MisconfigurationException) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
