"""The YAML interface of run_experiment.py: Lightning's own command line, with a group for each object.

    python training/run_experiment.py fit --config training/configs/emnist_lines.yaml --trainer.max_epochs=2
    python training/run_experiment.py test --config training/configs/emnist_lines.yaml --ckpt_path=last.ckpt
    python training/run_experiment.py fit --data=EMNISTLines --network=LineCNNSimple --model=RowLitModel --print_config

`data`, `network` and `model` (how the network is trained) take the name of a class and its arguments; what the network
needs to know of the data it gets from the data's `config()`. The same settings give the same training as the flags do:
the objects are made by the same constructors, and the Trainer by the same function.
"""

import re
import warnings
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
import yaml
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI

from text_recognizer.data import BaseDataModule
from text_recognizer.lit_models import LIT_MODELS, BaseLitModel
from text_recognizer.models.base import Model
from text_recognizer.util import UserError
from text_recognizer.vocabulary import tokenizer_of
from training import run_experiment
from training.callbacks import CALLBACKS
from training.callbacks.readings import captions
from training.command_line.errors import FlagParser
from training.command_line.experiment import Experiment
from training.command_line.flags import CHOICES, DATA_CLASSES, MODEL_CLASSES, build_parser

warnings.filterwarnings("ignore", message="LightningCLI's args parameter is intended to run from within Python")
INNER = re.compile(r"^ *- ((?!Expected).*)$", flags=re.MULTILINE)  # what jsonargparse says of each type it tried
GROUPS = ("data", "network", "model")
# --data, --network, --model, --ckpt_path and --seed_everything say these.
NOT_HERE = {"data_class", "model_class", "loss", "resume", "seed"}


class GroupParser(FlagParser, LightningArgumentParser):
    """Lightning's parser, with errors of one line."""

    def error(self, message: str, ex: Exception | None = None) -> Any:
        """Raise a UserError; of what is wrong inside of a group, say which argument it is."""
        key, inner = re.match(r'Parser key "(\w+)"', message), INNER.search(message)
        if key and inner and ("NestedArg" in message or inner[1].startswith("Multiple")):
            raise UserError(f"--{key[1]}.{inner[1].removeprefix('--')}") from ex
        return super().error(message, ex)


class ExperimentCLI(LightningCLI):
    """Lightning's command line for the labs' classes, with the Trainer and the callbacks of run_experiment.py."""

    args: Namespace

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """Return the parser."""
        parser = GroupParser(**kwargs)
        parser.add_argument("-c", "--config", action="config", help="A YAML file of these same groups.")
        return parser

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add what Lightning does not know, and link the network to the data."""
        parser.add_subclass_arguments(Model, "network", required=True)
        parser.add_class_arguments(Experiment, "run", skip=NOT_HERE, as_group=False)
        for callback in CALLBACKS:
            parser.add_class_arguments(callback, "run", as_group=False)
        for target in ("network", "model"):
            parser.link_arguments(
                "data", f"{target}.init_args.data_config", BaseDataModule.config, apply_on="instantiate"
            )
        parser.link_arguments("network", "model.init_args.model", apply_on="instantiate")

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse, and look at the seed before it is used."""
        super().parse_arguments(parser, args)
        seed = self.config[self.config.subcommand].seed_everything
        if seed is not True and not 0 <= seed < 2**32:
            raise UserError(f"--seed_everything={seed}: expected 0 to {2**32 - 1}")

    def before_instantiate_classes(self) -> None:
        """Find the same settings in the flags of run_experiment.py, and let them be checked there."""
        self.args = flat_args(yaml.safe_load(self._parser(self.subcommand).dump(self.config[self.subcommand])))
        run_experiment.check_flags(self.args)

    def instantiate_classes(self) -> None:
        """Make the objects; values that a constructor refuses are the user's to mend."""
        try:
            super().instantiate_classes()
        except UserError:
            raise
        except ValueError as error:
            if not (inner := INNER.search(str(error))):
                raise
            raise UserError(inner[1]) from error

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """Return the Trainer, with the logger and the callbacks of run_experiment.py."""
        self.datamodule.validates_on_train = self.args.overfit_batches > 0
        if self.args.load_checkpoint:
            run_experiment.load_weights(self.model, self.args.load_checkpoint, "--run.load_checkpoint")
        teach_to_predict(self.model, self.datamodule)
        return run_experiment.make_trainer(self.args)

    def before_fit(self) -> None:
        """Write down the flags beside the logs."""
        if not self.args.fast_dev_run:
            run_experiment.save_config(self.trainer, f"# {self.datamodule.provenance}\n{self.args.config_yaml}")
        run_experiment.say(f"Data: {self.datamodule.provenance}")

    def after_fit(self) -> None:
        """Say where the best weights are."""
        run_experiment.warn_of_stand_in(self.datamodule)
        best = getattr(self.trainer.checkpoint_callback, "best_model_path", "")
        run_experiment.say(f"The best checkpoint, for test --ckpt_path: {best}" if best else "No checkpoint was kept")

    def after_predict(self) -> None:
        """Print what was read."""
        for batch in self.trainer.predict_loop.predictions:
            for text in batch:
                run_experiment.say(text)


def flat_args(config: dict[str, Any]) -> Namespace:
    """Return the values as `training.command_line.flags.parse` gives them, from the groups of a configuration."""
    names = {group: config[group]["class_path"].rpartition(".")[2] for group in GROUPS}
    chosen = choose(names)
    loss = next(name for name, cls in LIT_MODELS.items() if cls is chosen["loss"])
    flat: dict[str, Any] = {"data_class": names["data"], "model_class": names["network"], "loss": loss}
    for group in GROUPS:
        flat |= config[group].get("init_args", {})
    flat |= config["trainer"] | config["run"] | {"resume": config.get("ckpt_path")}
    seed = config["seed_everything"]
    flat["seed"] = Experiment.seed if seed is True else seed
    parser = build_parser(chosen)
    values = parser.parse_object({name: value for name, value in flat.items() if name in parser.names})
    config_yaml = parser.dump(values, skip_unset=False)
    return Namespace(**vars(parser.instantiate(values)), classes=chosen, config_yaml=config_yaml)


def choose(names: dict[str, str]) -> dict[str, type]:
    """Return the classes with some names, by kind."""
    losses = {cls.__name__: cls for cls in LIT_MODELS.values()}
    kinds = dict(zip(GROUPS, (DATA_CLASSES, MODEL_CLASSES, losses), strict=True))
    for group, name in names.items():
        if name not in kinds[group]:
            raise UserError(f"--{group}={name}: expected one of {', '.join(sorted(kinds[group]))}")
    return {key: kinds[group][names[group]] for key, group in zip(CHOICES, GROUPS, strict=True) if group in names}


def teach_to_predict(model: Any, data: Any) -> None:
    """Let Lightning's `predict` read the test images; it returns a text for each: the prediction and the reference."""

    def predict_step(batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> list[str]:
        return captions(model, *batch, tokenizer_of(data.config()))

    model.predict_step, data.predict_dataloader = predict_step, data.test_dataloader


def in_full(word: str) -> str:
    """Replace the name of a class by its whole path: in later labs two classes may have the same name."""
    match = re.fullmatch(r"--(data|network|model)=(\w+)", word)
    if match is None:
        return word
    package = {"data": "data", "network": "models", "model": "lit_models"}[match[1]]
    choose({match[1]: match[2]})
    return f"--{match[1]}=text_recognizer.{package}.{match[2]}"


def main(argv: Sequence[str]) -> ExperimentCLI:
    """Do what a command line says that begins with fit, validate, test or predict."""
    return ExperimentCLI(
        BaseLitModel,
        BaseDataModule,
        save_config_callback=None,
        seed_everything_default=Experiment.seed,
        subclass_mode_model=True,
        subclass_mode_data=True,
        auto_configure_optimizers=False,
        args=[in_full(word) for word in argv],
    )
