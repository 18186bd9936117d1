"""The settings of a run itself, apart from its data, model, loss and callbacks."""

from dataclasses import dataclass


@dataclass
class Experiment:
    """Settings of the run itself.

    Parameters
    ----------
    data_class
        Name of a data module in text_recognizer.data.
    model_class
        Name of a model in text_recognizer.models.
    loss
        Name of a loss in text_recognizer.lit_models.LIT_MODELS.
    load_checkpoint
        Start from the weights in this .ckpt file.
    resume
        Go on with the training that wrote this .ckpt file: weights, optimizer, schedule and epoch.
    seed
        Seed of all random numbers.
    patience
        Stop after this many validations without a lower val_loss; 0 never stops early.
    summary_depth
        How deep the printed table of layers goes; -1 shows all.
    """

    data_class: str = "MNIST"
    model_class: str = "MLP"
    loss: str = "cross_entropy"
    load_checkpoint: str | None = None
    resume: str | None = None
    seed: int = 42
    patience: int = 10
    summary_depth: int = 1
