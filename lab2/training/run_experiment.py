"""Trains a model on data, then tests the best checkpoint.

python training/run_experiment.py --data_class=MNIST --model_class=MLP --max_epochs=5
python training/run_experiment.py --model_class=MLP --help       # every flag with its default
python training/run_experiment.py --config=my_run.yaml --lr=0.01 # a YAML file of flags; flags override it
"""

import logging
import pickle
import sys
import warnings
from argparse import Namespace
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint, ModelSummary
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.utilities import rank_zero_only
from pytorch_lightning.utilities.exceptions import MisconfigurationException, SIGTERMException

from text_recognizer.data import BaseDataModule
from text_recognizer.data.stand_in import NOTICE
from text_recognizer.util import UserError, write_atomically
from training.callbacks import CALLBACKS
from training.flags import build, parse, values_for

# Lightning's advertisements and its quarrels with other libraries are not news of this run.
logging.getLogger("pytorch_lightning.utilities.rank_zero").addFilter(lambda record: "Tip:" not in record.getMessage())
warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*|.*smaller than the logging interval.*")

LOG_DIRNAME = Path(__file__).resolve().parent / "logs"


def run(args: Namespace) -> dict[str, float]:
    """Train and test as `args` (from `training.flags.parse`) say.

    Returns
    -------
    dict
        The final metrics: those of the test set with the best checkpoint, or with --overfit_batches those of the
        memorised batches.
    """
    return measure(*train(args), memorises=args.overfit_batches > 0)


def train(args: Namespace) -> tuple[pl.Trainer, pl.LightningModule, BaseDataModule]:
    """Train as `args` say; return the trainer, the model with its last weights, and the data."""
    check_flags(args)
    pl.seed_everything(args.seed, workers=True)
    data = build(args.classes["data_class"], args)
    data.validates_on_train = args.overfit_batches > 0
    model = build(args.classes["model_class"], args, data.config())
    lit_model = build(args.classes["loss"], args, model, data.config())
    for flag in ("load_checkpoint", "resume"):
        if filename := getattr(args, flag):
            load_weights(lit_model, filename, f"--{flag}")
    trainer = make_trainer(args)
    if not args.fast_dev_run:
        save_config(trainer, f"# {NOTICE}\n{args.config_yaml}" if data.is_stand_in else args.config_yaml)
    say(f"Data: {data.provenance}")
    trainer.fit(lit_model, datamodule=data, ckpt_path=args.resume)
    return trainer, lit_model, data


def check_flags(args: Namespace) -> None:
    """Refuse what no single class can see to be wrong."""
    if not 0 <= args.seed < 2**32:
        raise UserError(f"--seed={args.seed}: expected 0 to {2**32 - 1}")
    if args.one_cycle_max_lr is not None and args.max_epochs is None and args.max_steps < 0:
        raise UserError("--one_cycle_max_lr needs the length of the training: add --max_epochs or --max_steps")


def make_trainer(args: Namespace) -> pl.Trainer:
    """Build Lightning's Trainer with our logger and callbacks beside the user's."""
    settings = values_for(pl.Trainer, args)
    settings["default_root_dir"] = root_dirname = args.default_root_dir or LOG_DIRNAME
    if args.logger in (None, True):
        settings["logger"] = CSVLogger(root_dirname, name=f"{args.data_class}_{args.model_class}_{args.loss}")
    every, max_epochs = args.check_val_every_n_epoch or 1, args.max_epochs or -1
    if every > max_epochs > 0:  # without a validation there would be no best checkpoint
        say(f"--check_val_every_n_epoch={every} with --max_epochs={max_epochs}: validating once, after the last epoch")
        settings["check_val_every_n_epoch"] = max_epochs
    own = args.callbacks if isinstance(args.callbacks, list) else [args.callbacks] if args.callbacks else []
    try:
        return pl.Trainer(**settings | {"callbacks": [*own, *make_callbacks(args)]})
    except (ValueError, TypeError, MisconfigurationException) as error:
        raise UserError(f"Lightning's Trainer refuses these flags: {error}") from error


def make_callbacks(args: Namespace) -> list[pl.Callback]:
    """Return what watches over the training, as the flags say."""
    callbacks: list[pl.Callback] = []
    validates = args.limit_val_batches != 0
    if args.enable_checkpointing is not False and not args.fast_dev_run:
        monitor, filename = ("val_loss", "{epoch}-{val_loss:.4f}") if validates else (None, None)
        callbacks.append(ModelCheckpoint(monitor=monitor, filename=filename, save_last=True))
    if args.enable_model_summary is not False and args.summary_depth != 1:  # 1 is what Lightning shows anyway
        callbacks.append(ModelSummary(max_depth=args.summary_depth))
    if args.patience > 0 and validates and not args.overfit_batches:
        callbacks.append(EarlyStopping("val_loss", patience=args.patience))
    return callbacks + [build(cls, args) for cls in CALLBACKS]


def measure(
    trainer: pl.Trainer, lit_model: pl.LightningModule, data: BaseDataModule, memorises: bool
) -> dict[str, float]:
    """Return the final metrics of a trained model, on the test set or on the batches that it was to memorise."""
    say(f"Data: {data.provenance}")  # once more: only what has read the data knows all of it
    if memorises:
        say("--overfit_batches: these are the memorised batches; the test set was not touched")
        (metrics,) = trainer.validate(lit_model, datamodule=data)
        warn_of_stand_in(data)
        return dict(metrics)
    best = getattr(trainer.checkpoint_callback, "best_model_path", "")
    say(f"Testing the best checkpoint, {best}" if best else "Testing the last weights: no checkpoint was kept")
    results = trainer.test(lit_model, datamodule=data, ckpt_path=best or None)
    if not results:
        say("No test batch was asked for, so there is no result")
    warn_of_stand_in(data)
    return dict(results[0]) if results else {}


def warn_of_stand_in(data: BaseDataModule) -> None:
    """Say beneath the final metrics what they were measured on, unless it is real data."""
    if data.is_stand_in:
        say(f"These figures: {NOTICE}")


def load_weights(lit_model: pl.LightningModule, filename: str, flag: str) -> None:
    """Load the weights of a checkpoint into a model of the same shape."""
    try:
        lit_model.load_state_dict(read_checkpoint(filename, flag)["state_dict"])
    except RuntimeError as error:
        difference = " ".join(str(error).splitlines()[1].split())
        config_filename = Path(filename).resolve().parents[1] / "config.yaml"
        cure = f": --config={config_filename}" if config_filename.is_file() else ""
        raise UserError(
            f"{flag}={filename} does not fit this model: {difference} Use the flags that it was trained with{cure}"
        ) from None


def read_checkpoint(filename: str, flag: str) -> dict[str, Any]:
    """Read a checkpoint that Lightning wrote."""
    if not Path(filename).is_file():
        raise UserError(f"{flag}={filename}: no such file. Expected a .ckpt file, such as those in {LOG_DIRNAME}")
    try:
        checkpoint = torch.load(filename, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{flag}={filename}: not a whole checkpoint ({reason}). Expected a .ckpt file") from None
    if not isinstance(checkpoint, dict) or not {"state_dict", "pytorch-lightning_version"} <= checkpoint.keys():
        raise UserError(f"{flag}={filename}: no checkpoint of a training. Expected a .ckpt file, such as last.ckpt")
    return checkpoint


def save_config(trainer: pl.Trainer, config_yaml: str) -> None:
    """Write the flags of this run beside its logs, in a file for --config."""
    log_dirname = getattr(trainer.logger, "log_dir", None)
    if trainer.is_global_zero and log_dirname:
        _ = trainer.logger.experiment  # type: ignore[union-attr]  # makes the directory, and expects it to be empty
        with write_atomically(Path(log_dirname) / "config.yaml") as file:
            file.write(config_yaml.encode())


say = rank_zero_only(print)  # with several processes, one of them speaks


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    try:
        run(parse(sys.argv[1:] if argv is None else argv))
    except (UserError, MisconfigurationException) as error:
        sys.exit(f"error: {error}")
    except SIGTERMException:  # by itself it would end with status 0, as a finished training does
        sys.exit("stopped by SIGTERM before the training was finished; --resume goes on from its last.ckpt")


if __name__ == "__main__":
    main()
