"""The course's own callbacks: each sees every run, and its parameters are flags."""

import pytorch_lightning as pl

from training.nan_guard import NaNGuard
from training.progress_log import ProgressLog
from training.wandb_run import WandbRun

CALLBACKS: list[type[pl.Callback]] = [NaNGuard, ProgressLog, WandbRun]
