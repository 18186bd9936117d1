"""Reads pictures of single characters: the class for programs, and the command.

    python text_recognizer/character_predictor.py pictures/8.jpg pictures/U.jpg pictures/e.jpg

Each line of the output has a picture, its character and the character's probability.

Letters in this file: H W image, C classes.
"""

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    # This lab's own text_recognizer comes first, even where another one is installed.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import torch

from text_recognizer.documents.open_picture import Source, open_image
from text_recognizer.images.constants import WHITE
from text_recognizer.images.one_character import fit_character
from text_recognizer.page.ink import to_grey
from text_recognizer.recognizer.artifact import load_artifact
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME
from text_recognizer.util import UserError

ARTIFACT = "character_predictor"
MAX_SIZE = 512  # pixels along the longer side: one character needs no more
MIN_CONTRAST = 40  # of 255 between paper and ink: a smaller difference is noise
MIN_INK = 3 * MIN_CONTRAST  # of 255 after the contrast is stretched: fainter pixels are paper


class CharacterPredictor:
    """Classifies the character on a picture, with its probability.

    Capitals and small letters of one shape (O and o), and letters and digits (O and 0), cannot be told apart without
    context: the probability is shared between them.

    Parameters
    ----------
    artifact_dirname
        Directory of an artifact, or the name of one that is part of the package.
    """

    def __init__(self, artifact_dirname: str | Path = ARTIFACT) -> None:
        own = ARTIFACTS_DIRNAME / str(artifact_dirname)
        dirname = own if own.is_dir() else Path(artifact_dirname)
        self.model, config = load_artifact(dirname)
        self.mapping = config["data_config"]["mapping"]
        if config["data_config"]["output_dims"] != [1]:
            raise UserError(f"{dirname}: reads texts, not single characters: use it with ParagraphTextRecognizer")

    def predict(self, source: Source) -> tuple[str, float]:
        """Return the most probable character on a picture, and its probability.

        Parameters
        ----------
        source
            A path, a URL, a file opened in binary mode, its bytes, an array or an image; the ink may be dark on light
            or light on dark.

        Raises
        ------
        UserError
            If it cannot be read, or shows no ink.
        """
        probabilities = self.probabilities(source)
        best = int(probabilities.argmax())
        return self.mapping[best], float(probabilities[best])

    @torch.inference_mode()
    def probabilities(self, source: Source) -> torch.Tensor:
        """Return the probability of each class of `mapping`: (C,)."""
        name = source if isinstance(source, str | Path) else "the image"
        x = torch.from_numpy(find_character(to_grey(open_image(source), MAX_SIZE), str(name)))
        return self.model(x[None, None].float() / WHITE)[0].softmax(dim=0)


def find_character(grey: np.ndarray, name: str) -> np.ndarray:
    """Return the ink of a picture (H, W) uint8 in the form of training images: (28, 28) uint8, white on black.

    The brightness of the paper is the median along the picture's edge.

    Raises
    ------
    UserError
        If the picture shows no ink.
    """
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    difference = np.abs(grey.astype(np.float32) - float(np.median(edge)))
    smooth = cv2.GaussianBlur(difference, (0, 0), max(0.3, max(grey.shape) / 200))
    if smooth.max() < MIN_CONTRAST:
        raise UserError(f"{name}: nothing is written on it. Expected one dark character on light paper, or the reverse")
    ink = (smooth * (WHITE / smooth.max())).astype(np.uint8)
    return fit_character(np.where(ink < MIN_INK, 0, ink).astype(np.uint8))


def main(argv: list[str] | None = None) -> int:
    """Classify the character on each picture; return the exit status: 1 if one could not be read."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a picture of one character: a path or URL")
    parser.add_argument("--artifact_dirname", default=ARTIFACT, help="another model than the shipped one")
    args = parser.parse_args(argv)
    try:
        predictor = CharacterPredictor(args.artifact_dirname)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    failed = 0
    for image in args.images:
        try:
            character, confidence = predictor.predict(image)
            print(f"{image}: {character} {confidence:.2f}")
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
