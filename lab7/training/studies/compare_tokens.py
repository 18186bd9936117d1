"""Trains the same network on characters with CTC and on word pieces with the transducer loss, for the same time.

    python training/studies/compare_tokens.py --minutes=60 --word_pieces=iamdb_1kwp_tokens_1000.txt

All trainings start with the same weights, except in the last layer, which has a row for each class. The weights are
random, or those of a trained model, whose file --encoder names. The table shows the number of steps and the character
error rate on the validation lines. Flags that --help does not list are passed to run_experiment.py in each training.
"""

import argparse
import pickle
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from text_recognizer.util import UserError
from training.command_line.flags import build, parse
from training.run_experiment import train
from training.runs.trained_run import make_trainer

RECIPE = ["--data_class=IAMLines", "--model_class=LineTDS", "--batch_size=16", "--lr=0.001", "--gradient_clip_val=1"]
QUIET = ["--max_epochs=-1", "--limit_val_batches=0", "--enable_checkpointing=false", "--logger=false", "--patience=0"]
QUIET += ["--enable_model_summary=false", "--num_sanity_val_steps=0", "--enable_progress_bar=false"]
WAYS = {
    "ctc": "characters, CTC",
    "transducer": "word pieces, transducer",
    "pieces_ctc": "word pieces, CTC: one spelling of each word",
}


def flags_of_way(way: str, args: argparse.Namespace) -> list[str]:
    """Return the flags that are specific to a training."""
    if way == "ctc":
        return ["--loss=ctc"]
    pieces = ["--tokens=word_pieces", f"--word_pieces={args.word_pieces}"]
    if way == "pieces_ctc":
        return [*pieces, "--loss=ctc"]
    transitions = [f"--transitions={args.transitions}"] if args.transitions else []
    return [*pieces, "--loss=transducer", f"--blank={args.blank}", *transitions]


def train_and_read(way: str, args: argparse.Namespace, flags: Sequence[str]) -> dict[str, Any]:
    """Train in one way; return its steps, its loss and its character error rate on validation lines."""
    seconds = max(1, round(60 * args.minutes))
    limit = f"--max_time=00:{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    all_flags = [*RECIPE, *flags, *flags_of_way(way, args), limit, *QUIET]
    with tempfile.TemporaryDirectory() as dirname:
        if args.encoder:
            filename = Path(dirname) / "start.ckpt"
            write_start(all_flags, args.encoder, filename)
            all_flags.append(f"--load_checkpoint={filename}")
        start = time.perf_counter()
        trainer, lit_model, data = train(parse(all_flags))
        took = time.perf_counter() - start
    (metrics,) = make_trainer(None).validate(lit_model, data.val_dataloader(), verbose=False)
    return {"steps": trainer.global_step, "seconds": took, **metrics, "data": data.provenance}


def write_start(flags: Sequence[str], encoder: Path, filename: Path) -> None:
    """Write a checkpoint of an untrained model with those weights of a trained one that fit, all but the last layer.

    Raises
    ------
    UserError
        If none fit.
    """
    args = parse(flags)
    pl.seed_everything(args.seed, workers=True, verbose=False)
    config = build(args.classes["data_class"], args).config()
    lit_model = build(args.classes["loss"], args, build(args.classes["model_class"], args, config), config)
    own = lit_model.model.state_dict()
    weights = {name.removeprefix("model."): value for name, value in read_weights(encoder).items()}
    fitting = {
        name: value
        for name, value in weights.items()
        if name in own and own[name].shape == value.shape and not name.startswith("classifier.")
    }
    if not fitting:
        raise UserError(f"--encoder={encoder}: none of its weights fit {args.model_class}: choose its --model_class")
    lit_model.model.load_state_dict(fitting, strict=False)
    torch.save({"state_dict": lit_model.state_dict(), "pytorch-lightning_version": pl.__version__}, filename)


def read_weights(filename: Path) -> dict[str, torch.Tensor]:
    """Read the weights of a recogniser's model.pt, or of a checkpoint of run_experiment.py."""
    try:
        content = torch.load(filename, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(f"--encoder={filename}: cannot be read ({str(error).splitlines()[0]})") from None
    return content.get("state_dict", content)


def show(way: str, result: dict[str, Any]) -> str:
    """Return a row of the table."""
    rate = result["steps"] / result["seconds"]
    return (
        f"{WAYS[way]:<45}{result['steps']:7,} steps, {rate:5.2f} a second, in {result['seconds']:5.0f} s   "
        f"CER {result['val_cer']:7.2%}   loss {result['val_loss']:.3f}"
    )


def run(args: argparse.Namespace, flags: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Train in each way and print the table."""
    for way in args.ways:  # a wrong flag is found before anything is trained
        parse([*RECIPE, *flags, *flags_of_way(way, args), *QUIET])
    results = {}
    for way in args.ways:
        results[way] = train_and_read(way, args, flags)
        print(show(way, results[way]), flush=True)
    print(f"Read: validation lines of {results[args.ways[0]]['data']}; {' '.join([*RECIPE, *flags])}")
    if {"ctc", "transducer"} <= results.keys() and results["ctc"]["val_cer"]:
        print(f"transducer / CTC: {results['transducer']['val_cer'] / results['ctc']['val_cer']:.2f} times the rate")
    return results


def parse_command(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Turn a command line into this command's flags, and those of run_experiment.py."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--minutes", type=float, default=60.0, help="time for each training (default: %(default)s)")
    parser.add_argument("--word_pieces", default="word_pieces_tokens_1000.txt", help="file of make_wordpieces")
    parser.add_argument("--transitions", help="file of build_transitions; without it none are learned")
    parser.add_argument("--blank", default="optional", help="none, optional or forced (default: %(default)s)")
    parser.add_argument("--encoder", type=Path, help="weights to begin with: a model.pt, or a .ckpt")
    parser.add_argument("--ways", default="ctc,transducer", help=f"some of {','.join(WAYS)} (default: %(default)s)")
    args, flags = parser.parse_known_args(argv)
    args.ways = args.ways.split(",")
    if unknown := [way for way in args.ways if way not in WAYS]:
        raise UserError(f"--ways={','.join(args.ways)}: {unknown[0]!r} is not one of {', '.join(WAYS)}")
    if not args.minutes > 0:
        raise UserError(f"--minutes={args.minutes}: expected more than 0")
    return args, flags


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    try:
        run(*parse_command(sys.argv[1:] if argv is None else argv))
    except (UserError, MisconfigurationException) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
