"""Counts sequences of word pieces, and builds the graph of transitions for a transducer.

    python -m text_recognizer.tokens.build_transitions --tokens iamdb_1kwp_tokens_1000.txt \\
        --lexicon iamdb_1kwp_lex_1000.txt --blank optional --self_loops --prune 0 10 \\
        --save_path 1kwp_prune_0_10_optblank.bin
"""

import argparse

from text_recognizer.graphs.transitions import build_transitions, save_transitions
from text_recognizer.tokens.files import make_parser, placed, read_rows, run
from text_recognizer.tokens.make_wordpieces import MAKER
from text_recognizer.tokens.word_pieces import SPACE, WordPieces
from text_recognizer.util import UserError


def build(args: argparse.Namespace) -> None:
    """Build the graph of a text's transitions and write it."""
    pieces = WordPieces.read(args.tokens, args.lexicon)
    filename = placed(args.text_file)
    rows = read_rows(filename, "--text_file", MAKER)
    sequences = [_numbers(pieces, row, i, str(filename)) for i, row in enumerate(rows, start=1)]
    transitions = build_transitions(
        sequences, pieces.num_pieces, args.prune, args.blank, args.self_loops, not args.disable_backoff
    )
    save_transitions(transitions, placed(args.save_path))
    graph = transitions.graph
    print(f"{placed(args.save_path)}: {graph.num_states:,} states, {graph.num_arcs:,} arcs, blank {args.blank}")


def _numbers(pieces: WordPieces, row: str, number: int, filename: str) -> list[int]:
    """Return a row of the text as numbers of pieces, counted from 0 in the file of tokens."""
    try:
        numbers = [pieces.number_of[piece] for piece in pieces.segment(row.replace(SPACE, " "))]
    except ValueError as error:
        raise UserError(f"{filename}, row {number}: {error}") from None
    if outside := [number for number in numbers if number >= pieces.num_pieces]:
        raise UserError(
            f"{filename}, row {number}: {pieces.pieces[outside[0]]!r} is not among the tokens: expected the text that "
            "make_wordpieces read"
        )
    return numbers


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--tokens", default="word_pieces_tokens_1000.txt", help="the pieces")
    parser.add_argument(
        "--lexicon", help="how words are spelled; by default what make_wordpieces wrote with the pieces"
    )
    parser.add_argument("--text_file", default="train.txt", help="the text to count in")
    parser.add_argument("--blank", choices=["none", "optional", "forced"], default="none", help="where blanks may be")
    parser.add_argument("--self_loops", action="store_true", help="let a piece last several steps")
    parser.add_argument("--disable_backoff", action="store_true", help="allow only sequences that were kept")
    least = "for each length from 1 on: leave out sequences seen so often or less"
    parser.add_argument("--prune", type=int, nargs="+", default=[0, 10], help=least)
    parser.add_argument("--save_path", default="transitions.bin", help="file to write")
    run(build, parser, argv)


if __name__ == "__main__":
    main()
