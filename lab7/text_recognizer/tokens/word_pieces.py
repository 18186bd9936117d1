"""Word pieces: labels that stand for one letter or several, such as "▁the" or "ing".

Letters in this file: S labels in a row.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from text_recognizer.tokens.files import placed, read_rows
from text_recognizer.util import UserError
from text_recognizer.vocabulary import CHARACTERS, SPECIAL_TOKENS, TOKENIZERS, Tokenizer

SPACE = "\u2581"  # the sign that SentencePiece writes for a space: not an underscore
MAKER = "python -m text_recognizer.tokens.make_wordpieces"


class WordPieces(Tokenizer):
    """Turns texts into rows of word pieces and back; a second tokenizer beside that of characters.

    A text is cut into words, each with the space before it; the first word gets one too. A word of the lexicon is
    spelled as there, any other word with the fewest pieces.

    Parameters
    ----------
    mapping
        What each label stands for: the special tokens, then the pieces, with a space where SPACE is in the files.
    lexicon
        The pieces of some words, without the space before them.
    """

    def __init__(self, mapping: Sequence[str], lexicon: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(mapping)
        self.pieces = [piece.replace(" ", SPACE) for piece in self.mapping[len(SPECIAL_TOKENS) :]]
        self.number_of = {piece: number for number, piece in enumerate(self.pieces)}
        self.num_pieces = len(self.pieces)  # that are listed in a file; the others are characters which it lacks
        self.spellings = dict(lexicon or {})  # of the words of the lexicon, and of others that were asked for

    @classmethod
    def of(cls, pieces: Sequence[str], lexicon: Mapping[str, Sequence[str]] | None = None) -> "WordPieces":
        """Make a tokenizer of pieces, and of the characters of the vocabulary that are not among them.

        So every text of the vocabulary can be spelled.
        """
        characters = CHARACTERS.replace(" ", SPACE)
        missing = [character for character in characters if character not in set(pieces)]
        texts = (piece.replace(SPACE, " ") for piece in [*pieces, *missing])
        tokenizer = cls([*SPECIAL_TOKENS, *texts], lexicon)
        tokenizer.num_pieces = len(pieces)
        return tokenizer

    @classmethod
    def read(cls, tokens_filename: str, lexicon_filename: str | None = None) -> "WordPieces":
        """Read the files of make_wordpieces; a lexicon whose name is not given has that of the tokens, with "lex"."""
        filename = placed(tokens_filename)
        pieces = read_rows(filename, "--tokens", MAKER)
        if twice := sorted({piece for piece in pieces if pieces.count(piece) > 1}):
            raise UserError(f"--tokens {filename}: {twice[0]!r} is there twice: expected each piece once")
        lexicon = placed(lexicon_filename) if lexicon_filename else lexicon_beside(filename)
        return cls.of(pieces, read_lexicon(lexicon, set(pieces)) if lexicon else None)

    @cached_property
    def longest(self) -> int:
        """The number of letters of the longest piece."""
        return max(map(len, self.pieces))

    def segment(self, text: str) -> list[str]:
        """Cut a text into pieces.

        Raises
        ------
        ValueError
            If it has a character outside the vocabulary.
        """
        marked = SPACE + text.replace(" ", SPACE)
        words = re.findall(f"{SPACE}[^{SPACE}]*", marked)
        return [piece for word in words for piece in self._spelling(word)]

    def labels_of(self, text: str) -> list[int]:
        """Return the labels of a text's pieces alone.

        Raises
        ------
        ValueError
            If it has a character outside the vocabulary.
        """
        return [len(SPECIAL_TOKENS) + self.number_of[piece] for piece in self.segment(text)]

    def decode(self, labels: Iterable[int]) -> str:
        """Turn a row of labels back into text, without special tokens and without the space before the first word."""
        return super().decode(labels).removeprefix(" ")

    def _spelling(self, word: str) -> Sequence[str]:
        if word[1:] not in self.spellings:
            self.spellings[word[1:]] = self._fewest(word)
        return self.spellings[word[1:]]

    def _fewest(self, word: str) -> list[str]:
        """Cut a word into the fewest pieces; of several ways, the one whose last pieces are longer."""
        best: list[tuple[int, str]] = [(0, "")]  # for each place: the number of pieces up to there, and the last one
        for end in range(1, len(word) + 1):
            starts = range(max(0, end - self.longest), end)
            ways = [(best[start][0] + 1, word[start:end]) for start in starts if word[start:end] in self.number_of]
            if not ways:
                raise ValueError(f"{word[1:]!r} has characters outside the vocabulary: {word[end - 1]!r}")
            best.append(min(ways, key=lambda way: way[0]))
        pieces: list[str] = []
        while word:
            pieces.append(best[len(word)][1])
            word = word[: -len(pieces[-1])]
        return pieces[::-1]


def lexicon_beside(tokens_filename: Path) -> Path | None:
    """Return the lexicon that make_wordpieces wrote with these tokens, if it exists."""
    head, _, tail = tokens_filename.name.rpartition("_tokens_")
    filename = tokens_filename.with_name(f"{head}_lex_{tail}")
    return filename if head and filename.is_file() else None


def read_lexicon(filename: Path, pieces: set[str]) -> dict[str, list[str]]:
    """Read a lexicon: rows of a word and its pieces.

    Raises
    ------
    UserError
        If a row does not spell its word, or has a piece that is not among `pieces`.
    """
    lexicon = {}
    for row in read_rows(filename, "--lexicon", MAKER):
        word, *spelling = row.split()
        if "".join(spelling) != SPACE + word:
            raise UserError(f"--lexicon {filename}: {row!r} does not spell {word!r}: expected a word and its pieces")
        if unknown := [piece for piece in spelling if piece not in pieces]:
            raise UserError(
                f"--lexicon {filename}: {unknown[0]!r} is not among the {len(pieces)} tokens: expected the two files "
                "that one make_wordpieces wrote"
            )
        lexicon[word] = spelling
    return lexicon


TOKENIZERS["word_pieces"] = WordPieces
