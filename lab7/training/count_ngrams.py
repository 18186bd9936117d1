"""Counts the character n-grams of English, for reading with a language model.

    python training/count_ngrams.py                       # training/logs/ngrams.npz
    python training/count_ngrams.py --order=5 --output=ngrams.npz
    python training/count_ngrams.py --free_text=true      # nothing of Brown

The text is the one that the handwriting engine writes, Brown where it is present, and the prose in the public domain
that `make texts` brings. The texts of IAM's training forms
are left out on purpose. Many forms of IAM say the same, by other hands, and some of them are validation and test forms:
a model that has counted the training forms knows by heart what it will be tested with.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from text_recognizer.data.public_texts import FILENAMES, TEXTS_DIRNAME, has_public_texts, public_sentences
from text_recognizer.data.vocabulary import MAPPING, SPECIAL_TOKENS
from text_recognizer.handwriting.text import describe_text, sentences_of
from text_recognizer.ngrams import NGrams
from text_recognizer.util import UserError
from training.flags import FlagParser, add_flags
from training.run_experiment import LOG_DIRNAME

CHARACTERS = "".join(token for token in MAPPING if token not in SPECIAL_TOKENS)
NUM_MEASURED = 50_000  # characters of validation text


@dataclass
class Counting:
    """What to count.

    Parameters
    ----------
    order
        Length of the longest sequences: a character depends on one less before it.
    output
        File to write; ngrams.npz among the logs if null.
    free_text
        Count only text that anyone may use for anything: nothing of Brown, even where it is present.
    public_texts
        Count the prose in the public domain too, where it is present.
    """

    order: int = 6
    output: str | None = None
    free_text: bool = False
    public_texts: bool = True


def count(counting: Counting) -> NGrams:
    """Count, say how well the model foresees text that it has not seen, and save it."""
    filename = Path(counting.output or LOG_DIRNAME / "ngrams.npz")
    texts = sentences_of("train", counting.free_text)
    print(f"Text: {describe_text(counting.free_text)}, {sum(map(len, texts)):,} characters to count")
    if counting.public_texts and has_public_texts():
        public = public_sentences()
        print(f"Text: {', '.join(FILENAMES)}, {sum(map(len, public)):,} characters to count")
        texts += public
    elif counting.public_texts:
        print(f"{' and '.join(FILENAMES)} are not in {TEXTS_DIRNAME}: `make texts` brings more text to count")
    model = NGrams.count(texts, CHARACTERS, counting.order)
    model.save(filename)
    bits = model.bits_per_character(" ".join(sentences_of("val", counting.free_text))[:NUM_MEASURED])
    kinds = ", ".join(f"{len(codes):,}" for codes in model.codes)
    print(f"Different sequences of 1 to {counting.order} characters: {kinds}")
    print(f"{bits:.3f} bits for each character of validation text; {filename}: {filename.stat().st_size / 1e6:.1f} MB")
    return model


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    parser = FlagParser(
        allow_abbrev=False, usage="python %(prog)s [--flag=value ...]", description="Count the n-grams of English."
    )
    add_flags(parser, Counting)
    try:
        count(Counting(**vars(parser.parse_args(argv))))
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
