"""Joined-up writing of the time before ball pens: slanted, looped, wide, each word in one stroke.

Letters of 1900 to 1960 are in such hands; modern hands and most fonts are not. There are two sources: script families
with connected letters, and Hershey's script letters bent by a `StrokeHand`.

Letters in this file: H W image.
"""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from PIL import Image

from text_recognizer.handwriting.fonts import UNKNOWN, open_font, pixels_of
from text_recognizer.handwriting.hands import X_HEIGHT, Hand, Hands, HersheyHand
from text_recognizer.handwriting.line import DrawnLine, draw_line
from text_recognizer.handwriting.nibs import OLD_KINDS, draw_nib, draw_trace
from text_recognizer.handwriting.recorded import baseline_of, limit_stretch
from text_recognizer.handwriting.stroke_hands import draw_stroke_hand
from text_recognizer.handwriting.traces import draw_motion, draw_old_motion
from text_recognizer.handwriting.writer import Writer, draw_writer
from text_recognizer.images.constants import INK, WHITE

STROKE_SHARE = 0.5  # of joined-up lines are written stroke by stroke, the others in script families
PRINTED_STROKE_SHARE = 0.15  # of all other lines are written stroke by stroke, letter by letter
SCRIPT_SLANT = 20  # degrees that Hershey's script leans already
FORMAL_WEIGHT = 0.4  # of a formal script, an everyday hand being 1
PROBE, MOST_PIECES = "nuanmeu", 2  # a family whose letters hang together writes this in one or two pieces

MAX_NUM_TRIES = 50


def draw_line_in_any_hand(hands: Hands, text: str, rng: np.random.Generator, joined: float) -> DrawnLine:
    """Write a text: joined up so often, otherwise as the engine does, in one hand of all.

    Parameters
    ----------
    hands
        The split's hands.
    text
        Any characters that Hershey has; a hand that lacks one borrows it.
    rng
        Decides everything.
    joined
        How often the line is joined up, from 0 to 1.
    """
    is_held_out = "hershey-scriptc" in hands.families
    if rng.random() < joined and not is_in_capitals(text):
        if rng.random() < STROKE_SHARE:
            return draw_stroke_line(text, rng, joins=True, held_out=is_held_out)
        return draw_line(draw_old_writer(joined_hands(hands), hands.draw_plain(rng), text, rng), text, rng)
    if rng.random() < PRINTED_STROKE_SHARE:
        return draw_stroke_line(text, rng, joins=False, held_out=is_held_out)
    writer = draw_writer(hands, rng)
    return draw_line(replace(writer, borrowed=writer.borrowed | _borrow(writer.hand, hands, text, rng)), text, rng)


def draw_stroke_line(text: str, rng: np.random.Generator, joins: bool, held_out: bool = False) -> DrawnLine:
    """Write a text with Hershey's letters, bent; joined up with the motions and nibs of old, or printed."""
    trace = draw_stroke_hand(rng, joins, held_out).write(text, rng)
    motion = draw_old_motion(rng) if joins else draw_motion(rng)
    if joins:  # the letters lean and are small and wide already
        changes = {"slant": motion.slant - SCRIPT_SLANT, "core": motion.core + 0.22, "stretch": motion.stretch / 1.35}
        motion = replace(motion, joined=0.0, **changes)
    moved = limit_stretch(motion, trace).apply(trace, rng)
    ink = draw_trace(moved, draw_nib(rng, OLD_KINDS if joins else None), rng)
    return DrawnLine(ink, baseline_of(ink), [])


def draw_old_writer(hands: Hands, capitals: Hand, text: str, rng: np.random.Generator) -> Writer:
    """Draw a writer with joined, slanted letters; words in `capitals` are neither joined nor slanted."""
    hand = hands.draw(rng)
    settings = {
        "capitals": capitals,
        "borrowed": _borrow(hand, hands, text, rng),
        "slant": float(np.clip(rng.normal(14, 10), -10, 38)),
        "stretch": float(np.clip(rng.lognormal(np.log(1.45), 0.22), 0.9, 2.1)),
        "ascent": float(np.clip(rng.normal(0.4 * hand.ascent + 0.6 * 3.0, 0.45), 1.8, 4.0)),
        "descent": float(np.clip(rng.normal(0.4 * hand.descent + 0.6 * 1.7, 0.4), 0.6, 2.6)),
        "stroke": float(np.clip(rng.lognormal(np.log(0.125), 0.28), 0.07, 0.35)),
        "word_gap": float(np.clip(rng.lognormal(np.log(1.3), 0.3), 0.8, 3)),
        "letter_gap": 0.0,
        "elastic": abs(rng.normal(0, 0.035)),
    }
    return draw_writer(hands, rng, hand=hand, **settings)


def is_in_capitals(text: str) -> bool:
    """Tell whether more than half of a text's letters are capitals: nobody joins those."""
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(letter.isupper() for letter in letters) > len(letters)


@cache
def joined_hands(hands: Hands) -> Hands:
    """Return the hands with connected letters, everyday families with the same weight; without any, all hands."""
    chosen = [hand for hand in hands.hands if hangs_together(hand)]
    families = [hand.family for hand in chosen]
    weights = [(FORMAL_WEIGHT if hand.look == "formal" else 1) / families.count(hand.family) for hand in chosen]
    weighted = (replace(hand, weight=weight) for hand, weight in zip(chosen, weights, strict=True))
    return Hands(tuple(weighted)) if chosen else hands


def hangs_together(hand: Hand) -> bool:
    """Tell whether the letters of a word form one connected component."""
    image = Image.new("L", (20 * X_HEIGHT, 6 * X_HEIGHT))
    hand.draw(image, PROBE, X_HEIGHT, 4 * X_HEIGHT, 0)
    ink = cv2.threshold(np.asarray(image), INK, WHITE, cv2.THRESH_BINARY)[1]
    return cv2.connectedComponents(ink)[0] - 1 <= MOST_PIECES


@cache
def can_write(hand: Hand, character: str) -> bool:
    """Tell whether a hand has a character; Hershey's have all that the engine writes."""
    if isinstance(hand, HersheyHand):
        return True
    font = open_font(hand.filename, hand.size)
    return pixels_of(font, character) not in (pixels_of(font, UNKNOWN), b"")


def _borrow(hand: Hand, hands: Hands, text: str, rng: np.random.Generator) -> dict[str, Hand]:
    """Return a hand for each character of a text that `hand` lacks."""
    borrowed = {}
    for character in sorted(set(text) - {" "}):
        if not can_write(hand, character):
            candidates = (hands.draw(rng) for _ in range(MAX_NUM_TRIES))
            found = next((other for other in candidates if can_write(other, character)), None)
            if found is not None:
                borrowed[character] = found
    return borrowed
