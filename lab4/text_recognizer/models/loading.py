"""Says why a file of weights could not be loaded."""

import pickle
import zipfile

NOT_WEIGHTS = "it is not a file of weights, or it contains more than weights, which could run code"


def why_not_loaded(error: Exception) -> str:
    """Return the reason on one line; PyTorch's own message suggests loading the file in an unsafe way."""
    if isinstance(error, pickle.UnpicklingError | UnicodeError | AttributeError | TypeError) or "weights_only" in str(
        error
    ):
        return NOT_WEIGHTS
    if isinstance(error, zipfile.BadZipFile | EOFError):
        return "it is cut off or damaged"
    return (str(error).splitlines() or [type(error).__name__])[0] or type(error).__name__
