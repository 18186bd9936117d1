"""Draws a fixed evaluation set: some pictures of each kind of page, paper, surroundings and camera.

    python training/draw_world.py                       # into data/processed/world, 6 pictures of each kind
    python training/draw_world.py --dirname=DIRECTORY --num_pictures=2 --kinds=desk,faint
    python training/draw_world.py --on_plain_paper=true # into data/processed/world_plain

The pictures use handwriting and printed families, papers and surroundings that training never sees, and are the same
wherever the same fonts are installed. Beside each are the text of its handwriting (.txt), and all its lines with their
places (.lines.json). `evaluate_recognizer.py --pictures=DIRECTORY` reads them.

With --on_plain_paper, the handwriting of each picture is written again on a plain sheet, or on some sheets if there is
much of it: level, dark, in one column, scanned. What is read wrongly there is the hand's doing and not the picture's;
`studies/compare_with_plain.py` compares the two sets.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from PIL import Image

from text_recognizer.data.prose.text import TextSource
from text_recognizer.data.storage.progress import progress
from text_recognizer.handwriting.hands import describe_hands, find_hands
from text_recognizer.handwriting.world.bank import LineBank, draw_bank
from text_recognizer.handwriting.world.kinds import KINDS, Kind
from text_recognizer.handwriting.world.photograph import Picture
from text_recognizer.handwriting.world.picture import draw_picture
from text_recognizer.handwriting.world.plain_copy import plain_copies
from text_recognizer.handwriting.world.sheet import SheetLine
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError, write_atomically
from training.command_line.flags import FlagParser, add_flags
from training.command_line.settings import one_line_errors

SPLIT = "val"
SEED = 14
NUM_HANDS = 48
MAX_TRIES = 40  # to draw a picture that shows all of its lines
POINT_DISTANCE = 12.0  # pixels: the least distance of the stored points of a line


@dataclass
class WorldSet:
    """What to draw.

    Parameters
    ----------
    dirname
        Directory for the pictures; data/processed/world if null, or data/processed/world_plain for plain sheets.
    num_pictures
        Number of pictures of each kind.
    kinds
        "all", or names of kinds separated by commas.
    on_plain_paper
        Draw the handwriting of each picture on plain sheets, instead of the picture.
    """

    dirname: str | None = None
    num_pictures: int = 6
    kinds: str = "all"
    on_plain_paper: bool = False


def draw(args: WorldSet) -> Path:
    """Draw the set; return its directory."""
    chosen = list(KINDS) if args.kinds == "all" else args.kinds.split(",")
    if unknown := [name for name in chosen if name not in KINDS]:
        raise UserError(f"--kinds={args.kinds}: {unknown[0]!r} is not one of {', '.join(KINDS)}")
    if args.num_pictures < 1:
        raise UserError(f"--num_pictures={args.num_pictures}: expected 1 or more")
    dirname = (
        Path(args.dirname) if args.dirname else PROCESSED_DIRNAME / ("world_plain" if args.on_plain_paper else "world")
    )
    print(describe_hands())
    hands = find_hands(SPLIT)
    texts = TextSource(SPLIT, free_text=True)
    bank = draw_bank(hands, texts, SPLIT, NUM_HANDS, np.random.default_rng(SEED))
    with progress([(name, i) for name in chosen for i in range(args.num_pictures)], "Drawing") as shown:
        for name, i in shown:
            rng = np.random.default_rng([SEED, list(KINDS).index(name), i])
            picture = draw_whole(bank, KINDS[name], rng)
            stem = dirname / f"{name.replace(' ', '_')}_{i + 1:02d}"
            if not args.on_plain_paper:
                write_picture(picture, stem)
                continue
            for sheet, copy in zip(ascii_lowercase, plain_copies(picture.lines, rng), strict=False):
                write_picture(copy, stem.with_name(f"{stem.name}_{sheet}"))
    with write_atomically(dirname / "readme.md") as file:
        file.write(describe(chosen, args).encode())
    return dirname


def draw_whole(bank: LineBank, kind: Kind, rng: np.random.Generator) -> Picture:
    """Draw a picture of a kind that shows all of its lines, with at least one handwritten line."""
    for _ in range(MAX_TRIES):
        picture = draw_picture(bank, kind.scene(rng), SPLIT, rng)
        size = np.array(picture.image.shape[1::-1])
        inside = all((line.polyline > 0).all() and (line.polyline < size).all() for line in picture.lines)
        if inside and any(not line.printed for line in picture.lines):
            return picture
    raise AssertionError(f"{kind.says}: no picture of {MAX_TRIES} shows all of its lines")


def write_picture(picture: Picture, stem: Path) -> None:
    """Write a picture, its handwritten text and its lines."""
    with write_atomically(stem.with_suffix(".jpg" if "word" not in stem.name else ".png")) as file:
        Image.fromarray(picture.image).save(file, format="jpeg" if "word" not in stem.name else "png", quality=92)
    with write_atomically(stem.with_suffix(".txt")) as file:
        file.write("\n".join(line.text for line in picture.lines if not line.printed).encode())
    with write_atomically(stem.with_suffix(".lines.json")) as file:
        file.write(json.dumps({"lines": list(lines_of(picture.lines))}).encode())


def lines_of(lines: list[SheetLine]) -> Iterator[dict]:
    """Describe lines in reading order: text, centre line, height in pixels, and whether it is print."""
    for line in lines:
        step = max(1, round(POINT_DISTANCE / max(1e-6, np.linalg.norm(np.diff(line.polyline, axis=0), axis=1).mean())))
        points = line.polyline[np.unique([*range(0, len(line.polyline), step), len(line.polyline) - 1])]
        polyline = np.round(points, 1).tolist()
        yield {"text": line.text, "polyline": polyline, "height": round(line.height, 1), "printed": line.printed}


def describe(names: list[str], args: WorldSet) -> str:
    """Return the set's readme."""
    flag = " --on_plain_paper=true" * args.on_plain_paper
    plain = "On plain sheets here is what is written by hand on pictures of these kinds:\n\n" * args.on_plain_paper
    rows = "\n".join(f"| {name} | {KINDS[name].says} |" for name in names)
    return f"""# Drawn pictures to evaluate on

`python training/draw_world.py{flag}` drew {args.num_pictures} pictures of each kind, with seed {SEED}, in held-out
handwriting and printed families, on held-out papers and in held-out surroundings. {describe_hands()}.

{plain}| kind | how severe it is |
|---|---|
{rows}

Beside each picture `NAME.txt` holds what is written by hand, in reading order, and `NAME.lines.json` all lines, in
reading order: `text`, `polyline` (points x, y in pixels of the picture along the middle between baseline and x-height,
in reading direction), `height` (pixels from the top of an l to the bottom of a g) and `printed`.
"""


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; a user's mistake is reported in one line."""
    parser = FlagParser(
        allow_abbrev=False, usage="python %(prog)s [--flag=value ...]", description="Draw pictures to evaluate on."
    )
    add_flags(parser, WorldSet)
    with one_line_errors():
        print(f"Pictures: {draw(WorldSet(**vars(parser.parse_args(argv))))}")


if __name__ == "__main__":
    main()
