"""Trains a model on data, then tests the best checkpoint.

python training/run_experiment.py --data_class=MNIST --model_class=MLP --max_epochs=5
python training/run_experiment.py --model_class=MLP --help       # every flag with its default
python training/run_experiment.py --config=my_run.yaml --lr=0.01 # a YAML file of flags; flags override it
"""

import logging
import sys
import warnings
from argparse import Namespace
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.utilities import rank_zero_only
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from text_recognizer.util import UserError, write_atomically
from training.command_line.flags import parse
from training.command_line.signatures import build, values_for

# Hide Lightning's advertisements, and warnings that do not concern this run.
logging.getLogger("pytorch_lightning.utilities.rank_zero").addFilter(lambda record: "Tip:" not in record.getMessage())
warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*|.*smaller than the logging interval.*")

LOG_DIRNAME = Path(__file__).resolve().parent / "logs"
say = rank_zero_only(print)  # with several processes, only the first one prints


def run(args: Namespace) -> dict[str, float]:
    """Train and test as `args` (from `training.command_line.flags.parse`) say.

    Returns
    -------
    dict
        The final metrics: those of the test set with the best checkpoint, or with --overfit_batches those of the
        memorised batches.
    """
    check_flags(args)
    pl.seed_everything(args.seed, workers=True)
    data = build(args.classes["data_class"], args)
    data.validates_on_train = args.overfit_batches > 0
    model = build(args.classes["model_class"], args, data.config())
    lit_model = build(args.classes["loss"], args, model, data.config())
    trainer = make_trainer(args)
    save_config(trainer, args)
    say(f"Data: {data.source}")
    trainer.fit(lit_model, datamodule=data)
    if args.overfit_batches:
        say("--overfit_batches: these are the memorised batches; the test set was not touched")
        return dict(*trainer.validate(lit_model, datamodule=data))
    best = getattr(trainer.checkpoint_callback, "best_model_path", "")
    say(f"Testing the best checkpoint, {best}" if best else "Testing the last weights: no checkpoint was kept")
    results = trainer.test(lit_model, datamodule=data, ckpt_path=best or None)
    return dict(results[0]) if results else {}


def check_flags(args: Namespace) -> None:
    """Check the flags that no single class can check alone."""
    if not 0 <= args.seed < 2**32:
        raise UserError(f"--seed={args.seed}: expected 0 to {2**32 - 1}")
    if args.one_cycle_max_lr is not None and args.max_epochs is None and args.max_steps < 0:
        raise UserError("--one_cycle_max_lr needs the length of the training: add --max_epochs or --max_steps")


def make_trainer(args: Namespace) -> pl.Trainer:
    """Build Lightning's Trainer, with a logger, with checkpoints, and with an early end."""
    settings = values_for(pl.Trainer, args)
    settings["default_root_dir"] = root_dirname = args.default_root_dir or LOG_DIRNAME
    if args.logger in (None, True):
        settings["logger"] = CSVLogger(root_dirname, name=f"{args.data_class}_{args.model_class}_{args.loss}")
    callbacks: list[pl.Callback] = []
    if args.enable_checkpointing is not False and not args.fast_dev_run:
        best_name = "{epoch}-{val_loss:.4f}"
        callbacks.append(ModelCheckpoint(monitor="val_loss", filename=best_name, save_last=True))
    if args.patience > 0 and args.limit_val_batches != 0 and not args.overfit_batches:
        callbacks.append(EarlyStopping("val_loss", patience=args.patience))
    try:
        return pl.Trainer(**settings | {"callbacks": callbacks})
    except (ValueError, TypeError, MisconfigurationException) as error:
        raise UserError(f"Lightning's Trainer refuses these flags: {error}") from error


def save_config(trainer: pl.Trainer, args: Namespace) -> None:
    """Write the flags of this run beside its log, in a file for --config."""
    if trainer.is_global_zero and isinstance(trainer.logger, CSVLogger) and not args.fast_dev_run:
        _ = trainer.logger.experiment  # makes the directory
        with write_atomically(Path(trainer.logger.log_dir) / "config.yaml") as file:
            file.write(args.config_yaml.encode())


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; a mistake of the user is one line, not a traceback."""
    try:
        run(parse(sys.argv[1:] if argv is None else argv))
    except (UserError, MisconfigurationException) as error:
        sys.exit(f"error: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
