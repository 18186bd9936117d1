"""Extracts the text of IAM's training lines from the database.

    python -m text_recognizer.tokens.extract_iam_text --use_words --save_text train.txt --save_tokens letters.txt

It writes the texts, one a row with "▁" for each space, and the characters in them, one a row.
"""

import argparse
import re

from text_recognizer.tokens.files import make_parser, placed, run, write_rows
from text_recognizer.tokens.iam_text import find_source, text_entries, training_keys
from text_recognizer.tokens.word_pieces import SPACE
from text_recognizer.util import UserError


def extract(args: argparse.Namespace) -> None:
    """Write the texts of the training lines, and their characters."""
    root = find_source(args.data_dir)
    keys = training_keys(root)
    entries = [(key, _marked(text, args.lower_case)) for key, text in text_entries(root, args.use_words)]
    texts = [text for key, text in entries if key in keys and text]
    if not texts:
        raise UserError(f"{root}: none of its {len(entries):,} texts is in task/trainset.txt, which names {len(keys)}")
    write_rows(texts, placed(args.save_text))
    write_rows(sorted({letter for _, text in entries for letter in text}), placed(args.save_tokens))


def _marked(text: str, lower_case: bool) -> str:
    """Leave out crossed-out words, and write one SPACE for each space."""
    text = re.sub(r"[\s|]+", SPACE, text.replace("#", "")).strip(SPACE)
    return text.lower() if lower_case else text


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--data_dir", help="IAM's zip file or directory; by default that in data/downloaded/iam")
    parser.add_argument("--use_words", action="store_true", help="write one word a row, not one line")
    parser.add_argument("--lower_case", action="store_true", help="write small letters only, as the ancestor did")
    parser.add_argument("--save_text", default="train.txt", help="file for the texts")
    parser.add_argument("--save_tokens", default="letters.txt", help="file for the characters")
    run(extract, parser, argv)


if __name__ == "__main__":
    main()
