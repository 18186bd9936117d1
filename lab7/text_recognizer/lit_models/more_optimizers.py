"""Optimizers beyond torch's own, from the library pytorch-optimizer, which is an extra."""

import importlib
from collections.abc import Callable, Iterable
from typing import Any

import torch

from text_recognizer.lit_models.base import OPTIMIZERS
from text_recognizer.util import UserError

LIBRARY = "pytorch_optimizer"
# Those that need only a learning rate: Adan (Xie et al. 2022), Lion (Chen et al. 2023), LaProp (Ziyin et
# al. 2020), LAMB (You et al. 2019), MADGRAD (Defazio and Jelassi 2021), SOAP (Vyas et al. 2024) and others.
NAMES = ("ADOPT", "AdaBelief", "AdamP", "Adan", "LARS", "LaProp", "Lamb", "Lion", "MADGRAD", "SOAP", "StableAdamW")


def add_optimizers() -> None:
    """Let --optimizer take these names too; the library is imported only where one of them is used."""
    for name in NAMES:
        OPTIMIZERS.setdefault(name, maker_of(name))


def maker_of(name: str) -> Callable[..., torch.optim.Optimizer]:
    """Return a function that makes an optimizer of the library."""

    def make(parameters: Iterable[torch.nn.Parameter], **settings: Any) -> torch.optim.Optimizer:
        try:
            library = importlib.import_module(LIBRARY)
        except ImportError as error:
            cure = "Type: python -m pip install pytorch-optimizer, or choose one of torch's own"
            raise UserError(f"not installed ({error}). {cure}") from None
        return getattr(library, name)(parameters, **settings)

    make.__name__ = name
    return make
