"""The list of the course's own callbacks, which see every run; their parameters are flags."""

import pytorch_lightning as pl

from training.callbacks.nan_guard import NaNGuard

CALLBACKS: list[type[pl.Callback]] = [NaNGuard]
