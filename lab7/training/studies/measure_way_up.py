"""Measures how often the line finder finds out which way up a picture is, of pictures that are turned in four ways.

    python training/studies/measure_way_up.py --pictures=../data/processed/world

It takes the pictures in a folder and its subfolders that have a text beside them. If page.lines.json gives the places
of a picture's lines, the picture is first put upright by them; without that file it should be upright already. The
table compares a single look at the picture with `recognizer/way_up.py`, which looks again where that is unsure, and
with the reader's decision, for which the lines are asked too (`recognizer/way_up_network.py`).
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from text_recognizer.data.storage.progress import progress
from text_recognizer.documents.open_picture import open_pages
from text_recognizer.evaluation.line_matching import ReferenceLine
from text_recognizer.page.colour import to_colour
from text_recognizer.recognizer.artifact_files import SHIPPED_FINDER_DIRNAME, WAY_UP_DIRNAME
from text_recognizer.recognizer.page_finder import PageFinder, SeenPage
from text_recognizer.recognizer.page_reader import PageReader
from text_recognizer.recognizer.way_up import see_upright
from text_recognizer.recognizer.way_up_network import WayUpNetwork
from training.benchmarks.timing import table
from training.command_line.settings import run_command
from training.runs.picture_set import find_pictures, read_lines

WAYS = ("upright", "left side down", "upside down", "right side down")  # after 0 to 3 quarter turns counter-clockwise


@dataclass
class Settings:
    """What to measure.

    Parameters
    ----------
    pictures
        Folder of pictures with texts beside them.
    finder
        Directory of the line finder's artifact.
    way_up_finder
        Directory of the artifact that tells which way up lines are.
    """

    pictures: str
    finder: str = str(SHIPPED_FINDER_DIRNAME)
    way_up_finder: str = str(WAY_UP_DIRNAME)


class CountingFinder:
    """A line finder that remembers what it saw first, and counts how often it was asked."""

    def __init__(self, finder: PageFinder) -> None:
        self.finder = finder
        self.seen: list[SeenPage] = []

    def see(self, picture: np.ndarray) -> SeenPage:
        """See a picture (H, W, 3) uint8."""
        self.seen.append(self.finder.see(picture))
        return self.seen[-1]


def measure(args: Settings) -> str:
    """Turn each picture in four ways; print and return a table."""
    finder = PageFinder(Path(args.finder))
    reader = PageReader(finder, None, way_up_finder=WayUpNetwork(Path(args.way_up_finder)))
    filenames = find_pictures(Path(args.pictures))
    at_once, in_the_end, by_lines, looks = (np.zeros((len(filenames), len(WAYS))) for _ in range(4))
    with progress(filenames, "Turning pictures") as shown:
        for i, filename in enumerate(shown):
            upright = put_upright(to_colour(next(iter(open_pages(filename)))), read_lines(filename))
            for way in range(len(WAYS)):
                counting = CountingFinder(finder)
                picture = np.ascontiguousarray(np.rot90(upright, way))
                found = see_upright(counting, picture).quarters
                needed = -way % 4
                at_once[i, way] = counting.seen[0].maps.up.argmax() == needed
                in_the_end[i, way] = found == needed
                by_lines[i, way] = reader.put_upright(picture).turn.quarters == needed
                looks[i, way] = len(counting.seen)
    kinds = (at_once, in_the_end, by_lines)
    rows = [
        (name, *(f"{kind[:, way].mean():.1%}" for kind in kinds), f"{looks[:, way].mean():.2f} looks")
        for way, name in enumerate(WAYS)
    ]
    all_ways = ("all", *(f"{kind.mean():.1%}" for kind in kinds), f"{looks.mean():.2f} looks")
    head = ("", "first look", "all looks", "with lines", "")
    result = f"{len(filenames)} pictures, put upright\n{table([head, *rows, all_ways])}"
    print(result)
    return result


def put_upright(picture: np.ndarray, lines: Sequence[ReferenceLine] | None) -> np.ndarray:
    """Turn a picture (H, W, 3) by quarters, so that its lines run from left to right."""
    if not lines:
        return picture
    right, down = np.sum([line.polyline[-1] - line.polyline[0] for line in lines], axis=0)
    return np.ascontiguousarray(np.rot90(picture, round(np.arctan2(down, right) / (np.pi / 2)) % 4))


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(measure, Settings, __doc__, argv)


if __name__ == "__main__":
    main()
