"""English prose in the public domain: the addresses on the State of the Union, and Moby Dick.

`make texts` downloads it. Unlike Brown it is free for any use, and there is twice as much of it, but it is older and
more solemn than everyday notes.
"""

import re
from functools import cache
from pathlib import Path

from text_recognizer.data.sentence_generator import blocked_words, is_blocked
from text_recognizer.paths import DOWNLOADED_DIRNAME
from text_recognizer.vocabulary import CHARACTERS

TEXTS_DIRNAME = DOWNLOADED_DIRNAME / "texts"
FILENAMES = ("state_of_the_union.txt", "moby_dick.txt")
PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": " - "})
ABBREVIATIONS = ("Mr", "Mrs", "Messrs", "Dr", "St", "Gen", "Capt", "Col", "Gov")  # no sentence ends with these
END_OF_SENTENCE = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?][\"')]))" + "".join(rf"(?<!\b{name}\.)" for name in ABBREVIATIONS) + r" +(?=[A-Z\"'(])"
)


def has_public_texts(dirname: Path = TEXTS_DIRNAME) -> bool:
    """Tell whether the texts are present."""
    return all((dirname / name).is_file() for name in FILENAMES)


@cache
def public_sentences(dirname: Path = TEXTS_DIRNAME) -> tuple[str, ...]:
    """Return the sentences in order, without those that have other characters or a blocked word."""
    texts = ((dirname / name).read_text(encoding="utf-8") for name in FILENAMES)
    return tuple(sentence for text in texts for sentence in sentences_in(text))


def sentences_in(text: str) -> list[str]:
    """Cut a text into sentences; leave out those that cannot be written or are blocked."""
    plain = " ".join(text.translate(PLAIN).replace("--", " - ").split())
    writable, blocked = set(CHARACTERS), blocked_words()
    found = END_OF_SENTENCE.split(plain)
    return [one for one in found if one and not set(one) - writable and not is_blocked(one.split(), blocked)]
