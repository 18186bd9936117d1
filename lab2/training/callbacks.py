"""The course's own callbacks: each sees every run, and its parameters are flags."""

import pytorch_lightning as pl

from training.nan_guard import NaNGuard

CALLBACKS: list[type[pl.Callback]] = [NaNGuard]
