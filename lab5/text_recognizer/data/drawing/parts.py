"""The engine without some of its parts, for the ablation in `training/studies/ablate_engine.py`."""

from typing import Any

import numpy as np

from text_recognizer.data.prose.text import TextSource
from text_recognizer.handwriting.hands import Hands
from text_recognizer.util import UserError
from text_recognizer.vocabulary import CROSSED_OUT

PARTS = {  # and the effect of leaving each out
    "families": "all lines are in ten handwriting families",
    "jitter": "a writer forms each letter and each word alike, all of them in one hand and on a straight baseline",
    "camera": "every line is a clean scan",
    "text": "the characters of a line come in any order, so that there is no spelling to learn",
}
ALL = "all"
NUM_FEW = 10
JITTER = ("word_jitter", "letter_jitter", "gap_jitter", "elastic", "wander", "haste")


def parse_parts(text: str, flag: str) -> tuple[str, ...]:
    """Read "jitter,camera", "all" or nothing.

    Raises
    ------
    UserError
        For an unknown part, or one that is named twice; `flag` is the name of the flag for the message.
    """
    if text == ALL:
        return tuple(PARTS)
    parts = tuple(part.strip() for part in text.split(",")) if text else ()
    if set(parts) - set(PARTS) or len(set(parts)) < len(parts):
        raise UserError(f"{flag}={text}: expected {ALL}, or some of {', '.join(PARTS)}, each once, separated by commas")
    return parts


def hands_without(parts: tuple[str, ...], hands: Hands) -> Hands:
    """Return the hands of ten families, evenly spaced in the order of their names; all if "families" is not left out.

    Raises
    ------
    UserError
        If there are no more than ten.
    """
    if "families" not in parts:
        return hands
    names = hands.families
    if len(names) <= NUM_FEW:
        raise UserError(
            f"families: without this part {NUM_FEW} handwriting families are used, and there are only {len(names)}: "
            "`make fonts` installs more"
        )
    few = {names[i * len(names) // NUM_FEW] for i in range(NUM_FEW)}
    return Hands(tuple(hand for hand in hands.hands if hand.family in few))


def text_without(parts: tuple[str, ...], texts: TextSource) -> TextSource:
    """Return the text source: with shuffled characters if "text" is left out."""
    return ShuffledText(texts) if "text" in parts else texts


def settings_without(parts: tuple[str, ...]) -> dict[str, Any]:
    """Return the settings for `draw_example`."""
    settings: dict[str, Any] = {"look": "scanned clean"} if "camera" in parts else {}
    if "jitter" in parts:
        settings |= dict.fromkeys(JITTER, 0.0) | {"borrowed": {}}
    return settings


class ShuffledText(TextSource):
    """Lines of a text with shuffled characters; their frequencies and the lengths of words stay the same.

    Parameters
    ----------
    texts
        The text.
    """

    def __init__(self, texts: TextSource) -> None:
        self.words = texts.words

    def line(self, rng: np.random.Generator, length: float | None = None) -> str:
        """Draw a line of about this many characters; as long as IAM's lines if None."""
        text = super().line(rng, length)
        places = [i for i, character in enumerate(text) if character not in (" ", CROSSED_OUT)]
        characters = list(text)
        for place, other in zip(places, rng.permutation(places), strict=True):
            characters[place] = text[other]
        return "".join(characters)
