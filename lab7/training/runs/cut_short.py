"""Tells a training that came to its end from one that was cut short, which is good for trying the commands alone."""

from training.runs.local import LASTING, Run

WHOLE = {None, 1.0}  # of --limit_train_batches: 1.0 is all of the data, 1 is one batch


def how_cut_short(run: Run) -> str | None:
    """Return in what a training was cut short, or None if it was not.

    One that ends by itself, with its last epoch or because of --patience, is tested. So a run with fewer epochs than it
    was to have and without a test was stopped.
    """
    reasons = []
    limit = run.flags.get("limit_train_batches")
    if str(limit) not in map(str, WHOLE):
        reasons.append(f"--limit_train_batches={limit}")
    if run.flags.get("fast_dev_run"):
        reasons.append("--fast_dev_run")
    max_epochs, is_tested = run.flags.get("max_epochs"), any(name.startswith(LASTING) for name in run.values)
    if not is_tested and isinstance(max_epochs, int) and run.num_epochs < max_epochs:
        reasons.append(f"stopped after {run.num_epochs} of {max_epochs} epochs")
    return ", ".join(reasons) or None
