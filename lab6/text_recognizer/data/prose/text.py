"""The text of synthetic lines and paragraphs: English prose with punctuation, similar to IAM's."""

import math
import re
from functools import cache
from pathlib import Path

import numpy as np

from text_recognizer.data.prose.made_up import made_up_sentences
from text_recognizer.data.sentence_generator import (
    BROWN_FILENAME,
    PROSE_FILENAME,
    SPLIT_ENDS,
    load_sentences,
    text_source,
)
from text_recognizer.vocabulary import CHARACTERS, CROSSED_OUT

MAX_LENGTH = 87  # characters in IAM's longest line
OPENING, CLOSING = ("", "(", "``"), tuple(".,;:?!)")
MONTHS = ("January", "March", "April", "June", "July", "August", "Sept.", "October", "Nov.", "December", "Feb.", "May")
SHARES = {  # how often a line has each of these
    "hyphen at the end": 0.05,
    "number": 0.10,
    "capital word": 0.04,
    "capitals only": 0.015,
    "quotes": 0.06,
    "brackets": 0.025,
    "crossed out": 0.012,
    "rare characters": 0.04,
}


class TextSource:
    """Draws runs of words from one split's part of the text.

    Parameters
    ----------
    split
        "train", "val" or "test".
    sentences
        The whole text; Brown where it is present, else our own prose and sentences made up from word frequencies.
    free_text
        The latter, even where Brown is present: Brown is for non-commercial use.
    """

    def __init__(self, split: str, sentences: tuple[str, ...] | None = None, free_text: bool = False) -> None:
        chosen = sentences_of(split, free_text) if sentences is None else part_of(sentences, split)
        self.words = tuple(word for sentence in chosen for word in sentence.split())

    def line(self, rng: np.random.Generator, length: float | None = None) -> str:
        """Draw a line of about this many characters; as long as IAM's lines if None."""
        length = _draw_length(rng) if length is None else length
        words = self._run(length, rng)
        for change in (_add_number, _add_capitals, _add_marks, _add_rare, _cross_out):
            words = change(words, rng)
        text = " ".join(words)
        if rng.random() < SHARES["hyphen at the end"]:
            text = _hyphenate(text, rng)
        if rng.random() < SHARES["capitals only"]:
            text = text.upper()
        return fit(text)

    def paragraph(self, num_lines: int, rng: np.random.Generator, width: float) -> list[str]:
        """Draw consecutive lines of about `width` characters; the last is shorter."""
        words = self._run(width * (num_lines - rng.uniform(0.1, 0.9)), rng)
        for _ in range(max(1, num_lines // 3)):
            for change in (_add_number, _add_capitals, _add_marks, _cross_out):
                words = change(words, rng)
        return [fit(line) for line in _break_lines(words, width, rng)][:num_lines]

    def _run(self, length: float, rng: np.random.Generator) -> list[str]:
        """Draw consecutive words of about this many characters, at least one."""
        start = int(rng.integers(len(self.words)))
        words: list[str] = []
        num_characters = -1
        for i in range(start, start + len(self.words)):
            word = self.words[i % len(self.words)]
            if words and num_characters + 1 + len(word) / 2 > length:
                break
            words.append(word)
            num_characters += 1 + len(word)
        return words


def fit(text: str) -> str:
    """Cut a text at the last space before it is longer than any line of IAM."""
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH + 1].rsplit(" ", 1)[0][:MAX_LENGTH]


@cache
def sentences_of(split: str, free_text: bool = False) -> tuple[str, ...]:
    """Return the sentences of one split, in order; with `free_text`, none of Brown's."""
    source = PROSE_FILENAME if free_text else text_source()
    prose = part_of(written_sentences(source), split)
    return prose if source == BROWN_FILENAME else _mix(prose, part_of(made_up_sentences(), split))


@cache
def written_sentences(source: Path) -> tuple[str, ...]:
    """Return the sentences of a file that the vocabulary can write."""
    sentences = (join(words) for words in load_sentences(source))
    return tuple(sentence for sentence in sentences if sentence and not set(sentence) - set(CHARACTERS))


def part_of(sentences: tuple[str, ...], split: str) -> tuple[str, ...]:
    """Return the part of a text that belongs to a split."""
    starts = dict(zip(SPLIT_ENDS, [0.0, *SPLIT_ENDS.values()], strict=False))
    start, end = (round(share * len(sentences)) for share in (starts[split], SPLIT_ENDS[split]))
    return sentences[start:end]


def describe_text(free_text: bool = False) -> str:
    """Return the name of the text's source."""
    source = PROSE_FILENAME if free_text else text_source()
    return source.name if source == BROWN_FILENAME else f"{source.name} and sentences made up from word frequencies"


def join(tokens: tuple[str, ...]) -> str:
    """Join words and punctuation marks, which are separate in Brown, into a sentence."""
    text, last = "", ""
    for token in tokens:
        if (token == last and token in ";?!") or (token == "." and last.endswith(".")):  # Brown says some marks twice
            continue
        closes = token in CLOSING or token == "''"
        text += ("" if closes or last in OPENING else " ") + token.replace("--", "-")
        last = token
    text = text.replace("``", '"').replace("''", '"').strip()
    # Both habits are found in print: "so", he said and "so," he said.
    return re.sub(r'"([.,])', r'\1"', text) if len(text) % 2 else text


def _mix(prose: tuple[str, ...], made_up: tuple[str, ...]) -> tuple[str, ...]:
    """Put a sentence of prose after every other made-up one; repeat the prose when it ends."""
    mixed: list[str] = []
    for i, sentence in enumerate(made_up):
        mixed += [sentence, prose[i // 2 % len(prose)]] if i % 2 and prose else [sentence]
    return tuple(mixed)


def _draw_length(rng: np.random.Generator) -> float:
    """Draw the length of a line: most lines fill the page, the last one of a paragraph does not."""
    return rng.uniform(3, 40) if rng.random() < 0.08 else float(np.clip(rng.normal(43, 9), 15, MAX_LENGTH))


def _number(rng: np.random.Generator) -> str:
    """Draw a number: a year, date, amount, percentage or time."""
    small, large = int(rng.integers(1, 100)), int(10 ** rng.uniform(2, 6.5))
    forms = (
        str(rng.integers(1800, 2030)),
        f"{large:,}",
        str(large),
        str(small),
        f"{small}.{rng.integers(10)}",
        f"{small}/{rng.integers(1, 13)}",
        f"{rng.integers(1, 32)} {MONTHS[rng.integers(len(MONTHS))]} {rng.integers(1900, 2030)}",
        f"{MONTHS[rng.integers(len(MONTHS))]} {rng.integers(1, 32)},",
        f"{rng.integers(24)}:{rng.integers(60):02d}",
        f"No. {small}",
        f"({small})",
        f"{small * 10}th",
        f"{small}-{small + rng.integers(1, 20)}",
        f"{rng.integers(1900, 2030)}'s",
        f"+{small}",
        f"{small}*",
    )
    return forms[rng.integers(len(forms))]


def _add_number(words: list[str], rng: np.random.Generator) -> list[str]:
    if rng.random() >= SHARES["number"]:
        return words
    i = int(rng.integers(len(words) + 1))
    return [*words[:i], *_number(rng).split(), *words[i + 1 :]]


def _add_capitals(words: list[str], rng: np.random.Generator) -> list[str]:
    if rng.random() >= SHARES["capital word"]:
        return words
    i = int(rng.integers(len(words)))
    return [*words[:i], words[i].upper(), *words[i + 1 :]]


def _add_marks(words: list[str], rng: np.random.Generator) -> list[str]:
    """Put quotes or brackets around some words, unless there are such marks."""
    kind = rng.random()
    marks = '""' if kind < SHARES["quotes"] else "()" if kind < SHARES["quotes"] + SHARES["brackets"] else ""
    if not marks or re.search(r'["()]', " ".join(words)):
        return words
    first, last = sorted(int(i) for i in rng.integers(len(words), size=2))
    words = list(words)
    words[first], words[last] = marks[0] + words[first], words[last]
    end = re.fullmatch(r"(.*?)([.,;:?!]*)", words[last])
    assert end is not None
    words[last] = f"{end[1]}{marks[1]}{end[2]}" if rng.random() < 0.5 else f"{words[last]}{marks[1]}"
    return words


def _add_rare(words: list[str], rng: np.random.Generator) -> list[str]:
    """Insert a short run of rare characters, as in references, initials and sums."""
    if rng.random() >= SHARES["rare characters"]:
        return words
    rare = "".join(character for character in CHARACTERS if character not in " #")
    run = "".join(rare[i] for i in rng.integers(len(rare), size=rng.integers(1, 6)))
    i = int(rng.integers(len(words)))
    return [*words[:i], run, *words[i + 1 :]]


def _cross_out(words: list[str], rng: np.random.Generator) -> list[str]:
    if rng.random() >= SHARES["crossed out"]:
        return words
    i = int(rng.integers(len(words) + 1))
    return [*words[:i], CROSSED_OUT, *words[i:]]


def _hyphenate(text: str, rng: np.random.Generator) -> str:
    """Break the last word, as at the end of a line."""
    start = text.rfind(" ") + 1
    if not text[start:].isalpha() or len(text) - start < 5:
        return text
    return text[: int(rng.integers(start + 2, len(text) - 1))] + "-"


def _break_lines(words: list[str], width: float, rng: np.random.Generator) -> list[str]:
    """Break a text into lines; now and then a long word is broken at the end of one."""
    lines, line = [], ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if len(longer) <= width * rng.normal(1, 0.05) or not line:
            line = longer
            continue
        cut = math.floor(len(word) * rng.uniform(0.3, 0.7))
        if word.isalpha() and len(word) > 6 and rng.random() < 2 * SHARES["hyphen at the end"]:
            line, word = f"{line} {word[:cut]}-", word[cut:]
        lines.append(line)
        line = word
    return [*lines, line]
