"""Where the data lies: the one place that all labs look it up in."""

import os
from pathlib import Path

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[2]
# One data directory serves all labs. TEXT_RECOGNIZER_DATA moves it, to a larger disk for instance.
DATA_DIRNAME = Path(os.environ.get("TEXT_RECOGNIZER_DATA") or REPOSITORY_DIRNAME / "data")
RAW_DIRNAME = REPOSITORY_DIRNAME / "data" / "raw"  # tracked by git, so it never moves
DOWNLOADED_DIRNAME = DATA_DIRNAME / "downloaded"
PROCESSED_DIRNAME = DATA_DIRNAME / "processed"
