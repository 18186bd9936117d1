"""Reads some pages with a trained model of paragraphs, for the notebook that looks at its mistakes.

Letters in this file: B batch.
"""

import os
from pathlib import Path

import torch

from text_recognizer.data.names import names_of, writers_of
from text_recognizer.data.paragraph_canvas import NEWLINE
from text_recognizer.data.vocabulary import SPECIAL_TOKENS
from text_recognizer.evaluation.examples import Example
from text_recognizer.util import UserError
from training import trained_run
from training.flags import DATA_CLASSES
from training.readings import read
from training.runs import local_runs

HOW_TO_TRAIN = (
    "In lab7, train one: python training/run_experiment.py --data_class=IAMParagraphs "
    "--model_class=ParagraphResNetLSTM --loss=ctc"
)
CHECKPOINT = "CHECKPOINT"  # the variable that names a .ckpt file or the directory of a run
BATCH_SIZE = 4


def find_paragraph_run() -> Path:
    """Return the checkpoint that the variable CHECKPOINT names, or the best one of the newest run on paragraphs."""
    if given := os.environ.get(CHECKPOINT):
        return trained_run.find_checkpoint(given, CHECKPOINT)
    log_dirname = trained_run.LOG_DIRNAME
    runs = [run for run in local_runs(log_dirname) if is_of_paragraphs(run.flags)] if log_dirname.is_dir() else []
    found = [filename for run in runs if (filename := trained_run.best_of(run.dirname))]
    if not found:
        raise UserError(f"{log_dirname} has no model of paragraphs. {HOW_TO_TRAIN}")
    return max(found, key=lambda filename: filename.stat().st_mtime)


def is_of_paragraphs(flags: dict) -> bool:
    """Tell whether a run was trained on texts with line breaks."""
    data_class = DATA_CLASSES.get(flags.get("data_class", ""))
    return NEWLINE in getattr(data_class, "mapping", ())


def read_pages(trained: trained_run.TrainedRun, num: int) -> list[Example]:
    """Let a model read so many validation pages, from all over the split, or all that there are."""
    dataset = trained.data.data_val
    names, writers = names_of(dataset), writers_of(dataset)  # type: ignore[arg-type]
    total = len(dataset)  # type: ignore[arg-type]
    chosen = sorted({i * total // num for i in range(num)})
    trained.lit_model.eval()
    texts = [
        pair for start in range(0, len(chosen), BATCH_SIZE) for pair in _read(trained, chosen[start:][:BATCH_SIZE])
    ]
    return [
        Example(i, names[i] if names else f"val {i}", writers[i] if writers else None, written, reading)
        for i, (written, reading) in zip(chosen, texts, strict=True)
    ]


@torch.inference_mode()
def _read(trained: trained_run.TrainedRun, indices: list[int]) -> list[tuple[str, str]]:
    """Return what is written and what is read on some pages."""
    pages = [trained.data.data_val[i] for i in indices]  # type: ignore[index]
    readings = read(trained.lit_model, torch.stack([image for image, _ in pages]))  # (B, 1, H, W) -> (B, S)
    pairs = zip((labels for _, labels in pages), readings, strict=True)
    return [(_text(written, trained), _text(reading, trained)) for written, reading in pairs]


def _text(labels: torch.Tensor, trained: trained_run.TrainedRun) -> str:
    tokens = (trained.data.mapping[label] for label in labels.tolist())
    return "".join(token for token in tokens if token not in SPECIAL_TOKENS)
