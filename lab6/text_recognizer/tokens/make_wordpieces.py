"""Finds a set of word pieces for a text.

    python -m text_recognizer.tokens.make_wordpieces --output_prefix iamdb_1kwp --text_file train.txt --num_pieces 1000

The method is the unigram model of T. Kudo, "Subword Regularization", 2018, by SentencePiece. It writes the pieces,
PREFIX_tokens_NUM.txt, and how each word of the text is spelled with them, PREFIX_lex_NUM.txt.
"""

import argparse
import io
import re
from typing import Any

from text_recognizer.tokens.files import make_parser, placed, read_rows, run, write_rows
from text_recognizer.tokens.word_pieces import SPACE
from text_recognizer.util import UserError

MAKER = "python -m text_recognizer.tokens.extract_iam_text"


def make_wordpieces(args: argparse.Namespace) -> None:
    """Find the pieces of a text and write them."""
    if args.num_pieces < 1:
        raise UserError(f"--num_pieces {args.num_pieces}: expected 1 or more")
    rows = read_rows(placed(args.text_file), "--text_file", MAKER)
    texts = [" ".join(row.replace(SPACE, " ").split()) for row in rows]
    model = train(texts, args.num_pieces)
    pieces = [model.id_to_piece(i) for i in range(1, model.get_piece_size())]  # 0 is <unk>
    words = sorted({word for text in texts for word in text.split()})
    spellings = [" ".join([word, *model.encode(word, out_type=str)]) for word in words]
    write_rows(pieces, placed(f"{args.output_prefix}_tokens_{args.num_pieces}.txt"))
    write_rows(spellings, placed(f"{args.output_prefix}_lex_{args.num_pieces}.txt"))


def train(texts: list[str], num_pieces: int) -> Any:
    """Return SentencePiece's model of some texts.

    Raises
    ------
    UserError
        If SentencePiece is not installed, or the texts do not give so many pieces.
    """
    try:
        import sentencepiece
    except ImportError:
        raise UserError(
            "SentencePiece is not installed. Type: pip install -c requirements/extras.txt sentencepiece"
        ) from None
    file = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=file,
            model_type="unigram",
            vocab_size=num_pieces + 1,  # and <unk>
            bos_id=-1,
            eos_id=-1,
            character_coverage=1.0,  # every letter is a piece
            normalization_rule_name="identity",  # the letters stay as they are written
            user_defined_symbols=["/"],  # rare, and never a part of a longer piece
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise UserError(f"--num_pieces {num_pieces}: {_reason(str(error))}") from None
    return sentencepiece.SentencePieceProcessor(model_proto=file.getvalue())


def _reason(message: str) -> str:
    """Explain why SentencePiece refuses a number of pieces; its own message counts <unk> too."""
    if most := re.search(r"value <= (\d+)", message):
        return f"the text gives {int(most[1]) - 1} pieces at most"
    if least := re.search(r"smaller than required_chars\. \d+ vs (\d+)", message):
        return f"the text needs {int(least[1]) - 1} pieces at least, one for each of its letters"
    return f"SentencePiece refuses: {' '.join(message.split())}"


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--output_prefix", default="word_pieces", help="beginning of the names of the files to write")
    parser.add_argument("--text_file", default="train.txt", help="the text, which extract_iam_text writes")
    parser.add_argument("--num_pieces", type=int, default=1000, help="number of pieces")
    run(make_wordpieces, parser, argv)


if __name__ == "__main__":
    main()
