"""The tokenizer: from a text to a row of labels and back.

The names of the special tokens are written here and nowhere else. The vocabulary of the labs is that of
data/emnist_essentials.json: the special tokens, EMNIST's 62 classes in its order, then punctuation. Other vocabularies
have tokenizers of their own; an artifact's `data_config` names the one that it uses.

Letters in this file: S labels in a row.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from text_recognizer.util import UserError

SPECIAL_TOKENS = ("<B>", "<S>", "<E>", "<P>")
NEWLINE = "\n"
CROSSED_OUT = "#"  # IAM's sign for a word that was crossed out
MOST_SHOWN = 100  # characters of a text in an error message; of a longer one the first 40


class SpecialTokens(NamedTuple):
    """The labels of the tokens that are not characters, in the order of `SPECIAL_TOKENS`."""

    blank: int
    start: int
    end: int
    padding: int


class Tokenizer:
    """Turns a text into labels, one for each character, and labels into text.

    A tokenizer of larger pieces overrides `labels_of` and `decode`; all else follows from them.

    Parameters
    ----------
    mapping
        What each label stands for. That of images of single characters, such as MNIST's, need not have special tokens:
        it can be decoded, but has no `special`.
    """

    def __init__(self, mapping: Sequence[str]) -> None:
        self.mapping = tuple(mapping)
        self.label_of = {token: label for label, token in enumerate(self.mapping)}
        self.silent = frozenset(self.label_of[name] for name in SPECIAL_TOKENS if name in self.label_of)

    @property
    def is_for_text(self) -> bool:
        """Whether there are labels for all special tokens: rows of labels need them."""
        return len(self.silent) == len(SPECIAL_TOKENS)

    @cached_property
    def special(self) -> SpecialTokens:
        """The labels of the special tokens.

        Raises
        ------
        UserError
            If one is missing.
        """
        if missing := [name for name in SPECIAL_TOKENS if name not in self.label_of]:
            raise UserError(
                f"the data has no {', '.join(missing)} among its classes: expected data of text, such as EMNISTLines"
            )
        return SpecialTokens(*(self.label_of[name] for name in SPECIAL_TOKENS))

    @property
    def blank(self) -> int:
        """The label of "no character here", for connectionist temporal classification."""
        return self.special.blank

    @property
    def start(self) -> int:
        """The label that stands before a text."""
        return self.special.start

    @property
    def end(self) -> int:
        """The label that ends a text."""
        return self.special.end

    @property
    def padding(self) -> int:
        """The label that fills a row after the end of its text."""
        return self.special.padding

    @property
    def newline(self) -> int | None:
        """The label of a line break; None where texts are single lines."""
        return self.label_of.get(NEWLINE)

    def labels_of(self, text: str) -> list[int]:
        """Return the labels of a text's characters alone.

        Raises
        ------
        ValueError
            If the text has a character outside the vocabulary.
        """
        if unknown := sorted(set(text) - self.label_of.keys()):
            raise ValueError(f"{_shown(text)} has characters outside the vocabulary: {' '.join(map(repr, unknown))}")
        return [self.label_of[character] for character in text]

    def encode(self, text: str, length: int, with_start_end_tokens: bool = False) -> list[int]:
        """Turn a text into a row of `length` labels, padded at the end.

        Raises
        ------
        ValueError
            If the text has a character outside the vocabulary, or does not fit.
        """
        labels = self.labels_of(text)
        if with_start_end_tokens:
            labels = [self.start, *labels, self.end]
        if len(labels) > length:
            raise ValueError(f"{_shown(text)} makes {len(labels)} labels: expected {length} at most")
        return labels + [self.padding] * (length - len(labels))

    def decode(self, labels: Iterable[int]) -> str:
        """Turn a row of labels back into text, without special tokens."""
        return "".join(self.mapping[label] for label in labels if int(label) not in self.silent)

    def spell(self, labels: Iterable[int]) -> str:
        """Return a row of labels as text to look at: with its special tokens, without the padding at its end."""
        tokens = [self.mapping[label] for label in labels]
        while tokens and tokens[-1] == SPECIAL_TOKENS[-1]:
            tokens.pop()
        return "".join(tokens)


TOKENIZERS: dict[str, type[Tokenizer]] = {"characters": Tokenizer}  # by the name that a `data_config` gives


def tokenizer_of(data_config: Mapping[str, Any]) -> Tokenizer:
    """Return the tokenizer that a `config()` of data or of an artifact names; by default, that of characters."""
    kind = data_config.get("tokenizer", "characters")
    if kind not in TOKENIZERS:
        raise UserError(f"tokenizer {kind!r}: expected one of {', '.join(TOKENIZERS)}")
    return TOKENIZERS[kind](data_config["mapping"])


def _shown(text: str) -> str:
    return repr(text) if len(text) <= MOST_SHOWN else f"{text[:40]!r}…"


ESSENTIALS = json.loads((Path(__file__).with_name("data") / "emnist_essentials.json").read_text())
MAPPING: tuple[str, ...] = tuple(ESSENTIALS["characters"])
TOKENIZER = Tokenizer(MAPPING)
BLANK, START, END, PADDING = TOKENIZER.special
CHARACTERS = TOKENIZER.decode(range(len(MAPPING)))
INDEX_OF = TOKENIZER.label_of
encode, decode = TOKENIZER.encode, TOKENIZER.decode
