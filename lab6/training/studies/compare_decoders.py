"""Reads the same lines in several ways and says what each gains, and what it costs.

    python training/studies/compare_decoders.py --checkpoint=training/logs/IAMLines_LineResNetLSTM_ctc/version_0 \\
        --ngrams=training/logs/ngrams.npz --arpa=training/logs/characters.arpa --lexicon=training/logs/words.txt
    python training/studies/compare_decoders.py --checkpoint=training/logs/… --piece_ngrams=training/logs/pieces.npz

Each file that is named adds a row. The second form is for a model whose classes are word pieces.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from text_recognizer.decoding.arpa import ArpaScorer, read_arpa
from text_recognizer.decoding.beam_search import ctc_beam_search
from text_recognizer.decoding.fusion_scorer import BONUS, WEIGHT, FusionScorer
from text_recognizer.decoding.greedy import ctc_greedy_decode
from text_recognizer.decoding.lexicon import PENALTY, LexiconScorer, read_words
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.decoding.piece_ngrams import piece_scorer
from text_recognizer.lit_models.ctc import CTCLitModel
from text_recognizer.lit_models.metrics import CharacterErrorRate
from text_recognizer.util import UserError
from text_recognizer.vocabulary import SPECIAL_TOKENS, SpecialTokens, tokenizer_of
from training.command_line.settings import run_command
from training.language.tune_ngrams import Reading, measure, read_logits, show
from training.runs.trained_run import TrainedRun, find_checkpoint, load_run

Way = Callable[[torch.Tensor], list[int]]


@dataclass
class Comparison:
    """What to compare.

    Parameters
    ----------
    checkpoint
        A .ckpt file of a training with --loss=ctc, or the directory of a run for its best one; the newest if null.
    data_class
        Other data than that of the training, with images of the same size and the same characters.
    split
        Which lines.
    ngrams
        Character n-grams of count_ngrams.
    arpa
        An ARPA file of characters, or of word pieces for a model of word pieces.
    lexicon
        A lexicon: one word a row.
    piece_ngrams
        Word-piece n-grams of count_ngrams --word_pieces.
    weight
        How much the language counts.
    bonus
        What is added for each character, or piece.
    penalty
        What a word outside the lexicon costs.
    beam_size
        How many texts are kept after each cell.
    num_examples
        Read only this many examples; all if null.
    """

    checkpoint: str | None = None
    data_class: str | None = None
    split: Literal["val", "test"] = "val"
    ngrams: str | None = None
    arpa: str | None = None
    lexicon: str | None = None
    piece_ngrams: str | None = None
    weight: float = WEIGHT
    bonus: float = BONUS
    penalty: float = PENALTY
    beam_size: int = 16
    num_examples: int | None = None


def compare(comparison: Comparison) -> dict[str, float]:
    """Print a row for each way to read; return their error rates."""
    trained = load_run(find_checkpoint(comparison.checkpoint, "--checkpoint"), "--checkpoint", comparison.data_class)
    if not isinstance(trained.lit_model, CTCLitModel):
        raise UserError(f"{trained.filename}: trained with --loss={trained.args.loss}, expected --loss=ctc")
    ways = ways_of(comparison, trained)
    readings = list(read_logits(trained, comparison.split, comparison.num_examples))
    print(f"{trained.filename} on {len(readings)} {comparison.split} lines: {trained.data.provenance}")
    rates = {}
    for name, way in ways.items():
        rates[name], seconds = measure_characters(readings, way, trained)
        show(name, rates[name], seconds)
    return rates


def measure_characters(readings: list[Reading], way: Way, trained: TrainedRun) -> tuple[float, float]:
    """Return the character error rate of a way to read, whatever the classes are, and its median time in seconds."""
    tokenizer = tokenizer_of(trained.data.config())
    read: list[list[int]] = []

    def kept(logits: torch.Tensor) -> list[int]:
        read.append(way(logits))
        return read[-1]

    _, seconds = measure(readings, kept, tokenizer.special)
    metric = CharacterErrorRate(tokenizer.special, tokenizer)
    metric.update([labels for _, labels in readings], read)
    return float(metric.compute()), seconds


def ways_of(comparison: Comparison, trained: TrainedRun) -> dict[str, Way]:
    """Return the ways to read, by what stands in the table."""
    mapping = trained.data.mapping
    tokens: SpecialTokens = trained.lit_model.tokens  # type: ignore[assignment]
    weight, bonus = comparison.weight, comparison.bonus
    has_pieces = trained.data.config().get("tokenizer") == "word_pieces"

    def greedily(logits: torch.Tensor) -> list[int]:
        return ctc_greedy_decode(logits[None], tokens.blank, tokens.padding)[0].tolist()

    def search(scorer: Callable, context: int) -> Way:
        def read(logits: torch.Tensor) -> list[int]:
            log_probs = logits.log_softmax(dim=0).T.numpy()
            return ctc_beam_search(log_probs, tokens.blank, scorer, context, comparison.beam_size)

        return read

    ways: dict[str, Way] = {"greedy": greedily}
    if (comparison.ngrams or comparison.lexicon) and has_pieces:
        raise UserError("--ngrams and --lexicon are of characters: expected --piece_ngrams or --arpa for word pieces")
    scorer: FusionScorer | None = None
    if comparison.ngrams:
        scorer = FusionScorer(NGrams.load(Path(comparison.ngrams)), mapping, weight, bonus)
        ways["n-grams"] = search(scorer, scorer.context)
    if comparison.arpa:
        from_file = ArpaScorer(read_arpa(Path(comparison.arpa)), mapping, weight, bonus)
        ways["ARPA file"] = search(from_file, from_file.context)
    if comparison.lexicon:
        words = read_words(Path(comparison.lexicon))
        alone = LexiconScorer(words, mapping, penalty=comparison.penalty)
        ways["lexicon"] = search(alone, alone.context)
        if scorer:
            both = LexiconScorer(words, mapping, scorer, scorer.context, comparison.penalty)
            ways["n-grams and lexicon"] = search(both, both.context)
    if comparison.piece_ngrams:
        pieces = piece_scorer(NGrams.load(Path(comparison.piece_ngrams)), mapping, len(SPECIAL_TOKENS), weight, bonus)
        ways["n-grams of word pieces"] = search(pieces, pieces.context)
    return ways


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(compare, Comparison, __doc__, argv)


if __name__ == "__main__":
    main()
