"""The characters that labels stand for: four special tokens, EMNIST's 62 classes in its order, then punctuation.

Letters in this file: S labels in a row.
"""

import json
from collections.abc import Iterable
from pathlib import Path

ESSENTIALS = json.loads(Path(__file__).with_name("emnist_essentials.json").read_text())
MAPPING: tuple[str, ...] = tuple(ESSENTIALS["characters"])
SPECIAL_TOKENS = ("<B>", "<S>", "<E>", "<P>")
BLANK, START, END, PADDING = (MAPPING.index(token) for token in SPECIAL_TOKENS)
INDEX_OF = {character: index for index, character in enumerate(MAPPING)}


def encode(text: str, length: int, with_start_end_tokens: bool = False) -> list[int]:
    """Turn a text into a row of `length` labels, padded at the end.

    Raises
    ------
    ValueError
        If the text has a character outside the vocabulary, or does not fit.
    """
    unknown = sorted(set(text) - INDEX_OF.keys())
    if unknown:
        raise ValueError(f"{text!r} has characters outside the vocabulary: {' '.join(map(repr, unknown))}")
    labels = [INDEX_OF[character] for character in text]
    if with_start_end_tokens:
        labels = [START, *labels, END]
    if len(labels) > length:
        raise ValueError(f"{text!r} makes {len(labels)} labels: expected {length} at most")
    return labels + [PADDING] * (length - len(labels))


def decode(labels: Iterable[int]) -> str:
    """Turn a row of labels back into text, without special tokens."""
    return "".join(MAPPING[label] for label in labels if MAPPING[label] not in SPECIAL_TOKENS)
