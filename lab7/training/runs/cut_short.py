"""Detects trainings that were cut short, whose models serve only to try the commands."""

from training.runs.local import LASTING, Run

WHOLE = {None, 1.0}  # values of --limit_train_batches for all of the data: 1.0 means all, 1 means one batch


def how_cut_short(run: Run) -> str | None:
    """Return how a training was cut short, or None if it was not.

    A training that ends by itself, after its last epoch or because of --patience, is tested. So a run that has fewer
    epochs than --max_epochs and no test was stopped.
    """
    reasons = []
    limit = run.flags.get("limit_train_batches")
    if str(limit) not in map(str, WHOLE):
        reasons.append(f"--limit_train_batches={limit}")
    if run.flags.get("fast_dev_run"):
        reasons.append("--fast_dev_run")
    max_epochs = run.flags.get("max_epochs")
    is_tested = any(name.startswith(LASTING) for name in run.values)
    if not is_tested and isinstance(max_epochs, int) and run.num_epochs < max_epochs:
        reasons.append(f"stopped after {run.num_epochs} of {max_epochs} epochs")
    return ", ".join(reasons) or None
