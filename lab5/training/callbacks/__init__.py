"""The list of the course's own callbacks, which see every run; their parameters are flags."""

import pytorch_lightning as pl

from text_recognizer.lit_models.more_optimizers import add_optimizers
from training.callbacks.averaging import Averaging
from training.callbacks.each_once import EachOnce
from training.callbacks.epochs import Epochs
from training.callbacks.find_lr import FindLR
from training.callbacks.label_smoothing import LabelSmoothing
from training.callbacks.learning_rate import LearningRate
from training.callbacks.nan_guard import NaNGuard
from training.callbacks.output import Output
from training.callbacks.progress_log import ProgressLog
from training.callbacks.run_record import RunRecord
from training.callbacks.subsample import Subsample
from training.callbacks.wandb_run import WandbRun
from training.callbacks.word_errors import WordErrors

add_optimizers()
# In the order in which they are called: what changes the data or the model comes before what logs it.
CALLBACKS: list[type[pl.Callback]] = [
    *(Subsample, EachOnce, Epochs, LabelSmoothing, WordErrors, FindLR, LearningRate, Averaging),
    *(NaNGuard, Output, ProgressLog, RunRecord, WandbRun),
]
