"""Measures the predictor of single characters on the test characters of each set.

    python training/studies/measure_characters.py
    python training/studies/measure_characters.py --artifact=mine --character_sets=mnist

Letters in this file: N images, C classes.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from text_recognizer.character_predictor import ARTIFACT, CharacterPredictor
from text_recognizer.data.characters import CLASSES, Characters, load_set
from text_recognizer.images.constants import WHITE
from training.benchmarks.timing import table
from training.command_line.settings import run_command

BATCH = 256


@dataclass
class Measuring:
    """What to measure.

    Parameters
    ----------
    artifact
        Directory of an artifact, or the name of one that is part of the package.
    character_sets
        The sets, separated by commas.
    """

    artifact: str = ARTIFACT
    character_sets: str = "mnist,chars74k"


def measure(args: Measuring) -> dict[str, dict[str, float]]:
    """Print a row for each set, and the most frequent confusions; return the figures by set."""
    data = Characters(args.character_sets)
    data.prepare_data()
    predictor = CharacterPredictor(args.artifact)
    figures = {}
    confused = dict[str, int]()
    for name in data.sets:
        images, labels = load_set(name)["test"]
        probabilities = predict(predictor, images)
        figures[name] = figures_of(probabilities, labels)
        for true, read in zip(labels, probabilities.argmax(axis=1), strict=True):
            if true != read:
                pair = f"{CLASSES[true]} read as {CLASSES[read]}"
                confused[pair] = confused.get(pair, 0) + 1
    print(f"Test characters of {data.provenance}")
    rows: list[tuple[str, ...]] = [("set", "characters", "right", "case apart", "confidence")]
    rows += [
        (name, f"{one['num']:,.0f}", *(f"{100 * one[key]:.1f} %" for key in KEYS)) for name, one in figures.items()
    ]
    print(table(rows))
    often = sorted(confused, key=lambda pair: -confused[pair])[:8]
    print("most often: " + ", ".join(f"{pair} ({confused[pair]})" for pair in often))
    return figures


KEYS = ("right", "case_apart", "confidence")


@torch.inference_mode()
def predict(predictor: CharacterPredictor, images: np.ndarray) -> np.ndarray:
    """Return the probabilities (N, C) of images (N, 28, 28) uint8."""
    parts = torch.from_numpy(images)[:, None].split(BATCH)
    return torch.cat([predictor.model(part.float() / WHITE).softmax(dim=1) for part in parts]).numpy()


def figures_of(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return the number of characters, the accuracy, and the accuracy that ignores case."""
    read = probabilities.argmax(axis=1)
    folded = np.array([CLASSES.index(letter.upper()) for letter in CLASSES])
    return {
        "num": len(labels),
        "right": float((read == labels).mean()),
        "case_apart": float((folded[read] == folded[labels]).mean()),
        "confidence": float(probabilities.max(axis=1).mean()),
    }


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(measure, Measuring, __doc__, argv)


if __name__ == "__main__":
    main()
