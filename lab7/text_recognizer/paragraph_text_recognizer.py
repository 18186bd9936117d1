"""Reads the handwriting on pictures of pages.

    python text_recognizer/paragraph_text_recognizer.py page.jpg https://example.org/page.png

Needs torch, torchvision, Pillow, NumPy, OpenCV and smart_open, and nothing of what trained the model.
"""

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    # This lab's own text_recognizer comes first, even where another one is installed.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch

from text_recognizer.artifact import ARTIFACTS_DIRNAME, load_artifact
from text_recognizer.open_image import Source, open_image
from text_recognizer.page_image import WHITE, page_to_canvas
from text_recognizer.util import UserError

SPECIAL_TOKENS = {"<B>", "<S>", "<E>", "<P>"}


class ParagraphTextRecognizer:
    """Reads a paragraph of English handwriting.

    Parameters
    ----------
    artifact_dirname
        Directory with config.json and model.pt, as training/save_best_model.py writes it; the paragraph recogniser
        that is part of this package if None.

    Raises
    ------
    UserError
        If there is no such artifact, or it is not whole.

    Examples
    --------
    >>> recognizer = ParagraphTextRecognizer()  # doctest: +SKIP
    >>> recognizer.predict("page.jpg")  # doctest: +SKIP
    'A MOVE to stop Mr. Gaitskell\\nfrom nominating'
    """

    def __init__(self, artifact_dirname: str | Path | None = None) -> None:
        dirname = ARTIFACTS_DIRNAME / "paragraph_text_recognizer" if artifact_dirname is None else artifact_dirname
        self.model, config = load_artifact(Path(dirname))
        _, *self.shape = config["data_config"]["input_dims"]
        self.mapping: list[str] = config["data_config"]["mapping"]
        self.is_ctc = config["loss"] == "ctc"

    def predict(self, image: Source) -> str:
        """Return the text on a picture of a page; an empty text if there is no ink on it.

        Parameters
        ----------
        image
            A path, a URL, a bucket's address, a file open for reading bytes, or an image of Pillow's. Dark ink on light
            paper or the reverse, of any size, in any of Pillow's modes; what is transparent is taken for white.

        Raises
        ------
        UserError
            If it cannot be read within 30 seconds, or is not an image.
        """
        canvas = page_to_canvas(open_image(image), (self.shape[0], self.shape[1]))
        return "" if canvas is None else self.read(canvas)

    @torch.inference_mode()
    def read(self, canvas: np.ndarray) -> str:
        """Return the text on a canvas (H, W) uint8, white ink on black, such as the model was trained on."""
        x = torch.from_numpy(canvas)[None, None].float() / WHITE  # (1, 1, H, W)
        if hasattr(self.model, "predict"):
            tokens = self.model.predict(x)[0]  # type: ignore[operator]
        else:
            tokens = self.model(x).argmax(dim=1)[0]
            tokens = tokens.unique_consecutive() if self.is_ctc else tokens  # blanks are special tokens, and go below
        read = (self.mapping[token] for token in tokens.tolist())
        return "".join(token for token in read if token not in SPECIAL_TOKENS)


def main(argv: list[str] | None = None) -> int:
    """Print the text of each image; return 1 if one could not be read."""
    parser = argparse.ArgumentParser(description="Read the handwriting on pictures of pages.", allow_abbrev=False)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a path, a URL or a bucket's address")
    parser.add_argument("--artifact_dirname", help="directory with another model: its config.json and model.pt")
    args = parser.parse_args(argv)
    try:
        recognizer = ParagraphTextRecognizer(args.artifact_dirname)
    except UserError as error:
        return _report(error)
    status = 0
    for name in args.images:
        try:
            text = recognizer.predict(name)
        except UserError as error:
            status = _report(error)
            continue
        print(f"== {name}\n{text}" if len(args.images) > 1 else text, flush=True)
    return status


def _report(error: UserError) -> int:
    print(f"error: {error}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
