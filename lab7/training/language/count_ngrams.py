"""Counts the character n-grams of English, for reading with a language model.

    python training/language/count_ngrams.py                       # training/logs/ngrams.npz
    python training/language/count_ngrams.py --order=5 --output=ngrams.npz
    python training/language/count_ngrams.py --free_text=true      # nothing of Brown
    python training/language/count_ngrams.py --arpa=characters.arpa --lexicon=words.txt
    python training/language/count_ngrams.py --word_pieces=iamdb_1kwp_tokens_1000.txt --order=3 --output=pieces.npz

The text is the one that the handwriting engine writes, Brown where it is present, and the prose in the public domain
that `make texts` brings. The texts of IAM's training forms
are left out on purpose. Many forms of IAM say the same, by other hands, and some of them are validation and test forms:
a model that has counted the training forms knows by heart what it will be tested with.
"""

import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from text_recognizer.data.prose.public_texts import FILENAMES, TEXTS_DIRNAME, has_public_texts, public_sentences
from text_recognizer.data.prose.text import describe_text, sentences_of
from text_recognizer.decoding.arpa import write_arpa
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.decoding.piece_ngrams import count_pieces, signs
from text_recognizer.tokens.word_pieces import WordPieces
from text_recognizer.util import write_atomically
from text_recognizer.vocabulary import CHARACTERS
from training.command_line.outputs import refuse_to_replace
from training.command_line.settings import run_command
from training.run_experiment import LOG_DIRNAME

NUM_MEASURED = 50_000  # characters of validation text
FEWEST = 2  # times that a word occurs, to be written into a lexicon: most of those seen once are names and slips


@dataclass
class Counting:
    """Settings of the counting.

    Parameters
    ----------
    order
        Length of the longest sequences: a character depends on one less before it.
    output
        File to write; ngrams.npz among the logs if null.
    overwrite
        Replace the file if it is there already.
    free_text
        Count only text that anyone may use for anything: nothing of Brown, even where it is present.
    public_texts
        Count the prose in the public domain too, where it is present.
    word_pieces
        File of make_wordpieces: count word pieces in place of characters.
    arpa
        Write an ARPA file too, which other programs read.
    lexicon
        Write the words that occur twice or more too, a lexicon for reading.
    """

    order: int = 6
    output: str | None = None
    overwrite: bool = False
    free_text: bool = False
    public_texts: bool = True
    word_pieces: str | None = None
    arpa: str | None = None
    lexicon: str | None = None


def count(counting: Counting) -> NGrams:
    """Count, print the cross entropy of text that the model has not seen, and save the model."""
    filename = Path(counting.output or LOG_DIRNAME / "ngrams.npz")
    refuse_to_replace(filename, counting.overwrite, "--output")
    for flag in ("arpa", "lexicon"):
        if name := getattr(counting, flag):
            refuse_to_replace(Path(name), counting.overwrite, f"--{flag}")
    texts = sentences_of("train", counting.free_text)
    print(f"Text: {describe_text(counting.free_text)}, {sum(map(len, texts)):,} characters to count")
    if counting.public_texts and has_public_texts():
        public = public_sentences()
        print(f"Text: {', '.join(FILENAMES)}, {sum(map(len, public)):,} characters to count")
        texts += public
    elif counting.public_texts:
        print(f"{' and '.join(FILENAMES)} are not in {TEXTS_DIRNAME}: `make texts` brings more text to count")
    held_out = sentences_of("val", counting.free_text)
    model, bits = (
        count_characters(texts, held_out, counting)
        if counting.word_pieces is None
        else count_of_pieces(texts, held_out, WordPieces.read(counting.word_pieces), counting)
    )
    model.save(filename)
    kinds = ", ".join(f"{len(codes):,}" for codes in model.codes)
    unit = "characters" if counting.word_pieces is None else "word pieces"
    print(f"Different sequences of 1 to {counting.order} {unit}: {kinds}")
    print(f"{bits:.3f} bits for each character of validation text; {filename}: {filename.stat().st_size / 1e6:.1f} MB")
    if counting.lexicon:
        write_words(texts, Path(counting.lexicon))
    return model


def count_characters(texts: Sequence[str], held_out: Sequence[str], counting: Counting) -> tuple[NGrams, float]:
    """Count characters; return the model and the bits that it needs for each character of other texts."""
    model = NGrams.count(texts, CHARACTERS, counting.order)
    if counting.arpa:
        write_arpa(model, Path(counting.arpa))
    return model, model.bits_per_character(" ".join(held_out)[:NUM_MEASURED])


def count_of_pieces(
    texts: Sequence[str], held_out: Sequence[str], pieces: WordPieces, counting: Counting
) -> tuple[NGrams, float]:
    """Count word pieces; return the model and the bits that it needs for each character of other texts."""
    known = signs(len(pieces.pieces))
    rows = ([pieces.number_of[piece] for piece in pieces.segment(text)] for text in texts)
    model = count_pieces(rows, len(pieces.pieces), counting.order)
    if counting.arpa:
        write_arpa(model, Path(counting.arpa), dict(zip(known, pieces.pieces, strict=True)))
    measured = " ".join(held_out)[:NUM_MEASURED]
    row = "".join(known[pieces.number_of[piece]] for piece in pieces.segment(measured))
    return model, model.bits_per_character(row) * len(row) / len(measured)


def write_words(texts: Sequence[str], filename: Path) -> None:
    """Write the words that occur at least twice, the most frequent first."""
    counts = Counter(word for text in texts for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text))
    words = [word for word, num in counts.most_common() if num >= FEWEST]
    with write_atomically(filename) as file:
        file.write("".join(f"{word}\n" for word in words).encode())
    print(f"{filename}: {len(words):,} words")


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(count, Counting, __doc__, argv)


if __name__ == "__main__":
    main()
