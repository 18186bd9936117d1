"""Synthetic lines of prose and notes, printed or joined up, in the recogniser's vocabulary.

Letters in this file: H W image, S labels in a row.
"""

from functools import partial
from typing import Any

import numpy as np

from text_recognizer.data.drawing.drawn import Draw, DrawnData
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH, fit_to_canvas
from text_recognizer.data.prose.notes import NoteSource
from text_recognizer.data.prose.text import TextSource
from text_recognizer.data.show.look import look_at
from text_recognizer.handwriting.example import photograph_line
from text_recognizer.handwriting.hands import Hands, find_hands
from text_recognizer.handwriting.joined import draw_line_in_any_hand
from text_recognizer.util import UserError
from text_recognizer.vocabulary import Tokenizer
from text_recognizer.wide_vocabulary import WIDE_CHARACTERS, WIDE_MAPPING

TOKENIZER = Tokenizer(WIDE_MAPPING)
MAX_NUM_TRIES = 20


class WrittenLines(DrawnData):
    """Lines of the handwriting engine, with notes among the prose and joined-up hands among the others.

    On the canvas of `IAMLines`, with labels that begin with its own. Validation and test lines are always the same, in
    handwriting families, with names and from a part of the text that training never sees.

    Parameters
    ----------
    num_train_lines
        Number of training lines that count as an epoch.
    num_held_out_lines
        Number of validation lines, and of test lines.
    min_families
        Refuse to train with fewer handwriting families than this.
    notes
        Share of lines that are no prose: numbers, dates, addresses, lists, single words.
    joined
        Share of lines that are joined up as people wrote before there were ball pens.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = WIDE_MAPPING
    unit = "lines"

    def __init__(
        self,
        num_train_lines: int = 20_000,
        num_held_out_lines: int = 1_000,
        min_families: int = 0,
        notes: float = 0.45,
        joined: float = 0.35,
        **kwargs: Any,
    ) -> None:
        for name, share in (("notes", notes), ("joined", joined)):
            if not 0 <= share <= 1:
                raise UserError(f"--{name}={share}: expected a share from 0 to 1")
        self.notes = notes
        super().__init__(
            draw=partial(draw_written_line, joined=joined),
            num_train=num_train_lines,
            num_held_out=num_held_out_lines,
            min_families=min_families,
            **kwargs,
        )

    def engine(self, split: str) -> tuple[Draw, Hands, TextSource]:
        """Return the function that draws the lines of a split, their hands, and their text."""
        return self.draw, find_hands(split), NoteSource(split, self.notes, WIDE_CHARACTERS, free_text=self.free_text)


def draw_written_line(
    hands: Hands, texts: TextSource, rng: np.random.Generator, joined: float
) -> tuple[np.ndarray, list[int]]:
    """Draw a line on the canvas, (56, 1024) uint8, and its labels (S,)."""
    for _ in range(MAX_NUM_TRIES):
        text = texts.line(rng)
        line = draw_line_in_any_hand(hands, text, rng, joined)
        if line.image.size > 1:
            break
    image = photograph_line(line, rng)
    canvas = fit_to_canvas(image, int(np.median(image)))
    return canvas, TOKENIZER.encode(text, OUTPUT_LENGTH, with_start_end_tokens=True)


if __name__ == "__main__":
    look_at(WrittenLines)
