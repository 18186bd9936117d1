"""Reads handwriting. Each lab holds a complete copy that knows what the labs up to it have taught."""

import warnings

# `python -m text_recognizer.data.mnist` shows that file's data. The package has then imported the file once already,
# which is harmless here and not worth a warning to the person who wants to see some digits.
warnings.filterwarnings("ignore", message=".*found in sys.modules after import of package", category=RuntimeWarning)
