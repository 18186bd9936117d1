"""A training that run_experiment.py logged: its flags, its best weights, and what the model reads.

Letters in this file: N examples.
"""

from argparse import Namespace
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from text_recognizer.data import BaseDataModule
from text_recognizer.lit_models.metrics import CharacterErrorRate
from text_recognizer.util import UserError
from text_recognizer.vocabulary import Tokenizer, tokenizer_of
from training.command_line.flags import DATA_CLASSES, build, flags_of, parse
from training.run_experiment import LOG_DIRNAME, load_weights

CONFIG_NAME = "config.yaml"


@dataclass
class TrainedRun:
    """A model with the weights of a checkpoint, and the data to show it.

    Parameters
    ----------
    filename
        The checkpoint.
    args
        The flags that it was trained with.
    lit_model
        The model, whole.
    data
        Prepared and loaded.
    """

    filename: Path
    args: Namespace
    lit_model: pl.LightningModule
    data: BaseDataModule

    def read(self, split: str, metric: str) -> list[tuple[str, str]]:
        """Return reference and hypothesis of each of the N examples of a split: what is written, and what was read.

        The model is measured as run_experiment.py measures it, by the very same steps; a metric in place of its own
        listens. So the error rate of these texts is the one that was logged, whatever the model and its way to decode.
        """
        name = f"{split}_{metric}"
        own = getattr(self.lit_model, name, None)
        if not isinstance(own, CharacterErrorRate):
            measured = [key for key, value in vars(self.lit_model)["_modules"].items() if _reads(value, split, key)]
            raise UserError(
                f"{self.filename}: --loss={self.args.loss} measures no {name}: expected "
                + (" or ".join(measured) or "a model trained with a loss for texts, such as --loss=ctc")
            )
        listener = Listener(own.ignored, tokenizer_of(self.data.config()))
        setattr(self.lit_model, name, listener)
        trainer = make_trainer(self.args.precision)
        if split == "val":
            trainer.validate(self.lit_model, self.data.val_dataloader(), verbose=False)
        else:
            trainer.test(self.lit_model, self.data.test_dataloader(), verbose=False)
        setattr(self.lit_model, name, own)
        return listener.texts


def _reads(module: Any, split: str, name: str) -> bool:
    return isinstance(module, CharacterErrorRate) and name.startswith(f"{split}_")


class Listener(CharacterErrorRate):
    """A metric that keeps the texts which it is shown.

    Parameters
    ----------
    ignored
        Tokens that do not count, such as padding.
    tokenizer
        Turns rows of labels into texts.
    """

    def __init__(self, ignored: Iterable[Hashable], tokenizer: Tokenizer) -> None:
        super().__init__(ignored, tokenizer)
        self.texts: list[tuple[str, str]] = []

    def update(self, references: Iterable[Sequence], hypotheses: Iterable[Sequence]) -> None:
        """Keep some texts, references and hypotheses."""
        references, hypotheses = list(references), list(hypotheses)
        super().update(references, hypotheses)
        self.texts += [
            (str(self._kept(one)), str(self._kept(other))) for one, other in zip(references, hypotheses, strict=True)
        ]


def load_run(filename: Path, flag: str, data_class: str | None = None, overrides: Sequence[str] = ()) -> TrainedRun:
    """Build a model as the flags of its training say, load its weights, and prepare the data.

    Parameters
    ----------
    filename
        The checkpoint.
    flag
        What the user calls it, for messages.
    data_class
        Other data than the training's; it takes those of the training's flags that it knows.
    overrides
        Flags in place of the training's.
    """
    args = parse([f"--config={config_of(filename, flag)}", *overrides])
    pl.seed_everything(args.seed, workers=True, verbose=False)
    data: BaseDataModule = build(args.classes["data_class"], args)
    lit_model = build(
        args.classes["loss"], args, build(args.classes["model_class"], args, data.config()), data.config()
    )
    load_weights(lit_model, str(filename), flag)
    if data_class not in (None, args.data_class):
        data = other_data(str(data_class), data, args)
    data.prepare_data()
    data.setup()
    return TrainedRun(filename, args, lit_model, data)


def other_data(name: str, data: BaseDataModule, args: Namespace) -> BaseDataModule:
    """Return other data for a model that was trained on `data`: its images and its characters must be the same kind."""
    if name not in DATA_CLASSES:
        raise UserError(f"--data_class={name}: expected one of {', '.join(sorted(DATA_CLASSES))}")
    shared = {flag: getattr(args, flag) for flag in flags_of(DATA_CLASSES[name]) if hasattr(args, flag)}
    other: BaseDataModule = DATA_CLASSES[name](**shared)
    for what in ("input_dims", "mapping"):
        if list(getattr(other, what)) != list(getattr(data, what)):
            raise UserError(
                f"--data_class={name}: its {what} differs from that of {type(data).__name__}, which the model was "
                "trained on: expected data with images of the same size and the same characters"
            )
    return other


def make_trainer(precision: Any) -> pl.Trainer:
    """Return a Trainer that measures in one process and logs nothing."""
    try:
        return pl.Trainer(
            devices=1, precision=precision, logger=False, enable_checkpointing=False, enable_model_summary=False
        )
    except (ValueError, TypeError, MisconfigurationException) as error:
        raise UserError(f"--precision={precision}: {error}") from error


def find_checkpoint(path: str | None, flag: str) -> Path:
    """Return a checkpoint: the file that is named, or the best one of the run that is named, or of the newest run."""
    if path is None:
        configs = sorted(LOG_DIRNAME.rglob(CONFIG_NAME), key=lambda config: config.stat().st_mtime, reverse=True)
        found = [filename for config in configs if (filename := best_of(config.parent))]
        if not found:
            raise UserError(f"{LOG_DIRNAME} has no run with a checkpoint: train a model first, or add {flag}")
        return found[0]
    if not Path(path).is_dir():
        return Path(path)
    best = best_of(Path(path))
    if best is None:
        raise UserError(f"{flag}={path}: no checkpoint in it. Expected a .ckpt file or the directory of a run")
    return best


def best_of(run_dirname: Path) -> Path | None:
    """Return the best checkpoint of a run: that of its best epoch, the only one kept beside last.ckpt."""
    kept = (run_dirname / "checkpoints").glob("epoch=*.ckpt")
    return max(kept, key=lambda filename: filename.stat().st_mtime, default=None)


def config_of(filename: Path, flag: str) -> Path:
    """Return the file of flags that run_experiment.py wrote for the run of a checkpoint."""
    if not filename.is_file():
        raise UserError(
            f"{flag}={filename}: no such file. Expected a .ckpt file or the directory of a run, below {LOG_DIRNAME}"
        )
    places = [dirname / CONFIG_NAME for dirname in (filename.resolve().parents[1], filename.resolve().parent)]
    for place in places:
        if place.is_file():
            return place
    raise UserError(f"{flag}={filename}: the flags of its training are missing: expected {places[0]}")
