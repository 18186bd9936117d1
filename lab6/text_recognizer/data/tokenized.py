"""Lines whose labels are characters or word pieces, as `--tokens` says.

Letters in this file: N examples, S labels in a row.
"""

from typing import Any, Literal

import torch
from torch.utils.data import ConcatDataset, Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.copiste_lines import CopisteLines as CharacterCopisteLines
from text_recognizer.data.emnist_lines import EMNISTLines as CharacterEMNISTLines
from text_recognizer.data.emnist_lines2 import EMNISTLines2 as CharacterEMNISTLines2
from text_recognizer.data.iam_lines import IAMLines as CharacterIAMLines
from text_recognizer.data.mixed_lines import MixedLines as CharacterMixedLines
from text_recognizer.data.own_handwriting import OwnHandwriting as CharacterOwnHandwriting
from text_recognizer.data.storage.prepared import PreparedDataset
from text_recognizer.data.synthetic_lines import SyntheticLines as CharacterSyntheticLines
from text_recognizer.tokens.word_pieces import WordPieces
from text_recognizer.vocabulary import START, decode


class Tokenized(BaseDataModule):
    """Replaces characters by word pieces in the labels of a data module of lines.

    Images and prepared files stay the same; labels are translated when they are loaded.

    Parameters
    ----------
    tokens
        What a label stands for: "characters" or "word_pieces".
    word_pieces
        File of make_wordpieces with the pieces.
    """

    def __init__(
        self,
        tokens: Literal["characters", "word_pieces"] = "characters",
        word_pieces: str = "word_pieces_tokens_1000.txt",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pieces = WordPieces.read(word_pieces) if tokens == "word_pieces" else None
        if self.pieces is not None:
            self.mapping = self.pieces.mapping
            self.output_dims = (self.output_dims[0] + 1,)  # one for the space before the first word

    def config(self) -> dict[str, Any]:
        """Return all that a model needs to know of the data, and which tokenizer its labels are from."""
        kind = {} if self.pieces is None else {"tokenizer": "word_pieces"}
        return super().config() | kind

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the splits, with the labels that were chosen."""
        splits = super().load_splits()
        if self.pieces is None:
            return splits
        train, val, test = (with_pieces(dataset, self.pieces, self.output_dims[0]) for dataset in splits)
        return train, val, test


class TranslatedDataset(ConcatDataset):
    """A data set that draws its lines when they are taken, with pieces for labels.

    It passes the epoch on to that data set.
    """

    def __init__(self, dataset: Any, pieces: WordPieces, length: int) -> None:
        super().__init__([dataset])
        self.pieces = pieces
        self.length = length

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        image, target = super().__getitem__(index)
        return image, translate(target, self.pieces, self.length)


def with_pieces(dataset: Any, pieces: WordPieces, length: int) -> Dataset:
    """Return a data set with pieces for labels."""
    if type(dataset) is PreparedDataset:  # all labels are there already
        dataset.targets = torch.stack([translate(target, pieces, length) for target in dataset.targets])
        return dataset
    return TranslatedDataset(dataset, pieces, length)


def translate(target: torch.Tensor, pieces: WordPieces, length: int) -> torch.Tensor:
    """Turn a row of characters into a row of pieces, and keep <S> and <E>: (S,) -> (length,)."""
    row = target.tolist()
    return torch.tensor(pieces.encode(decode(row), length, with_start_end_tokens=row[:1] == [START]))


class CopisteLines(Tokenized, CharacterCopisteLines):
    """CopisteLines of an earlier lab, with a choice of tokens."""


class EMNISTLines(Tokenized, CharacterEMNISTLines):
    """EMNISTLines of an earlier lab, with a choice of tokens."""


class EMNISTLines2(Tokenized, CharacterEMNISTLines2):
    """EMNISTLines2 of an earlier lab, with a choice of tokens."""


class IAMLines(Tokenized, CharacterIAMLines):
    """IAMLines of an earlier lab, with a choice of tokens."""


class MixedLines(Tokenized, CharacterMixedLines):
    """MixedLines of an earlier lab, with a choice of tokens."""


class OwnHandwriting(Tokenized, CharacterOwnHandwriting):
    """OwnHandwriting, with a choice of tokens."""


class SyntheticLines(Tokenized, CharacterSyntheticLines):
    """SyntheticLines of an earlier lab, with a choice of tokens."""
