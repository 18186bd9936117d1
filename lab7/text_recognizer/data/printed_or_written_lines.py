"""Lines of print, of handwriting and of both, to teach a network which is which.

Letters in this file: H W image, S cells.
"""

from functools import partial
from typing import Any

import numpy as np

from text_recognizer.data.drawing.drawn import Draw, DrawnData
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH
from text_recognizer.data.prose.notes import NoteSource
from text_recognizer.data.prose.text import TextSource
from text_recognizer.data.world.banks import prepare_bank, read_bank
from text_recognizer.data.world.copiste_hands import has_copiste
from text_recognizer.handwriting.hands import X_HEIGHT, Hands, find_hands
from text_recognizer.handwriting.joined import draw_line_in_any_hand
from text_recognizer.handwriting.world.bank import LineBank
from text_recognizer.handwriting.world.mixed_rows import CELL, Part, Write, draw_mixed_row, hand_of_bank
from text_recognizer.handwriting.world.printed import PrintedFont, find_printed
from text_recognizer.util import UserError
from text_recognizer.wide_vocabulary import WIDE_CHARACTERS

CELL_CLASSES = ("empty", "handwriting", "print")
NOTES = 0.55  # of the texts are no prose
JOINED = 0.35
WIDTH_OF_LETTER = 1.1  # x-heights, roughly
MAX_NUM_TRIES = 20


class PrintedOrWrittenLines(DrawnData):
    """Lines of one to four parts, each printed or handwritten; a label for each eight columns says which.

    On the canvas of `IAMLines`. New lines in each epoch; validation and test lines are always the same, in handwriting
    and printed families that training never sees. Handwriting comes from the engine, and from Copiste if it is present.

    Parameters
    ----------
    num_train_lines
        Number of training lines that count as an epoch.
    num_held_out_lines
        Number of validation lines, and of test lines.
    min_families
        Refuse to train with fewer handwriting families than this.
    num_hands
        Number of hands whose training lines are drawn beforehand; a sixth as many for validation.
    copiste
        Use the real hands of Copiste too, if it is present.
    any_hand
        Share of lines whose handwriting is drawn anew, in any hand, instead of taken from those drawn beforehand.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (IMAGE_WIDTH // CELL,)
    mapping = CELL_CLASSES
    unit = "lines"

    def __init__(
        self,
        num_train_lines: int = 20_000,
        num_held_out_lines: int = 1_000,
        min_families: int = 0,
        num_hands: int = 600,
        copiste: bool = True,
        any_hand: float = 0.4,
        **kwargs: Any,
    ) -> None:
        if num_hands < 1:
            raise UserError(f"--num_hands={num_hands}: expected 1 or more")
        if not 0 <= any_hand <= 1:
            raise UserError(f"--any_hand={any_hand}: expected a share from 0 to 1")
        self.num_hands = {"train": num_hands, "val": max(1, num_hands // 6), "test": max(1, num_hands // 6)}
        self.copiste = copiste
        self.any_hand = any_hand
        super().__init__(
            draw=partial(draw_line, bank=LineBank((), ()), fonts=(), any_hand=any_hand),  # `engine` gives it its lines
            num_train=num_train_lines,
            num_held_out=num_held_out_lines,
            min_families=min_families,
            **kwargs,
        )

    def prepare_data(self) -> None:
        """Draw the lines of the hands, and print which hands are available."""
        super().prepare_data()
        for split, num in self.num_hands.items():
            prepare_bank(split, num, self.copiste)

    def load_splits(self) -> Any:
        """Return data sets that draw each line when it is taken."""
        splits = super().load_splits()
        if self.copiste and has_copiste():
            self.source += "; real hands of Copiste (BAnQ, CC-BY 4.0)"
        return splits

    def engine(self, split: str) -> tuple[Draw, Hands, TextSource]:
        """Return the function that draws the lines of a split, their hands, and the texts to print."""
        draw = partial(draw_line, bank=read_bank(split), fonts=find_printed(split), any_hand=self.any_hand)
        return draw, find_hands(split), NoteSource(split, NOTES, WIDE_CHARACTERS, free_text=self.free_text)


def draw_line(
    hands: Hands,
    texts: TextSource,
    rng: np.random.Generator,
    bank: LineBank,
    fonts: tuple[PrintedFont, ...],
    any_hand: float,
) -> tuple[np.ndarray, list[int]]:
    """Draw a line on the canvas, (56, 1024) uint8, and its labels (S,)."""
    is_new = rng.random() < any_hand
    hand = _new_hand(hands, texts) if is_new else hand_of_bank(bank.hand(rng))
    image, labels = draw_mixed_row(hand, fonts, lambda: texts.line(rng), (IMAGE_HEIGHT, IMAGE_WIDTH), rng)
    return image, labels.tolist()


def _new_hand(hands: Hands, texts: TextSource) -> Write:
    """Return a function that writes in any hand, each time in another."""

    def write(width: float, rng: np.random.Generator) -> Part:
        num = max(1, round(width / WIDTH_OF_LETTER))
        for _ in range(MAX_NUM_TRIES):
            text = texts.line(rng)[:num].strip() or "1"
            line = draw_line_in_any_hand(hands, text, rng, JOINED)
            if line.image.size > 1:
                break
        return Part(line.image, line.baseline, float(X_HEIGHT), printed=False)

    return write
