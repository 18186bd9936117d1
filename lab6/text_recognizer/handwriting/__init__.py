"""Handwriting without a licence: a writer, a pen, a page and a camera, all drawn from one random generator."""

import text_recognizer.data  # noqa: F401  its data modules draw with this package: whoever comes first, they go first
