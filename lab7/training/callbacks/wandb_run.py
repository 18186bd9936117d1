"""Logs runs to Weights & Biases. Its package is imported only in a run with --wandb."""

import importlib
import os
import shlex
import urllib.error
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any

import pytorch_lightning as pl
import yaml
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import WandbLogger
from torchvision.transforms.functional import to_pil_image

from text_recognizer.data.storage.stand_in import STAND_IN
from text_recognizer.util import UserError
from text_recognizer.vocabulary import tokenizer_of
from training.callbacks.readings import captions
from training.callbacks.run_record import count_parameters, split_tags

PROJECT = "text-recognizer"
CONNECT_SECONDS = 3  # W&B itself would try for a minute and a half whether its server answers
FINISH_SECONDS = 30  # and at the end of a run for as long as there is something left to send
OFFLINE_SECONDS = 600  # what is only written on this machine may wait for a busy disk
NUM_READINGS = 8  # images shown with what is read on them, after each validation


class WandbRun(pl.Callback):
    """Log to Weights & Biases, beside the CSV log; offline unless somebody has logged in and the server answers.

    It logs the flags, the tags, the metrics, some validation images with their predictions and, at the end, the best
    checkpoint. All of this is on the local disk as well, so the training goes on if the network fails. The variables
    WANDB_PROJECT, WANDB_ENTITY and WANDB_MODE have their usual meaning.

    Parameters
    ----------
    wandb
        Log to Weights & Biases as well.
    """

    def __init__(self, wandb: bool = False) -> None:
        self.is_on = wandb
        self.logger: WandbLogger | None = None  # of several processes, one has it, from start to finish
        if wandb:
            import_wandb()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Start a W&B run with the training."""
        if not self.is_on or stage != "fit" or trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        log_dirname = getattr(trainer.logger, "log_dir", None)
        if log_dirname is None:
            raise UserError("--wandb logs beside the CSV log, which --logger turns off here. Leave out one of the two")
        if trainer.is_global_zero:
            self.logger = start_logger(Path(log_dirname).resolve(), Path(trainer.default_root_dir))
            trainer.loggers = [*trainer.loggers, self.logger]
            self.logger.experiment.config.update({"parameters": count_parameters(pl_module)})

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Log the predictions for the first images."""
        if self.logger is None or batch_idx > 0 or trainer.sanity_checking:
            return
        tokenizer = tokenizer_of(trainer.datamodule.config())  # type: ignore[attr-defined]
        x, y = (part[:NUM_READINGS] for part in batch)
        with trainer.precision_plugin.forward_context():
            texts = captions(pl_module, x, y, tokenizer)
        images = [to_pil_image(image.float().cpu()) for image in x]
        step = trainer.global_step - 1  # where Lightning logs val_loss
        self.logger.log_image("readings", images, step=step, caption=texts)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Finish the W&B run of a training that was interrupted."""
        self._finish(trainer, exit_code=1)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Finish the W&B run after the test."""
        if stage != "fit":
            self._finish(trainer, exit_code=0)

    def _finish(self, trainer: pl.Trainer, exit_code: int) -> None:
        if self.logger is not None:
            trainer.loggers = [logger for logger in trainer.loggers if logger is not self.logger]
            run, self.logger = self.logger.experiment, None
            log_best_model(run, trainer)
            run.finish(exit_code=exit_code)


def import_wandb() -> ModuleType:
    """Import the package, which a run without --wandb does not need."""
    try:
        return importlib.import_module("wandb")
    except Exception as error:  # it is not there, or at odds with another package
        cure = "Type: python -m pip install --upgrade wandb"
        raise UserError(f"--wandb: Weights & Biases cannot be imported: {in_one_line(error)}. {cure}") from error


def start_logger(log_dirname: Path, root_dirname: Path) -> WandbLogger:
    """Start a W&B run; if it is offline, print in one line how to upload it later.

    Parameters
    ----------
    log_dirname
        Where the flags of this run are, in config.yaml.
    root_dirname
        Where the logs of all runs are; W&B writes below it.
    """
    wandb = import_wandb()
    try:
        mode, reason = choose_mode(wandb)
        try:
            run = start_run(wandb, mode, log_dirname, root_dirname)
        except Exception as error:
            if mode != "online":
                raise
            mode, reason = "offline", in_one_line(error)
            run = start_run(wandb, mode, log_dirname, root_dirname)
        logger = WandbLogger(experiment=run)
    except Exception as error:  # no network, a broken key, versions at odds: a traceback would not help
        cure = "To log without a key and a network, set WANDB_MODE=offline"
        raise UserError(f"--wandb: Weights & Biases {wandb.__version__}: {in_one_line(error)}. {cure}") from error
    if mode == "offline":
        upload = f"python -m wandb login, then python -m wandb sync {shlex.quote(str(Path(run.dir).parent))}"
        print(f"W&B is offline ({reason}). To upload this run: {upload}")
    return logger


def start_run(wandb: ModuleType, mode: str, log_dirname: Path, root_dirname: Path) -> Any:
    """Start a W&B run with all flags, whose curves have training steps on the x axis, as in the CSV log."""
    text = (log_dirname / "config.yaml").read_text(encoding="utf-8")
    flags = yaml.safe_load(text)
    seconds = FINISH_SECONDS if mode == "online" else OFFLINE_SECONDS
    run = wandb.init(
        project=os.environ.get("WANDB_PROJECT") or PROJECT,
        dir=os.environ.get("WANDB_DIR") or root_dirname,
        config=flags | {"log_dirname": str(log_dirname)},
        mode=mode,
        tags=[*split_tags(flags.get("tags") or ""), *([STAND_IN] if STAND_IN in text else [])],
        settings=wandb.Settings(
            silent=mode == "offline",
            init_timeout=seconds,
            finish_timeout=seconds,
            finish_timeout_raises=False,
        ),
    )
    run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
    return run


def choose_mode(wandb: ModuleType) -> tuple[str, str]:
    """Return the mode of W&B and the reason: offline if it would have to ask for an API key."""
    mode = wandb.setup().settings.mode  # what WANDB_MODE says, or what `wandb offline` stored
    if mode == "online" and not wandb.login(prompt=False, verify=False):
        return "offline", "no API key"
    if mode == "online" and not answers(address := wandb.setup().settings.base_url):
        return "offline", f"{address} does not answer"
    return mode, f"WANDB_MODE={mode}"


def answers(address: str) -> bool:
    """Tell whether a web server answers at an address, within a few seconds."""
    try:
        urllib.request.urlopen(address, timeout=CONNECT_SECONDS).close()  # noqa: S310  # the service's own address, or what the user gave
    except urllib.error.HTTPError:  # it does not like the question, but it is there
        return True
    except (OSError, ValueError):
        return False
    return True


def log_best_model(run: Any, trainer: pl.Trainer) -> None:
    """Log the best checkpoint, its metrics and its flags as an artifact, `model-` and the run's id."""
    checkpoint = trainer.checkpoint_callback
    if not isinstance(checkpoint, ModelCheckpoint) or not Path(checkpoint.best_model_path).is_file():
        return
    metrics = {name: value.item() for name, value in trainer.callback_metrics.items() if name.startswith("test_")}
    if checkpoint.monitor and checkpoint.best_model_score is not None:
        metrics[checkpoint.monitor] = checkpoint.best_model_score.item()
        run.summary[f"best_{checkpoint.monitor}"] = metrics[checkpoint.monitor]
    artifact = import_wandb().Artifact(f"model-{run.id}", type="model", metadata=metrics)
    config_filename = Path(trainer.logger.log_dir) / "config.yaml"  # type: ignore[union-attr, arg-type]
    for name, filename in (("model.ckpt", Path(checkpoint.best_model_path)), ("config.yaml", config_filename)):
        # Uploaded from where it lies, perhaps from another directory and much later, without a copy.
        artifact.add_file(str(filename.resolve()), name=name, policy="immutable")
    run.log_artifact(artifact, aliases=["best"])


def in_one_line(error: Exception) -> str:
    """Return the message of an error on one line."""
    return " ".join(str(error).split()) or type(error).__name__
