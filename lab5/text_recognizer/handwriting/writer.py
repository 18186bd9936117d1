"""A writer: drawn once and kept for a page.

Lengths are in x-heights, angles in degrees. A "jitter" is the standard deviation of a property that changes from word
to word or from letter to letter.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from text_recognizer.handwriting.hands import Hand, Hands

BORROWED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789&?"
MIN_STROKE, MAX_STROKE = 0.07, 0.42  # a finer pen leaves no trace in a small image, a thicker one fills the letters


@dataclass(frozen=True)
class Writer:
    """The properties of one person's handwriting.

    Parameters
    ----------
    hand
        The hand that most letters are in.
    capitals
        The hand for words all in capitals.
    borrowed
        Characters that this writer forms as in another hand.
    stroke
        Width of the pen's stroke.
    slant
        Lean of the letters, to the right if positive.
    stretch
        How wide letters are, 1 as the hand has them.
    ascent
        How high an l reaches above the baseline.
    descent
        How far a g reaches below it.
    word_gap
        Space between words.
    letter_gap
        Space put between letters, or taken away if negative: drawn letter by letter unless it is 0.
    drift
        How far a line climbs, per x-height along it.
    wander
        How far the baseline strays from straight, slowly.
    word_jitter
        Words' size, slant and place: 1 is ordinary.
    letter_jitter
        Letters' size, slant, width and place: 1 is ordinary.
    gap_jitter
        Share by which spaces between words differ.
    elastic
        Random bending of strokes.
    haste
        How much narrower and flatter letters get toward the end of a word.
    """

    hand: Hand
    capitals: Hand
    borrowed: dict[str, Hand]
    stroke: float
    slant: float
    stretch: float
    ascent: float
    descent: float
    word_gap: float
    letter_gap: float
    drift: float
    wander: float
    word_jitter: float
    letter_jitter: float
    gap_jitter: float
    elastic: float
    haste: float

    def varied(self, rng: np.random.Generator) -> "Writer":
        """Return the same writer on another line: pen, slant and spaces differ a little."""
        return replace(
            self,
            stroke=self.stroke * rng.lognormal(0, 0.04),
            slant=self.slant + rng.normal(0, 1.5),
            stretch=self.stretch * rng.lognormal(0, 0.03),
            word_gap=self.word_gap * rng.lognormal(0, 0.08),
            drift=self.drift + rng.normal(0, 0.004),
        )

    def __str__(self) -> str:
        numbers = {field.name: getattr(self, field.name) for field in fields(self)[3:]}
        return f"{self.hand.family}: " + ", ".join(f"{name} {value:.2f}" for name, value in numbers.items())


def draw_writer(hands: Hands, rng: np.random.Generator, **settings: Any) -> Writer:
    """Draw a writer at random; `settings` fix some of the properties."""
    hand = settings.get("hand") or hands.draw(rng)
    drawn: dict[str, Any] = {
        "hand": hand,
        "capitals": hand if hand.look == "everyday" else hands.draw_plain(rng),
        "borrowed": _borrow(hands, rng),
        "stroke": float(np.clip(rng.lognormal(np.log(0.148), 0.22), MIN_STROKE, MAX_STROKE)),
        "slant": float(np.clip(rng.normal(2, 12), -30, 38)),
        "stretch": rng.lognormal(np.log(1.3), 0.25),
        "ascent": float(np.clip(rng.normal(0.4 * hand.ascent + 0.6 * 2.65, 0.4), 1.4, 3.6)),
        "descent": float(np.clip(rng.normal(0.4 * hand.descent + 0.6 * 1.5, 0.35), 0.4, 2.4)),
        "word_gap": float(np.clip(rng.lognormal(np.log(1.1), 0.3), 0.7, 3)),
        "letter_gap": rng.normal(0, 0.12) if rng.random() < 0.25 else 0.0,
        "drift": float(np.clip(rng.normal(0, 0.012 if rng.random() < 0.85 else 0.03), -0.05, 0.05)),
        "wander": abs(rng.normal(0, 0.1)),
        "word_jitter": rng.gamma(4, 0.25),
        "letter_jitter": rng.gamma(4, 0.3),
        "gap_jitter": rng.uniform(0.05, 0.3),
        "elastic": abs(rng.normal(0, 0.055)),
        "haste": max(0.0, rng.normal(0.03, 0.1)),
    }
    return Writer(**(drawn | settings))


def _borrow(hands: Hands, rng: np.random.Generator) -> dict[str, Hand]:
    """Draw the letters that the writer forms as in another hand: people mix the forms that they know."""
    if rng.random() < 0.4:
        return {}
    letters = rng.choice(list(BORROWED), size=int(rng.integers(1, 10)), replace=False)
    return {str(letter): hands.draw(rng) for letter in letters}
