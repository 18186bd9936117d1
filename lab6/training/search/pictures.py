"""Pictures of a search: which values led where, and which flags mattered."""

import warnings
from pathlib import Path

import matplotlib as mpl
import optuna
from optuna.trial import TrialState
from optuna.visualization import matplotlib as drawn

from text_recognizer.util import write_atomically

MIN_TRIALS = 4  # from fewer no importance can be told


def draw(study: optuna.Study, filename: Path, metric: str) -> list[Path]:
    """Draw parallel coordinates and the importance of flags beside the file of a search; return the pictures."""
    mpl.use("Agg")  # draws into files alone
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    varied = {name for trial in done for name in trial.params}
    pictures = {}
    if done and varied:
        pictures["parallel"] = drawn.plot_parallel_coordinate
    if len(done) >= MIN_TRIALS and varied:
        pictures["importance"] = drawn.plot_param_importances
    return [
        save(plot(study, target_name=metric).figure, filename.with_suffix(f".{name}.png"))
        for name, plot in pictures.items()
    ]


def save(figure: mpl.figure.Figure, filename: Path) -> Path:
    """Write a picture."""
    figure.set_size_inches(12, 5)
    with write_atomically(filename) as file:
        figure.savefig(file, format="png", dpi=100, bbox_inches="tight")
    return filename
