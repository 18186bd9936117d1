"""Trains networks for the same time on the same lines, and prints the error rate of each.

    python training/studies/compare_networks.py --question=encoders
    python training/studies/compare_networks.py --question=padding --minutes=10 --seeds=1,2
    python training/studies/compare_networks.py --question=networks --minutes=120
    python training/studies/compare_networks.py --question=networks --minutes=600 --max_steps=9000 \\
        --one_cycle_max_lr=0.001

--question=encoders compares EfficientNet, axial attention, and a ConvNeXt pre-trained as a VQ-VAE for half of the time
with a ConvNeXt from scratch. --question=padding asks whether padding should count in the loss. --question=networks
compares the networks of lab 7's page with LineResNetLSTM. Flags that --help does not list are flags of
run_experiment.py, the same in each training: with --max_steps a training ends after as many steps, if the minutes are
enough for them.
"""

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from text_recognizer.data import IAMLines
from text_recognizer.images.pictures import contact_sheet
from text_recognizer.util import UserError, write_atomically
from training.benchmarks.timing import table
from training.command_line.flags import parse
from training.command_line.settings import one_line_errors, parse_beside_run
from training.run_experiment import LOG_DIRNAME
from training.studies.ablate_engine import parse_seeds
from training.studies.short_runs import SET_HERE, ShortRun, check_names, machine, run_short, time_flags

# Attention has to learn where to attend before it learns to read; a CTC head trains the encoder directly.
COMMON = ["--data_class=IAMLines", "--batch_size=16", "--optimizer=AdamW", "--lr=0.0005", "--gradient_clip_val=1"]
WRITES = ["--loss=transformer", "--ctc_weight=1"]
VQ_VAE = "VQ-VAE first"
RECIPE = [*COMMON, "--model_class=ConvTransformer", *WRITES]  # whose flags may be given
ARMS: dict[str, dict[str, list[str]]] = {
    "encoders": {
        "ConvNeXt": ["--model_class=ConvTransformer", *WRITES],
        "EfficientNet": ["--model_class=EfficientNetTransformer", *WRITES],
        "axial": ["--model_class=AxialTransformer", *WRITES],
        VQ_VAE: ["--model_class=ConvTransformer", *WRITES],
    },
    "padding": {
        "ignored": ["--model_class=OwnResNetTransformer", *WRITES],
        "counted": ["--model_class=OwnResNetTransformer", *WRITES, "--ignore_padding=false"],
    },
    "networks": {
        "LineResNetLSTM": ["--model_class=LineResNetLSTM", "--loss=ctc"],
        "ConvTransformer": ["--model_class=ConvTransformer", *WRITES],
        "Vit": ["--model_class=Vit", *WRITES],
        "OwnResNetTransformer": ["--model_class=OwnResNetTransformer", *WRITES],
    },
}
RECONSTRUCTIONS = LOG_DIRNAME / "reconstructions.png"
NUM_DRAWN = 4


@dataclass
class Question:
    """What to compare.

    Parameters
    ----------
    question
        Which networks are compared.
    arms
        Some of them, separated by commas; all if null.
    seeds
        Seeds, one run each, separated by commas.
    minutes
        Minutes of each training, at most.
    """

    question: Literal["encoders", "padding", "networks"] = "encoders"
    arms: str | None = None
    seeds: str = "1"
    minutes: float = 30.0

    def __post_init__(self) -> None:
        known = ARMS[self.question]
        self.chosen = list(known) if self.arms is None else check_names(self.arms, known, "arms")
        self.chosen_seeds = parse_seeds(self.seeds)
        if not self.minutes > 0:
            raise UserError(f"--minutes={self.minutes}: expected more than 0")


def compare(args: Question, flags: Sequence[str]) -> dict[str, list[ShortRun]]:
    """Train each network and print its row; return the runs."""
    results: dict[str, list[ShortRun]] = {}
    for seed in args.chosen_seeds:
        for name in args.chosen:
            run = train_arm(name, args, [*flags, f"--seed={seed}"])
            results.setdefault(name, []).append(run)
            print(
                f"{name}, seed {seed}: {run.steps} steps, "
                + ", ".join(f"{key} {run.metrics[key]:.4f}" for key in sorted(run.metrics)),
                flush=True,
            )
    print(f"{run.provenance}; at most {args.minutes:g} minutes each, seeds {args.seeds}; {machine()}")
    head = ("network", "weights", "steps", "lines a second", "loss", "CER", "CER of the CTC head")
    print(table([head, *(row_of(name, runs, batch_size(flags)) for name, runs in results.items())]))
    return results


def batch_size(flags: Sequence[str]) -> int:
    """Return the number of lines in a step."""
    return int(parse([*RECIPE, *flags]).batch_size)


def row_of(name: str, runs: Sequence[ShortRun], size: int) -> tuple[str, ...]:
    """Return a network's row: the means over seeds."""
    means = {key: statistics.mean(run.metrics[key] for run in runs) for key in runs[0].metrics}
    steps, seconds = (
        statistics.mean(values) for values in zip(*((run.steps, run.seconds) for run in runs), strict=True)
    )
    rates = [f"{means[key]:.2%}" if key in means else "-" for key in ("val_cer", "val_ctc_cer")]
    weights = f"{runs[0].num_parameters / 1e6:.2f} M"
    return name, weights, f"{steps:,.0f}", f"{steps * size / seconds:.1f}", f"{means['val_loss']:.3f}", *rates


def train_arm(name: str, args: Question, flags: Sequence[str]) -> ShortRun:
    """Train one network; with a VQ-VAE as pre-training, each takes half of the time."""
    own = ARMS[args.question][name]
    if name != VQ_VAE:
        return run_short([*COMMON, *own, *time_flags(args.minutes), *flags])
    half = [*time_flags(args.minutes / 2), f"--max_steps={half_of(parse([*RECIPE, *flags]).max_steps)}"]
    flags = [flag for flag in flags if flag.split("=")[0] != "--max_steps"]
    images = [flag for flag in flags if flag.split("=")[0] in IMAGE_FLAGS]
    first = run_short([*COMMON, "--model_class=VQVAE", "--loss=vq_vae", *half, *images])
    names = ("reconstruction", "codes", "perplexity")
    shown = ", ".join(f"{key} {first.metrics[f'val_{key}']:.3f}" for key in names)
    print(f"VQ-VAE: {first.steps} steps; {shown}", flush=True)
    draw_reconstructions(first)
    weights = first.lit_model.model.state_dict()
    start = {key: value for key, value in weights.items() if key.startswith("encoder.")}
    return run_short([*COMMON, *own, *half, *flags], start)


def half_of(max_steps: int) -> int:
    """Return half as many steps, rounded up; -1 stays what it is: no limit."""
    return max_steps if max_steps < 0 else math.ceil(max_steps / 2)


# The flags that a VQ-VAE has too.
IMAGE_FLAGS = {"--seed", "--batch_size", "--augment", "--convnext_dim", "--convnext_mults", "--convnext_depths"}
IMAGE_FLAGS |= {"--convnext_factors", "--limit_train_batches", "--num_workers", "--one_cycle_max_lr", "--precision"}


@torch.inference_mode()
def draw_reconstructions(run: ShortRun) -> None:
    """Draw some validation lines, each above its reconstruction by the VQ-VAE."""
    data = IAMLines(batch_size=NUM_DRAWN)
    data.prepare_data()
    data.setup()
    x, _ = next(iter(data.val_dataloader()))
    drawn = run.lit_model.model.eval()(x)[0].sigmoid()
    pairs = [image for pair in zip(x, drawn, strict=True) for image in pair]
    with write_atomically(RECONSTRUCTIONS) as file:
        contact_sheet(pairs, ["as it is", "from its codes"] * len(x)).save(file, format="png")
    print(f"Pictures: {RECONSTRUCTIONS}")


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    with one_line_errors():
        set_here = [*SET_HERE, "--data_class", "--model_class", "--loss", "--max_epochs"]
        args, flags = parse_beside_run(Question, __doc__, argv, lambda _: RECIPE, set_here)
        for name in args.chosen:  # reports a wrong flag before anything is trained
            parse([*COMMON, *ARMS[args.question][name], *flags])
        compare(args, flags)


if __name__ == "__main__":
    main()
