"""Draws pictures as people take them, and cuts their lines out as the recogniser does, to train the line model on.

    python training/draw_strips.py                                  # into data/processed/world_strips/strips_1.zip
    python training/draw_strips.py --seed=2 --num_pictures=3000     # more of them, beside the first
    python training/draw_strips.py --seed=3 --real=iam,copiste      # real lines on such pictures

The strips show what a line looks like that was found on a board, a form or a desk: grain, remnants of rules, pieces of
print and of other lines. Nothing of `draw_world.py` is among them: hands, papers and surroundings are those of
training. The engine writes, or, with --real=copiste or --real=iam,copiste, there are whole real lines, in texts that
are broad enough for them. `--data_class=WorldReaderLines --sources=WorldStrips:0.2,…` mixes them with other lines.
"""

import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from PIL import Image

from text_recognizer.data.copiste_lines import find_copiste
from text_recognizer.data.iam import IAM
from text_recognizer.data.prose.notes import NoteSource
from text_recognizer.data.storage.progress import progress
from text_recognizer.data.storage.stand_in import MARKER_NAME, marker_of
from text_recognizer.data.world.whole_lines import whole_lines_of_copiste, whole_lines_of_iam
from text_recognizer.data.world_strips import LISTING, filename_of
from text_recognizer.evaluation.line_matching import ReferenceLine, owners_of
from text_recognizer.handwriting.hands import describe_hands, find_hands
from text_recognizer.handwriting.world.bank import LineBank, draw_bank
from text_recognizer.handwriting.world.kinds import KINDS, SIDE
from text_recognizer.handwriting.world.photograph import Picture
from text_recognizer.handwriting.world.picture import Scene, draw_layout_name, draw_picture
from text_recognizer.page.cut_lines import STRIP_MARGIN, LineStrip
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME
from text_recognizer.recognizer.page_finder import PageFinder
from text_recognizer.recognizer.page_reader import PageReader
from text_recognizer.recognizer.print_network import PrintNetwork
from text_recognizer.util import UserError, write_atomically
from text_recognizer.wide_vocabulary import WIDE_CHARACTERS
from training.command_line.flags import FlagParser, add_flags
from training.command_line.settings import one_line_errors

SPLIT = "train"
PICTURES_OF_BANK = 60
NUM_HANDS = 40  # of a bank
NOTES = 0.35  # of the texts are no prose
OF_KINDS = 0.6  # of the pictures are of the kinds of `draw_world.py`; in the others everything is drawn at random
# The kinds with the hardest strips are drawn more often; the others have weight 1.
HARD = {"board": 4.0, "faint": 3.0, "form": 2.0, "data form": 2.0, "table": 2.0, "dotted": 2.0, "desk 40": 2.0}
REAL = {"iam": whole_lines_of_iam, "copiste": whole_lines_of_copiste}
# Layouts whose lines may be as long as real lines, with the fewest and most lines of a picture.
BROAD = {"paragraph": (18, 34), "letter": (20, 40), "full": (24, 45), "sparse": (18, 34), "board": (14, 24)}
DASH = "- "  # before an item of a list; it lies before the beginning of the item's line
STEP = 4  # pixels of a strip between the points of its centre line whose owners are asked
OTHERS = 0.05  # share of these points that may lie on other lines
ENDS = 0.5  # heights: a line's ends must be as near to one of these points
NEAR = 0.75  # heights: no other line's middle may be as near to one
WIPED = 2  # strip heights: a wider gap without any ink may be a word that was taken for print


@dataclass
class StripSet:
    """What to draw.

    Parameters
    ----------
    num_pictures
        Number of pictures; each has about nine lines that are found whole.
    seed
        The seed of the pictures, and the number of the file.
    real
        Write whole lines of iam, copiste or both (separated by a comma) instead of the engine's.
    """

    num_pictures: int = 2_000
    seed: int = 1
    real: str = ""


def draw(args: StripSet) -> Path:
    """Draw the pictures and store their strips; return the file."""
    if args.num_pictures < 1:
        raise UserError(f"--num_pictures={args.num_pictures}: expected 1 or more")
    if args.seed < 0:
        raise UserError(f"--seed={args.seed}: expected 0 or more")
    real = [name for name in args.real.split(",") if name]
    if unknown := [name for name in real if name not in REAL]:
        raise UserError(f"--real={args.real}: {unknown[0]!r} is not one of {', '.join(REAL)}")
    filename = filename_of(args.seed)
    if filename.exists():
        raise UserError(f"{filename} exists: delete it, or draw others with --seed={args.seed + 1}")
    marks = [mark for name in real if (mark := mark_of(name))]
    print(describe_hands())
    reader = PageReader(
        PageFinder(ARTIFACTS_DIRNAME / "line_finder"),
        line_reader=None,
        print_finder=PrintNetwork.load(ARTIFACTS_DIRNAME / "print_finder", without_torch=False),
    )
    rows = []
    with write_atomically(filename) as file, zipfile.ZipFile(file, "w") as archive:
        with progress(range(args.num_pictures), "Drawing") as shown:
            for index, picture in draw_pictures(shown, args.seed, real):
                for number, (strip, text) in enumerate(strips_with_texts(picture, reader)):
                    name = f"{index:05d}_{number:02d}.png"
                    archive.writestr(name, as_png(strip.pixels))
                    rows.append({"image": name, "page": f"{index:05d}", "text": text})
        archive.writestr(LISTING, "".join(json.dumps(row) + "\n" for row in rows))
        if marks:
            archive.writestr(MARKER_NAME, marks[0])
    print(f"{len(rows):,} strips")
    return filename


def mark_of(name: str) -> str:
    """Print the terms of real lines; return the mark of a stand-in for them, or an empty text."""
    if name == "iam":
        iam = IAM()
        print(f"{iam.licence}.")
        return marker_of(iam.filename)
    return marker_of(find_copiste())


def draw_pictures(indices: Iterable[int], seed: int, real: Sequence[str]) -> Iterator[tuple[int, Picture]]:
    """Draw pictures of all kinds, in hands that change from time to time, or in real ones."""
    hands = find_hands(SPLIT)
    texts = NoteSource(SPLIT, NOTES, WIDE_CHARACTERS, free_text=True)
    # Printing the lines of print takes longest, so these stay.
    bank = draw_bank(hands, texts, SPLIT, 0, np.random.default_rng(seed))
    bank = bank.with_hands([hand for name in real for hand in REAL[name](SPLIT)])
    for index in indices:
        if index % PICTURES_OF_BANK == 0 and not real:
            rng = np.random.default_rng([seed, index, 1])
            new = draw_bank(hands, texts, SPLIT, NUM_HANDS, rng, with_print=False)
            bank = LineBank(new.written, bank.printed)
        rng = np.random.default_rng([seed, index])
        scene = draw_broad_scene(rng) if real else draw_scene(rng)
        yield index, draw_picture(bank, scene, SPLIT, rng)


def draw_scene(rng: np.random.Generator) -> Scene:
    """Draw the settings of a picture, upright: the finder is not what is trained here."""
    if rng.random() < OF_KINDS:
        weights = np.array([HARD.get(name, 1.0) for name in KINDS])
        name = str(rng.choice(list(KINDS), p=weights / weights.sum()))
        return replace(KINDS[name].scene(rng), turns=0)
    shorter = round(SIDE * rng.uniform(0.6, 0.85))
    shape = (SIDE, shorter) if rng.random() < 0.6 else (shorter, SIDE)
    layout = draw_layout_name(rng)
    return Scene(shape, layout, angle=float(rng.normal(0, 1.5)) if rng.random() < 0.5 else 0.0)


def draw_broad_scene(rng: np.random.Generator) -> Scene:
    """Draw the settings of a picture whose lines are long enough for whole real lines."""
    while True:
        scene = draw_scene(rng)
        if scene.layout in BROAD:
            fewest, most = BROAD[scene.layout]
            return replace(scene, num_lines=float(rng.uniform(fewest, most)))


def strips_with_texts(picture: Picture, reader: PageReader) -> Iterator[tuple[LineStrip, str]]:
    """Yield the strips of a picture that hold one whole handwritten line each, with their texts."""
    lines = [ReferenceLine(line.text, line.polyline, line.height, line.printed) for line in picture.lines]
    size = np.array(picture.image.shape[1::-1])
    for row in reader.strips_of(picture.image):
        for strip in row:
            line = line_of(strip, lines)
            if line is not None and (line.polyline > 0).all() and (line.polyline < size).all():
                yield strip, line.text


def line_of(strip: LineStrip, lines: list[ReferenceLine]) -> ReferenceLine | None:
    """Return the handwritten line that a strip shows as a whole, and no other; None if there is none.

    What else the strip shows, such as a rule, a desk, or writing on the back of the sheet, is for the model to ignore.
    """
    xs = np.arange(STRIP_MARGIN, strip.pixels.shape[1] - STRIP_MARGIN + 1, STEP)
    middle = strip.top / strip.step  # the row of the centre line
    places = np.array([strip.on_picture(float(x), middle) for x in xs])
    owners = [owner for owner in owners_of(places, lines) if owner >= 0]
    if not owners:
        return None
    most = max(set(owners), key=owners.count)
    line = lines[most]
    start, end = line.polyline[0], line.polyline[-1]
    runs_back = np.dot(places[-1] - places[0], end - start) < 0  # it was cut upside down
    if line.printed or runs_back or len(owners) - owners.count(most) > OTHERS * len(xs):
        return None
    away = max(float(np.linalg.norm(places - point, axis=1).min()) for point in (start, end))
    is_cut = away > ENDS * line.height
    is_wiped = widest_gap(strip.pixels[:, STRIP_MARGIN:-STRIP_MARGIN]) > WIPED * strip.pixels.shape[0]
    start_x = int(xs[np.linalg.norm(places - start, axis=1).argmin()])
    lacks_dash = line.text.startswith(DASH) and not strip.pixels[:, :start_x].any()  # it was cut off as a rule
    holds_other = any(
        np.linalg.norm(places - other.polyline[len(other.polyline) // 2], axis=1).min() < NEAR * other.height
        for other in lines
        if other is not line
    )
    return None if is_cut or is_wiped or lacks_dash or holds_other else line


def widest_gap(pixels: np.ndarray) -> int:
    """Return the width of the widest gap without ink between a strip's first and last column with ink: (H, W)."""
    columns = np.flatnonzero(pixels.any(axis=0))
    return int(np.diff(columns).max()) if len(columns) > 1 else 0


def as_png(pixels: np.ndarray) -> bytes:
    """Return an image (H, W) uint8 as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    return buffer.getvalue()


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; a user's mistake is reported in one line."""
    parser = FlagParser(
        allow_abbrev=False,
        usage="python %(prog)s [--flag=value ...]",
        description="Draw pictures, and cut out their lines to train on.",
    )
    add_flags(parser, StripSet)
    with one_line_errors():
        print(f"Strips: {draw(StripSet(**vars(parser.parse_args(argv))))}")


if __name__ == "__main__":
    main()
