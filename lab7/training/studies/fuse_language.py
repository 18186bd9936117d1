"""Measures the gain and the cost of shallow fusion with a language model for a decoder of whole pages.

    python training/studies/fuse_language.py                       # artifact resnet_transformer, validation pages
    python training/studies/fuse_language.py --artifact=mine --beams=[1,4,8] --weights=[0,0.1,0.3] --num_pages=20

It reads the canvases of IAM's validation pages greedily and with a beam (`models/decoder_beam_search.py`), without and
with the character n-grams of the shipped recogniser, and prints the character error rate and the median time of a page.
The insertion bonus is about the mean cost of a character under the n-grams, so that short texts have no advantage, and
neither have texts that never end.
"""

import itertools
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from text_recognizer.data.iam_paragraphs import IAMParagraphs
from text_recognizer.decoding.fusion_scorer import FusionScorer
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.evaluation.edits import char_edits
from text_recognizer.models.decoder_beam_search import decoder_beam_search
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.recognizer.artifact import load_artifact
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME, LINES_DIRNAME, NGRAMS_FILENAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import tokenizer_of
from training.command_line.settings import run_command

NGRAMS = ARTIFACTS_DIRNAME / "paragraph_text_recognizer" / LINES_DIRNAME / NGRAMS_FILENAME
PER_CHARACTER = 1.3  # nats: mean cost of a character of English under the n-grams, measured on Brown


@dataclass
class Settings:
    """What to try.

    Parameters
    ----------
    artifact
        Name or directory of an artifact of pages with a decoder.
    beams
        Beam sizes.
    weights
        Weights of the language model; 0 is without it.
    ngrams
        The language model; that of the shipped recogniser if null.
    num_pages
        Number of validation pages; all if null.
    """

    artifact: str = "resnet_transformer"
    beams: tuple[int, ...] = (1, 4)
    weights: tuple[float, ...] = (0.0, 0.1, 0.2)
    ngrams: str | None = None
    num_pages: int | None = None


@torch.inference_mode()
def fuse(settings: Settings) -> dict[tuple[int, float], float]:
    """Print a row for each beam and weight; return the error rates."""
    model, config = load_artifact(ARTIFACTS_DIRNAME / settings.artifact)
    if not isinstance(model, EncoderDecoder):
        raise UserError(f"--artifact={settings.artifact}: it has no decoder. Expected one of ResnetTransformer's kind")
    tokenizer = tokenizer_of(config["data_config"])
    ngrams = NGrams.load(Path(settings.ngrams or NGRAMS))
    data = IAMParagraphs(augment=False)
    data.prepare_data()
    data.setup()
    assert data.data_val is not None
    num = min(len(data.data_val), settings.num_pages or len(data.data_val))  # type: ignore[arg-type]
    pages = [data.data_val[i] for i in range(num)]
    memories = [model.encode(x[None]) for x, _ in pages]
    texts = [tokenizer.decode(y.tolist()) for _, y in pages]
    rates: dict[tuple[int, float], float] = {}
    print(f"{num} validation pages of {data.source}")
    for beam, weight in itertools.product(settings.beams, settings.weights):
        scorer = FusionScorer(ngrams, tokenizer.mapping, weight, PER_CHARACTER * weight) if weight else None
        edits, seconds = 0, []
        for memory, text in zip(memories, texts, strict=True):
            start = time.perf_counter()
            context = scorer.context if scorer else 0
            labels = decoder_beam_search(model.decoder, memory, tokenizer.special, beam, scorer, context)
            seconds.append(time.perf_counter() - start)
            edits += char_edits(text, tokenizer.decode(labels))
        rates[beam, weight] = edits / sum(map(len, texts))
        print(
            f"beam {beam}, weight {weight}: CER {rates[beam, weight]:.2%}, {np.median(seconds):.2f} s a page",
            flush=True,
        )
    return rates


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(fuse, Settings, __doc__, argv)


if __name__ == "__main__":
    main()
