"""Papers and inks: plain, ruled, squared and dotted, with margins, holes, folds, and show-through of the other side.

Colours are red, green and blue. Letters in this file: H W image.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from text_recognizer.handwriting.world.layouts import PRINT_PEN
from text_recognizer.handwriting.world.sheet import RULE, Sheet
from text_recognizer.images.augment import BANK_DEVIATION, GRAINS, draw_texture
from text_recognizer.images.constants import WHITE

Colour = tuple[float, float, float]

# Training never uses the papers and rules of validation.
PAPERS: dict[str, tuple[Colour, ...]] = {
    "train": (
        (255, 255, 255),
        (250, 250, 248),
        (236, 234, 228),
        (245, 238, 215),
        (238, 230, 160),
        (205, 190, 160),
        (220, 226, 235),
        (190, 188, 186),
    ),
    "val": ((252, 253, 255), (228, 240, 224), (244, 222, 224), (233, 222, 200)),
}
RULES: dict[str, tuple[Colour, ...]] = {
    "train": ((120, 160, 210), (150, 150, 150), (90, 110, 160), (60, 60, 60), (200, 140, 150)),
    "val": ((120, 180, 140), (160, 130, 190)),
}
KINDS = {"train": ("ruled", "squared", "dotted", "double"), "val": ("ruled", "squared", "dotted", "graph")}
INKS: tuple[Colour, ...] = (
    (20, 20, 22),
    (35, 35, 40),
    (25, 35, 110),
    (30, 60, 150),
    (10, 20, 70),
    (150, 30, 35),
    (20, 95, 60),
    (80, 30, 110),
    (90, 90, 92),
)
CHALKS: tuple[Colour, ...] = ((245, 245, 240), (240, 230, 150), (240, 190, 190), (190, 220, 245))
BOARDS: tuple[Colour, ...] = ((35, 60, 48), (30, 32, 34), (40, 42, 70))


@dataclass(frozen=True)
class Paper:
    """A paper and the inks on it; drawn once for a sheet.

    Parameters
    ----------
    colour
        The colour of the paper.
    kind
        The rules printed on it: "plain" for none, or one of KINDS.
    start, pitch
        The place of the first rule, and the distance between two, in pixels.
    rule_colour, rule_width, rule_dark
        Colour, width in pixels, and darkness from 0 to 1 of the rules.
    inks
        The colours of the pens, by number.
    contrast
        The contrast of handwriting and of print against the paper, as shares of full contrast.
    texture
        The unevenness of the paper, as a share of white.
    bleed
        The show-through of the other side's writing, as a share of its contrast.
    """

    colour: Colour
    kind: str
    start: float
    pitch: float
    rule_colour: Colour
    rule_width: float
    rule_dark: float
    inks: tuple[Colour, ...]
    contrast: tuple[float, float]
    texture: float
    bleed: float


def draw_paper(pitch: float, size: tuple[int, int], split: str, rng: np.random.Generator, board: bool = False) -> Paper:
    """Draw a paper for lines about `pitch` pixels apart; a board is light or dark and has no rules."""
    dark = board and rng.random() < 0.45
    plain = board or rng.random() < 0.5
    step = pitch * (1.0 if rng.random() < 0.75 else 0.5)
    split = "train" if split == "train" else "val"
    kinds, rules, papers = KINDS[split], RULES[split], PAPERS[split]
    kind = "plain" if plain or pitch < 10 else str(rng.choice(kinds))
    if kind in ("squared", "dotted", "graph"):
        step = pitch / float(rng.choice([1, 2, 2, 3]))
    colour = BOARDS[rng.integers(len(BOARDS))] if dark else papers[0 if board else rng.integers(len(papers))]
    inks = CHALKS if dark else INKS
    faint = rng.random() < 0.25
    strength = rng.uniform(0.1, 0.4) if faint else rng.uniform(0.4, 1)
    unit = max(size) / 1024
    return Paper(
        _near(colour, rng),
        kind,
        pitch * rng.uniform(0.2, 2.5),
        max(step, 5.0),
        rules[rng.integers(len(rules))],
        unit * rng.choice([1, 1, 1, 2]),
        float(rng.uniform(0.15, 1)),
        tuple(inks[i] for i in rng.permutation(len(inks))[:3]) if rng.random() < 0.7 else (inks[0],) * 3,
        (float(strength), float(rng.uniform(0.3, 1))),
        float(rng.uniform(0, 0.03)),
        float(rng.uniform(0.03, 0.2)) if rng.random() < 0.12 else 0.0,
    )


def _near(colour: Colour, rng: np.random.Generator) -> Colour:
    red, green, blue = np.clip(np.asarray(colour) * rng.normal(1, 0.015, 3), 0, WHITE).tolist()
    return red, green, blue


def rule_paper(sheet: Sheet, paper: Paper, rng: np.random.Generator) -> None:
    """Draw the paper's rules on a sheet, before anything is written on it."""
    height, width = sheet.size
    if paper.kind == "dotted":
        _dot(sheet, paper)
    elif paper.kind != "plain":
        left = 0.0 if rng.random() < 0.7 else width * rng.uniform(0, 0.08)
        for i, y in enumerate(np.arange(paper.start, height, paper.pitch)):
            heavy = 2.0 if paper.kind == "graph" and i % 5 == 0 else 1.0
            sheet.rule((left, y), (width - left, y), heavy * paper.rule_width, paper.rule_dark)
            if paper.kind == "double":
                sheet.rule(
                    (left, y - 0.35 * paper.pitch), (width - left, y - 0.35 * paper.pitch), 1, 0.6 * paper.rule_dark
                )
        if paper.kind in ("squared", "graph"):
            for i, x in enumerate(np.arange(left + paper.start % paper.pitch, width - left, paper.pitch)):
                heavy = 2.0 if paper.kind == "graph" and i % 5 == 0 else 1.0
                sheet.rule((x, 0), (x, height), heavy * paper.rule_width, paper.rule_dark)
    if paper.kind != "plain" and rng.random() < 0.35:
        x = width * (rng.uniform(0.06, 0.16) if rng.random() < 0.8 else rng.uniform(0.85, 0.95))
        sheet.rule((x, 0), (x, height), paper.rule_width, min(1.0, 1.3 * paper.rule_dark))


def _dot(sheet: Sheet, paper: Paper) -> None:
    height, width = sheet.size
    for y in np.arange(paper.start % paper.pitch, height, paper.pitch).astype(int):
        for x in np.arange(paper.start % paper.pitch, width, paper.pitch).astype(int):
            cv2.circle(sheet.rules, (x, y), max(1, round(paper.rule_width)) - 1, WHITE * paper.rule_dark, -1)
    np.bitwise_or(sheet.labels, np.where(sheet.rules > 0, RULE, 0).astype(np.uint8), out=sheet.labels)


def colour_sheet(sheet: Sheet, paper: Paper, rng: np.random.Generator) -> np.ndarray:
    """Return the picture of a sheet: (H, W, 3) uint8."""
    blank = np.empty((*sheet.size, 3), np.uint8)
    blank[:] = np.round(paper.colour).astype(np.uint8)
    image = blend(blank, sheet.rules, paper.rule_colour, 1.0)
    if paper.bleed and sheet.inks:
        other = cv2.GaussianBlur(np.ascontiguousarray(next(iter(sheet.inks.values()))[:, ::-1]), (0, 0), 1.2)
        image = blend(image, np.roll(other, int(rng.integers(1, 40)), axis=0), paper.inks[0], paper.bleed)
    for pen, ink in sheet.inks.items():
        strength = paper.contrast[pen == PRINT_PEN]
        if rng.random() < 0.4:
            ink = _uneven(ink, rng)
        image = blend(image, ink, INKS[0] if pen == PRINT_PEN else paper.inks[pen % 3], strength)
    if paper.texture:
        weight = WHITE * paper.texture / BANK_DEVIATION
        texture = cv2.merge([draw_texture(sheet.size, len(GRAINS), rng)] * 3)
        image = np.asarray(cv2.addWeighted(image, 1, texture, weight, -128 * weight))
    return image


def blend(image: np.ndarray, cover: np.ndarray, colour: Colour, strength: float) -> np.ndarray:
    """Blend a colour into an image (H, W, 3), weighted by `cover` (H, W) uint8."""
    share = cv2.merge([cv2.convertScaleAbs(cover, alpha=strength)] * 3)
    ink = cv2.multiply(share, np.array((*colour, 0.0)), scale=1 / WHITE)
    return np.asarray(cv2.add(cv2.multiply(image, cv2.bitwise_not(share), scale=1 / WHITE), ink))


def _uneven(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Vary the ink along the strokes, as with a pencil."""
    loss = rng.uniform(0.1, 0.5)
    texture = draw_texture(ink.shape, 4, rng)
    return cv2.multiply(ink, cv2.convertScaleAbs(texture, alpha=loss, beta=WHITE * (1 - loss)), scale=1 / WHITE)


def fold(image: np.ndarray, rng: np.random.Generator) -> None:
    """Draw a fold into a sheet's picture (H, W, 3): a crease, and different light on one side."""
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        across = rng.random() < 0.6
        place = int((height if across else width) * rng.choice([1 / 3, 1 / 2, 2 / 3]) * rng.uniform(0.95, 1.05))
        side = image[place:] if across else image[:, place:]
        cv2.convertScaleAbs(side, side, alpha=rng.uniform(0.9, 1.0))
        crease = image[place : place + 2] if across else image[:, place : place + 2]
        cv2.convertScaleAbs(crease, crease, alpha=rng.uniform(0.75, 1.12))


def punch(image: np.ndarray, beneath: Colour, rng: np.random.Generator) -> None:
    """Punch holes into a sheet's picture (H, W, 3), two to four or those of a spiral."""
    height, width = image.shape[:2]
    spiral = rng.random() < 0.4
    at_left = rng.random() < 0.75
    length, room = (height, width) if at_left else (width, height)
    num = int(rng.integers(15, 45)) if spiral else int(rng.integers(2, 5))
    radius = max(2, round(room * (0.007 if spiral else 0.013)))
    for place in np.linspace(0.06, 0.94, num) * length:
        at = int(room * 0.025), int(place)
        cv2.circle(image, at if at_left else at[::-1], radius, beneath, -1, cv2.LINE_AA)
        if spiral:
            near, far = (0, int(place) - radius), (2 * radius + int(room * 0.02), int(place))
            if not at_left:
                near, far = near[::-1], far[::-1]
            cv2.line(image, near, far, (70, 70, 75), max(1, radius // 3), cv2.LINE_AA)
