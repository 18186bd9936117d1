"""English word sequences for lines: from the Brown corpus if it is present, else from our own prose."""

import codecs
import re
import string
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import nltk
import numpy as np
from nltk.corpus.reader import CategorizedTaggedCorpusReader

from text_recognizer.data.storage.download import find_or_download, read_metadata
from text_recognizer.paths import DOWNLOADED_DIRNAME, RAW_DIRNAME
from text_recognizer.util import UserError, sha256_of

NLTK_DIRNAME = DOWNLOADED_DIRNAME / "nltk"
BROWN_FILENAME = NLTK_DIRNAME / "corpora" / "brown.zip"
PROSE_FILENAME = Path(__file__).with_name("prose") / "prose.txt"
# Slurs and obscene words, in rot13 so that nobody reads them by accident.
BLOCKED_FILENAME = Path(__file__).with_name("prose") / "blocked_words.txt"
KEPT_CHARACTERS = set(string.ascii_letters + string.digits)
MAX_NUM_TRIES = 100
SPLIT_ENDS = {"train": 0.8, "val": 0.9, "test": 1.0}  # where in the text each split's part ends


class SentenceGenerator:
    """Draws runs of whole words, without punctuation.

    Parameters
    ----------
    words
        The text to draw from, word by word; Brown or our own prose if None.
    """

    def __init__(self, words: tuple[str, ...] | None = None) -> None:
        self.words = load_words() if words is None else words
        if not self.words:
            raise UserError(f"there are no words to draw from: expected a longer text in {text_source()}")
        # Where each word starts in the whole text, and one more for the end, each with its space.
        self.starts = np.concatenate([[0], np.cumsum([len(word) + 1 for word in self.words])])

    def generate(self, max_length: int, rng: np.random.Generator) -> str:
        """Draw a run of words of at most `max_length` characters; each number of words that fits is equally likely.

        Raises
        ------
        UserError
            If hardly any word is so short.
        """
        for _ in range(MAX_NUM_TRIES):
            first = int(rng.integers(len(self.words)))
            longest_end = self.starts[first] + max_length + 1  # the space behind the last word is not counted
            last = int(np.searchsorted(self.starts, longest_end, side="right")) - 1
            if last > first:
                return " ".join(self.words[first : int(rng.integers(first, last)) + 1])
        raise UserError(f"max_length={max_length} is too short for words: expected 4 or more")


def split_words(words: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Cut a text into a part for each split, so that no model is tested on sentences that it was trained on."""
    parts, start = {}, 0
    for split, share in SPLIT_ENDS.items():
        end = round(share * len(words))
        parts[split], start = words[start:end], end
    return parts


def text_source() -> Path:
    """Return the file that words come from."""
    return BROWN_FILENAME if BROWN_FILENAME.exists() else PROSE_FILENAME


def download_brown() -> Path:
    """Download the Brown corpus unless it is there."""
    metadata = read_metadata(RAW_DIRNAME / "brown" / "metadata.toml")
    return find_or_download(BROWN_FILENAME, metadata["sha256"], metadata["urls"], "Without it our own prose serves")


def load_words() -> tuple[str, ...]:
    """Return the words of the text in order, without punctuation and without sentences that hold a blocked word."""
    return tuple(filter(None, (_clean(word) for sentence in load_sentences() for word in sentence)))


def load_sentences(source: Path | None = None) -> tuple[tuple[str, ...], ...]:
    """Return the sentences of a text in order, in their own spelling, without blocked ones.

    Parameters
    ----------
    source
        The file that they come from; `text_source()` if None.
    """
    source = source or text_source()
    return _sentences_of(source, sha256_of(source), blocked_words())


@cache
def _sentences_of(source: Path, sha256: str, blocked: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """Read the sentences, once for each content of the file."""
    sentences = _brown_sentences(source) if source == BROWN_FILENAME else _prose_sentences(source)
    return tuple(tuple(sentence) for sentence in sentences if not is_blocked(sentence, blocked))


def is_blocked(words: Iterable[str], blocked: frozenset[str]) -> bool:
    """Tell whether any of these words, or a part of one, is blocked."""
    return any(part in blocked for word in words for part in _parts(word))


@cache
def blocked_words() -> frozenset[str]:
    """Return the words, in lower case, that no line may contain."""
    return frozenset(codecs.decode(BLOCKED_FILENAME.read_text(), "rot13").split())


def _clean(word: str) -> str:
    return "".join(character for character in word if character in KEPT_CHARACTERS)


@cache  # Brown has a million words, but fifty thousand different ones
def _parts(word: str) -> list[str]:
    """Return a word as it will be drawn, and the words that a hyphen or an apostrophe joins in it, in lower case."""
    return [_clean(word).lower(), *re.findall(r"[a-z]+", word.lower())]


def _prose_sentences(filename: Path) -> Iterable[list[str]]:
    return [line.split() for line in filename.read_text(encoding="utf-8").splitlines()]


def _brown_sentences(filename: Path) -> Iterable[list[str]]:
    directory = str(filename.parents[1])
    if directory not in nltk.data.path:
        nltk.data.path.insert(0, directory)  # NLTK refuses to read files outside its path
    try:
        root = nltk.data.find("corpora/brown.zip/brown/")
        reader = CategorizedTaggedCorpusReader(root, r"c[a-z]\d\d", cat_file="cats.txt")
        sentences = list(iter(reader.sents()))  # list(reader.sents()) asks for the length first, and reads all twice
        if not sentences:
            raise ValueError("it holds no texts")
        return sentences
    except Exception as error:  # NLTK raises whatever wrong bytes lead it into
        reason = " ".join(str(error).split())[:100]
        raise UserError(
            f"{filename} cannot be read ({reason}). Delete it, or put NLTK's brown.zip in its place"
        ) from error


if __name__ == "__main__":
    try:
        generator, numbers = SentenceGenerator(), np.random.default_rng()
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{len(generator.words):,} words from {text_source()}. Ten runs of at most 32 characters:")
    for _ in range(10):
        print(f"  {generator.generate(32, numbers)}")
