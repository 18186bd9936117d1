"""Lines that the handwriting engine draws, without end, on the canvas of IAM's lines.

Letters in this file: H W image, S labels in a row.
"""

from typing import Any

import numpy as np

from text_recognizer.data.drawn import DrawnData
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH, fit_to_canvas
from text_recognizer.data.look import look_at
from text_recognizer.data.vocabulary import MAPPING, encode
from text_recognizer.handwriting.example import draw_example
from text_recognizer.handwriting.hands import Hands
from text_recognizer.handwriting.text import TextSource


class SyntheticLines(DrawnData):
    """Lines written by the handwriting engine: new ones in each epoch, on the canvas and with the labels of `IAMLines`.

    Validation and test lines are always the same, in handwriting families and from a part of the text that training
    never sees. `make fonts` installs the families; without them Hershey's pen strokes serve.

    Parameters
    ----------
    num_train_lines
        Number of training lines that count as an epoch.
    num_held_out_lines
        Number of validation lines, and of test lines.
    min_families
        Refuse to train with fewer handwriting families than this.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = MAPPING
    unit = "lines"

    def __init__(
        self, num_train_lines: int = 20_000, num_held_out_lines: int = 1_000, min_families: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(
            draw=draw_labelled_line,
            num_train=num_train_lines,
            num_held_out=num_held_out_lines,
            min_families=min_families,
            **kwargs,
        )


def draw_labelled_line(hands: Hands, texts: TextSource, rng: np.random.Generator) -> tuple[np.ndarray, list[int]]:
    """Draw a line on the canvas, (56, 1024) uint8, and its labels (S,)."""
    example = draw_example(hands, texts, rng)
    canvas = fit_to_canvas(example.image, int(np.median(example.image)))
    return canvas, encode(example.text, OUTPUT_LENGTH, with_start_end_tokens=True)


if __name__ == "__main__":
    look_at(SyntheticLines)
