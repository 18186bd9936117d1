"""Trains a model on data, then tests the best checkpoint.

python training/run_experiment.py --data_class=MNIST --model_class=MLP --max_epochs=5
python training/run_experiment.py --model_class=MLP --help       # every flag with its default
python training/run_experiment.py --config=my_run.yaml --lr=0.01 # a YAML file of flags; flags override it
"""

import importlib.util
import logging
import sys
import warnings
from argparse import Namespace
from pathlib import Path
from types import ModuleType
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelSummary
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.utilities import rank_zero_only
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from text_recognizer.data import BaseDataModule
from text_recognizer.data.storage.stand_in import NOTICE
from text_recognizer.models.loading import why_not_loaded
from text_recognizer.util import UserError, write_atomically
from training.callbacks import CALLBACKS
from training.callbacks.whole_epochs import WholeCheckpointIO, WholeEpochs, end_epochs_once
from training.command_line.endings import claim_version, one_line_endings
from training.command_line.flags import build, parse, values_for

# Hide Lightning's advertisements, and warnings that do not concern this run.
logging.getLogger("pytorch_lightning.utilities.rank_zero").addFilter(lambda record: "Tip:" not in record.getMessage())
warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*|.*smaller than the logging interval.*")

LOG_DIRNAME = Path(__file__).resolve().parent / "logs"
SUBCOMMANDS = ("fit", "validate", "test", "predict")


def run(args: Namespace) -> dict[str, float]:
    """Train and test as `args` (from `training.command_line.flags.parse`) say.

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
        save_config(trainer, f"# {data.provenance}\n{args.config_yaml}")
    say(f"Data: {data.provenance}")
    trainer.fit(lit_model, datamodule=data, ckpt_path=args.resume)
    return trainer, lit_model, data


def check_flags(args: Namespace) -> None:
    """Check the flags that no single class can check alone."""
    if not 0 <= args.seed < 2**32:
        raise UserError(f"--seed={args.seed}: expected 0 to {2**32 - 1}")
    if args.one_cycle_max_lr is not None and args.max_epochs is None and args.max_steps < 0:
        raise UserError("--one_cycle_max_lr needs the length of the training: add --max_epochs or --max_steps")


def make_trainer(args: Namespace) -> pl.Trainer:
    """Build Lightning's Trainer with our logger and callbacks beside the user's."""
    settings = values_for(pl.Trainer, args)
    settings["default_root_dir"] = root_dirname = args.default_root_dir or LOG_DIRNAME
    if args.logger in (None, True):
        settings["logger"] = make_logger(root_dirname, args)
    every, max_epochs = args.check_val_every_n_epoch or 1, args.max_epochs or -1
    if every > max_epochs > 0:  # without a validation there would be no best checkpoint
        say(f"--check_val_every_n_epoch={every} with --max_epochs={max_epochs}: validating once, after the last epoch")
        settings["check_val_every_n_epoch"] = max_epochs
    settings["callbacks"] = [*as_list(args.callbacks), *make_callbacks(args)]
    settings["plugins"] = [*as_list(args.plugins), WholeCheckpointIO()]
    try:
        trainer = pl.Trainer(**settings)
        end_epochs_once(trainer)
        return trainer
    except (ValueError, TypeError, MisconfigurationException) as error:
        raise UserError(f"Lightning's Trainer refuses these flags: {error}") from error


def as_list(value: Any) -> list:
    """Return a list as it is, one object in a list, and nothing as an empty list."""
    if isinstance(value, list):
        return value
    return [value] if value else []


def make_logger(root_dirname: Any, args: Namespace) -> CSVLogger:
    """Return the logger of a run, which has a directory of its own, even if two runs begin in the same second."""
    name = f"{args.data_class}_{args.model_class}_{args.loss}"
    is_first = (
        getattr(rank_zero_only, "rank", None) in (None, 0) and not args.fast_dev_run
    )  # with several processes, the first one's
    version = claim_version(Path(root_dirname) / name) if is_first and "://" not in str(root_dirname) else None
    return CSVLogger(root_dirname, name=name, version=version)


def make_callbacks(args: Namespace) -> list[pl.Callback]:
    """Return the callbacks that the flags ask for."""
    callbacks: list[pl.Callback] = []
    validates = args.limit_val_batches != 0
    if args.enable_checkpointing is not False and not args.fast_dev_run:
        monitor, filename = ("val_loss", "{epoch}-{val_loss:.4f}") if validates else (None, None)
        callbacks.append(WholeEpochs(monitor=monitor, filename=filename, save_last=True))
    if args.enable_model_summary is not False and args.summary_depth != 1:  # 1 is what Lightning shows anyway
        callbacks.append(ModelSummary(max_depth=args.summary_depth))
    if args.patience > 0 and validates and not args.overfit_batches:
        callbacks.append(EarlyStopping("val_loss", patience=args.patience))
    return callbacks + [build(cls, args) for cls in CALLBACKS]


def measure(
    trainer: pl.Trainer, lit_model: pl.LightningModule, data: BaseDataModule, memorises: bool
) -> dict[str, float]:
    """Return the final metrics of a trained model, on the test set or on the batches that it was to memorise."""
    say(f"Data: {data.provenance}")  # again: the source is complete only after the data was read
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
    """Print a warning below the final metrics if they were measured on a stand-in."""
    if data.is_stand_in:
        say(f"These figures: {NOTICE}")


def load_weights(lit_model: pl.LightningModule, filename: str, flag: str) -> None:
    """Load the weights of a checkpoint into a model of the same shape."""
    try:
        lit_model.load_state_dict(read_weights(filename, flag))
    except RuntimeError as error:
        difference = " ".join("".join(str(error).splitlines()[1:2]).split())
        config_filename = Path(filename).resolve().parents[1] / "config.yaml"
        cure = f": --config={config_filename}" if config_filename.is_file() else ""
        raise UserError(
            f"{flag}={filename} does not fit this model: {difference} Use the flags that it was trained with{cure}"
        ) from None


def read_weights(filename: str, flag: str) -> dict[str, torch.Tensor]:
    """Read the weights of a checkpoint, or those of a saved model: `model.pt` in text_recognizer/artifacts."""
    if flag == "--load_checkpoint" and Path(filename).name == "model.pt" and Path(filename).is_file():
        try:
            weights = torch.load(filename, map_location="cpu", weights_only=True)
        except Exception as error:  # PyTorch and its unpickler raise whatever wrong bytes lead them into
            raise UserError(f"{flag}={filename}: no whole file of weights ({why_not_loaded(error)})") from None
        if isinstance(weights, dict) and all(isinstance(value, torch.Tensor) for value in weights.values()):
            return {f"model.{name}": value for name, value in weights.items()}
        raise UserError(f"{flag}={filename}: it holds no weights. Expected the model.pt of a saved model")
    return read_checkpoint(filename, flag)["state_dict"]


def read_checkpoint(filename: str, flag: str) -> dict[str, Any]:
    """Read a checkpoint that Lightning wrote."""
    if not Path(filename).is_file():
        raise UserError(f"{flag}={filename}: no such file. Expected a .ckpt file, such as those in {LOG_DIRNAME}")
    try:
        checkpoint = torch.load(filename, map_location="cpu", weights_only=True)
    except Exception as error:  # PyTorch and its unpickler raise whatever wrong bytes lead them into
        reason = why_not_loaded(error)
        raise UserError(f"{flag}={filename}: not a whole checkpoint ({reason}). Expected a .ckpt file") from None
    if not isinstance(checkpoint, dict) or not {"state_dict", "pytorch-lightning_version"} <= checkpoint.keys():
        raise UserError(f"{flag}={filename}: no checkpoint of a training. Expected a .ckpt file, such as last.ckpt")
    weights = checkpoint["state_dict"]
    if not isinstance(weights, dict) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in weights.items()
    ):
        raise UserError(f"{flag}={filename}: its state_dict holds no weights. Expected a .ckpt file, such as last.ckpt")
    return checkpoint


def save_config(trainer: pl.Trainer, config_yaml: str) -> None:
    """Write the flags of this run beside its logs, in a file for --config."""
    log_dirname = getattr(trainer.logger, "log_dir", None)
    if trainer.is_global_zero and log_dirname:
        _ = trainer.logger.experiment  # type: ignore[union-attr]  # makes the directory, and expects it to be empty
        with write_atomically(Path(log_dirname) / "config.yaml") as file:
            file.write(config_yaml.encode())


say = rank_zero_only(print)  # with several processes, only the first one prints


def import_lightning_cli(subcommand: str) -> ModuleType:
    """Return the module that understands Lightning's subcommands, which comes with lab 5."""
    if importlib.util.find_spec("training.lightning_cli") is None:
        raise UserError(f"{subcommand}: lab 5 brings it. Expected flags, such as --data_class=MNIST --model_class=MLP")
    return importlib.import_module("training.lightning_cli")


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; what ends the training early is one line, not a traceback."""
    words = sys.argv[1:] if argv is None else argv
    with one_line_endings():
        if words and words[0] in SUBCOMMANDS:
            import_lightning_cli(words[0]).main(words)
        else:
            run(parse(words))


if __name__ == "__main__":
    main()
