"""Trains a small model on the handwriting engine alone: whole, and without one part after the other.

    python training/studies/ablate_engine.py
    python training/studies/ablate_engine.py --seeds=1 --parts=jitter,camera --num_train_lines=2000
    python training/studies/ablate_engine.py --load_checkpoint=start.ckpt  # all begin with these weights

A table says how well each reads people, which none has ever seen. Stop the command when you like: what has ended is
kept in --results and not trained again. What is not listed here is a flag of run_experiment.py, the same in each run.
"""

import json
import statistics
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pytorch_lightning as pl

from text_recognizer.data import IAMLines
from text_recognizer.data.drawing.parts import ALL, PARTS, hands_without, parse_parts
from text_recognizer.data.prose.text import describe_text
from text_recognizer.handwriting.hands import describe_hands, find_hands
from text_recognizer.util import UserError, write_atomically
from training.command_line.flags import parse
from training.command_line.settings import one_line_errors, parse_beside_run
from training.run_experiment import LOG_DIRNAME, train
from training.runs.trained_run import make_trainer

# So small a model learns to read in minutes. Its last weights count: to choose some by real lines would be to use them.
RECIPE = [
    *("--data_class=SyntheticLines", "--num_train_lines=8000", "--num_held_out_lines=300", "--batch_size=4"),
    *("--model_class=LineResNetLSTM", "--stem_dim=8", "--lstm_dim=128", "--dropout=0.1", "--loss=ctc"),
    *("--optimizer=AdamW", "--one_cycle_max_lr=0.004", "--max_epochs=1", "--gradient_clip_val=1"),
    "--precision=bf16-mixed",
]
QUIET = ["--limit_val_batches=0", "--enable_checkpointing=false", "--enable_model_summary=false", "--logger=false"]
SET_HERE = [
    "--seed",
    "--engine_without",
    "--data_class",
    "--model_class",
    "--loss",
    *(flag.split("=")[0] for flag in QUIET),
]
WHOLE = "nothing"  # what is left out first
READ_TOGETHER = 16  # lines; more only take more memory
ON_REAL, ON_HELD_OUT = "IAM, validation", "held-out families"
REQUIRED = frozenset({"without", "seed", "cer"})  # of each record
Record = dict[str, Any]


@dataclass
class Ablation:
    """The settings of the ablation.

    Parameters
    ----------
    seeds
        Seeds, separated by commas; each part is trained once with each.
    parts
        Parts to leave out, one at a time, separated by commas; "all" leaves out all at once.
    results
        File of the results so far; trainings in it are not repeated.
    """

    seeds: str = "1,2"
    parts: str = ",".join([*PARTS, ALL])
    results: Path = LOG_DIRNAME / "engine_ablation.json"

    def __post_init__(self) -> None:
        parse_seeds(self.seeds)
        parse_left_out(self.parts)


def run(args: Ablation, flags: Sequence[str]) -> list[Record]:
    """Train what has not been trained yet; return one record for each part left out and each seed.

    Parameters
    ----------
    args
        This command's settings.
    flags
        Those of run_experiment.py.
    """
    real = IAMLines(batch_size=READ_TOGETHER)
    real.prepare_data()
    real.setup()
    drawn = f"{describe_hands()}; text from {describe_text()}"
    about = {"flags": [*RECIPE, *flags], "drawn": drawn, "read": real.provenance}
    seeds, parts = parse_seeds(args.seeds), parse_left_out(args.parts)
    wanted = [{"without": part, "seed": seed} | about for seed in seeds for part in (WHOLE, *parts)]
    save(args.results, read_records(args.results))  # can it be written? Better asked now than after a training
    for i, what in enumerate(wanted):
        if not find(read_records(args.results), what):
            print(f"Run {i + 1} of {len(wanted)}: without {what['without']}, seed {what['seed']}", flush=True)
            record = what | train_and_read(what, real)
            save(args.results, [*read_records(args.results), record])
    records = read_records(args.results)
    return [found for what in wanted if (found := find(records, what))]


def train_and_read(what: Record, real: IAMLines) -> Record:
    """Train one model; return its character error rates on real lines and on drawn ones, and how long it took."""
    start = time.perf_counter()
    without = "" if what["without"] == WHOLE else what["without"]
    own = [f"--seed={what['seed']}", f"--engine_without={without}", *QUIET]
    args = parse([*what["flags"], *own])
    _, lit_model, drawn = train(args)
    rates = {
        name: error_rate(lit_model, data, args.precision) for name, data in ((ON_REAL, real), (ON_HELD_OUT, drawn))
    }
    return {"cer": rates, "seconds": round(time.perf_counter() - start)}


def error_rate(lit_model: pl.LightningModule, data: pl.LightningDataModule, precision: Any) -> float:
    """Return the character error rate on all validation lines."""
    (metrics,) = make_trainer(precision).validate(lit_model, data.val_dataloader(), verbose=False)
    return float(metrics["val_cer"])


def find(records: Sequence[Record], wanted: Record) -> Record | None:
    """Return the record that has all that is wanted."""
    return next((record for record in records if record | wanted == record), None)


def read_records(filename: Path, required: Collection[str] = REQUIRED) -> list[Record]:
    """Return the runs that have ended, each with what is required of it.

    Raises
    ------
    UserError
        If the file holds something else.
    """
    if not filename.exists():
        return []
    try:
        records = json.loads(filename.read_text())
        if all(record.keys() >= set(required) for record in records):
            return records
    except (OSError, ValueError, AttributeError, TypeError):
        pass
    raise UserError(f"--results={filename}: not a file that this command wrote. Choose another name")


def save(filename: Path, records: Sequence[Record]) -> None:
    """Write the runs that have ended, all or none of them."""
    try:
        with write_atomically(filename) as file:
            file.write(json.dumps(records, indent=1).encode())
    except OSError as error:
        raise UserError(f"--results={filename} cannot be written ({error}): choose another place") from None


def table(records: Sequence[Record], name: str) -> list[str]:
    """Return a table of error rates: a line per part that was left out, with all seeds, their mean and the loss."""
    seeds = sorted({record["seed"] for record in records})
    rates = {(record["without"], record["seed"]): 100 * record["cer"][name] for record in records}
    lines = [f"{name:18}" + "".join(f"{f'seed {seed}':>9}" for seed in seeds) + "     mean   against the whole engine"]
    for part in dict.fromkeys(record["without"] for record in records):
        row = [rates[part, seed] for seed in seeds]
        lost = [rate - rates[WHOLE, seed] for rate, seed in zip(row, seeds, strict=True)]
        each = " ".join(f"{difference:+.1f}" for difference in lost)
        against = "" if part == WHOLE else f"   {statistics.mean(lost):+5.1f}  ({each})"
        lines.append(f"{part:18}" + "".join(f"{rate:9.1f}" for rate in [*row, statistics.mean(row)]) + against)
    return lines


def show(records: Sequence[Record]) -> str:
    """Return the result for the terminal."""
    first, seconds = records[0], sum(record["seconds"] for record in records)
    lines = [f"Trained on: {first['drawn']}", f"Read: {first['read']}", " ".join(first["flags"])]
    lines += [
        f"Character error rates in %, by the part that was left out of the engine; {seconds / 60:.0f} minutes in all"
    ]
    return "\n".join([*lines, *table(records, ON_REAL), *table(records, ON_HELD_OUT)])


def parse_command(argv: Sequence[str] | None) -> tuple[Ablation, list[str]]:
    """Turn a command line into this command's settings, and flags of run_experiment.py."""
    ablation, flags = parse_beside_run(Ablation, __doc__, argv, lambda _: RECIPE, SET_HERE)
    parse([*RECIPE, *flags])  # a wrong flag is found before anything is trained
    return ablation, flags


def parse_seeds(text: str) -> list[int]:
    """Read "1,2"."""
    numbers = text.split(",")
    if not all(number.isdecimal() for number in numbers) or len(set(numbers)) < len(numbers):
        raise UserError(f"--seeds={text}: expected numbers, each once, separated by commas, such as 1,2")
    return [int(number) for number in numbers]


def parse_left_out(text: str) -> list[str]:
    """Read "jitter,camera,all": each is left out by itself."""
    names = text.split(",")
    if set(names) - {*PARTS, ALL} or len(set(names)) < len(names):
        raise UserError(f"--parts={text}: expected some of {', '.join([*PARTS, ALL])}, each once, separated by commas")
    for name in names:
        hands_without(parse_parts(name, "--parts"), find_hands("train"))  # are there families to leave out?
    return names


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    with one_line_errors():
        print(show(run(*parse_command(argv))))


if __name__ == "__main__":
    main()
