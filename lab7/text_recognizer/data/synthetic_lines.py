"""An unlimited number of lines that the handwriting engine draws, on the canvas of IAM's lines.

Letters in this file: H W image, S labels in a row.
"""

from functools import partial
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from text_recognizer.data.drawing.drawn import Draw, DrawnData
from text_recognizer.data.drawing.parts import hands_without, parse_parts, settings_without, text_without
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH, fit_to_canvas
from text_recognizer.data.prose.text import TextSource
from text_recognizer.data.show.look import look_at
from text_recognizer.handwriting.example import draw_example
from text_recognizer.handwriting.hands import Hands
from text_recognizer.vocabulary import MAPPING, encode


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
    engine_without
        Parts of the engine that training lines are drawn without, for comparison: some of families, jitter, camera
        and text, separated by commas, or all. Validation and test lines never lack any.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = MAPPING
    unit = "lines"

    def __init__(
        self,
        num_train_lines: int = 20_000,
        num_held_out_lines: int = 1_000,
        min_families: int = 0,
        engine_without: str = "",
        **kwargs: Any,
    ) -> None:
        self.left_out = parse_parts(engine_without, "--engine_without")
        super().__init__(
            draw=draw_labelled_line,
            num_train=num_train_lines,
            num_held_out=num_held_out_lines,
            min_families=min_families,
            **kwargs,
        )

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return data sets that draw each line when it is taken."""
        splits = super().load_splits()
        if self.left_out:
            self.source += f"; training lines without {', '.join(self.left_out)}"
        return splits

    def engine(self, split: str) -> tuple[Draw, Hands, TextSource]:
        """Return the engine of a split; parts of it are left out for training lines only."""
        draw, hands, text = super().engine(split)
        if split != "train":
            return draw, hands, text
        draw = partial(draw, **settings_without(self.left_out))
        return draw, hands_without(self.left_out, hands), text_without(self.left_out, text)


def draw_labelled_line(
    hands: Hands, texts: TextSource, rng: np.random.Generator, **settings: Any
) -> tuple[np.ndarray, list[int]]:
    """Draw a line on the canvas, (56, 1024) uint8, and its labels (S,); `settings` are those of `draw_example`."""
    example = draw_example(hands, texts, rng, **settings)
    canvas = fit_to_canvas(example.image, int(np.median(example.image)))
    return canvas, encode(example.text, OUTPUT_LENGTH, with_start_end_tokens=True)


if __name__ == "__main__":
    look_at(SyntheticLines)
