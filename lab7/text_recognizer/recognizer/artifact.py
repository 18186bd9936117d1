"""Loads an artifact: a directory with everything needed to read with a trained model.

config.json holds the model's class, its flags and the data's configuration; model.pt holds the weights in half
precision; run_command.txt holds the command that trained the model.
"""

from pathlib import Path
from typing import Any

import torch

from text_recognizer import models
from text_recognizer.models.base import Model
from text_recognizer.models.cells import CTCHeadModel
from text_recognizer.models.loading import why_not_loaded
from text_recognizer.recognizer.artifact_files import (
    CONFIG_FILENAME,
    HOW_TO_MAKE,
    WEIGHTS_FILENAME,
    check_directory,
    read_config,
    refuse_lfs_pointer,
)
from text_recognizer.util import UserError

Weights = dict[str, torch.Tensor]


def load_artifact(dirname: Path) -> tuple[Model, dict[str, Any]]:
    """Return an artifact's model, ready to read, and its configuration.

    Raises
    ------
    UserError
        If the artifact is missing or incomplete, or its weights do not fit its configuration.
    """
    check_directory(dirname)
    config = read_config(dirname / CONFIG_FILENAME)
    weights = read_weights(dirname / WEIGHTS_FILENAME)
    return build_model(config, weights, dirname), config


def read_weights(filename: Path) -> Weights:
    """Read a file of weights; a file that would run code is refused."""
    refuse_lfs_pointer(filename)
    try:
        weights = torch.load(filename, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{filename}: {error.strerror}. {HOW_TO_MAKE}") from None
    except Exception as error:  # on damaged files PyTorch and its unpickler raise exceptions of many classes
        raise UserError(f"{filename}: not a whole file of weights ({why_not_loaded(error)}). {HOW_TO_MAKE}") from None
    if not isinstance(weights, dict) or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise UserError(f"{filename}: not the weights of a model. {HOW_TO_MAKE}")
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise UserError(f"{filename}: {name} has numbers that are not finite (inf or nan). {HOW_TO_MAKE}")
    return weights


def build_model(config: dict[str, Any], weights: Weights, dirname: Path) -> Model:
    """Rebuild the model that a configuration describes, with its weights, in full precision."""
    name = config["model_class"]
    if name not in models.__all__:
        raise UserError(f"{dirname}: model_class {name!r}: expected one of {', '.join(sorted(models.__all__))}")
    data_config = {key: as_tuple(value) for key, value in config["data_config"].items()}
    flags = {key: as_tuple(value) for key, value in config["model_flags"].items()}
    try:
        model: Model = getattr(models, name)(data_config, **flags)
        if isinstance(model, CTCHeadModel) and model.is_ctc_head_in(weights):  # not every training adds one
            model.add_ctc_head()
        model.load_state_dict(weights)  # into 32-bit parameters, whatever the file's precision
    except (RuntimeError, TypeError, ValueError, KeyError, AttributeError, MemoryError, ArithmeticError) as error:
        reason = " ".join(" ".join(str(error).splitlines()[:2]).split())
        raise UserError(f"{dirname}: the weights do not fit {CONFIG_FILENAME}: {reason} {HOW_TO_MAKE}") from None
    return model.eval().requires_grad_(False)


def as_tuple(value: Any) -> Any:
    """Turn JSON's lists back into the tuples that the constructors take."""
    return tuple(map(as_tuple, value)) if isinstance(value, list) else value
