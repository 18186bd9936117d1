"""Compares synthetic paragraphs with IAM's training paragraphs, by statistics of their pixels and texts.

`python -m text_recognizer.data.show.compare_paragraphs` prints histograms of both, one above the other, and the speed
at which synthetic paragraphs are drawn: those composed of IAM's lines, or the data set named by `--synthetic`.

Letters in this file: H W image.
"""

import argparse
import inspect
import sys
import time
from collections import defaultdict

import numpy as np
import torch
from pytorch_lightning import seed_everything

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.iam_paragraphs import IAMParagraphs
from text_recognizer.data.iam_synthetic_paragraphs import IAMSyntheticParagraphs
from text_recognizer.data.paragraphs.canvas import PARAGRAPH_TOKENIZER
from text_recognizer.data.storage.stand_in import STAND_IN
from text_recognizer.data.synthetic_paragraphs import SyntheticParagraphs
from text_recognizer.handwriting.look_stats import measure_line
from text_recognizer.images.constants import INK
from text_recognizer.images.regions import ink_of
from text_recognizer.util import UserError
from text_recognizer.vocabulary import NEWLINE

NUM_PAGES = 400
NUM_BINS = 24
BARS = " ▁▂▃▄▅▆▇█"
SMOOTH = np.exp(-((np.arange(-18, 19) / 6) ** 2) / 2)  # kernel in rows, wide enough to give one peak per line
HALF_LINE = 8  # rows above and below the centre of a line that its small letters cover
WHOLE_LINE = 20  # rows above and below the centre that all its letters cover, and few of the next line's
SYNTHETIC = {cls.__name__: cls for cls in (IAMSyntheticParagraphs, SyntheticParagraphs)}
Measures = dict[str, list[float]]


def measure(image: np.ndarray, text: str) -> Measures:
    """Measure one page: (H, W) uint8, white ink on black."""
    page = ink_of(image)
    lines = text.split(NEWLINE)
    ink = page > INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    middles = middles_of(ink, len(lines))
    y = middles[len(lines) // 2]  # one line suffices, because its slant takes long to find
    letters = measure_line(page[max(0, y - WHOLE_LINE) : y + WHOLE_LINE], lines[len(lines) // 2])
    starts = [np.flatnonzero(ink[max(0, y - HALF_LINE) : y + HALF_LINE].any(axis=0))[0] for y in middles]
    return {
        "lines": [len(lines)],
        "characters": [len(text)],
        "characters in a line": [len(line) for line in lines],
        "height of the ink": [rows[-1] - rows[0]],
        "width of the ink": [columns[-1] - columns[0]],
        "distance of lines": np.diff(middles).tolist(),
        "left margin of a line": (np.array(starts) - min(starts)).tolist(),
        **{name: [letters[name]] for name in ("x-height", "character width", "stroke width")},
        "rows with ink, %": [100 * len(rows) / (rows[-1] - rows[0] + 1)],
        "ink, % of its box": [100 * ink[rows[0] : rows[-1], columns[0] : columns[-1]].mean()],
    }


def middles_of(ink: np.ndarray, num: int) -> np.ndarray:
    """Find the rows where `num` lines are densest: the highest peaks of the smoothed projection profile."""
    profile = np.convolve(ink.sum(axis=1), SMOOTH, mode="same")
    hills = np.flatnonzero((profile[1:-1] > profile[:-2]) & (profile[1:-1] >= profile[2:])) + 1
    return np.sort(hills[np.argsort(profile[hills])[-num:]])


def measure_all(pages: list[tuple[np.ndarray, str]]) -> Measures:
    """Concatenate the measures of pages."""
    found: Measures = defaultdict(list)
    for image, text in pages:
        for name, values in measure(image, text).items():
            found[name] += values
    return found


def histograms(real: list[float], synthetic: list[float]) -> list[str]:
    """Return both histograms over the same range, each with its 5th, 50th and 95th percentile."""
    low, high = np.percentile(np.concatenate([real, synthetic]), [0.5, 99.5])
    rows = []
    for values in (real, synthetic):
        counts, _ = np.histogram(np.clip(values, low, high), NUM_BINS, (low, max(high, low + 1)))
        bars = "".join(BARS[int(np.ceil(8 * count / counts.max()))] for count in counts)
        rows.append("|{}| {:6.3g} {:6.3g} {:6.3g}".format(bars, *np.percentile(values, [5, 50, 95])))
    return rows


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m text_recognizer.data.show.compare_paragraphs", description=__doc__)
    parser.add_argument("--synthetic", choices=SYNTHETIC, default=IAMSyntheticParagraphs.__name__, help="which pages")
    args = parser.parse_args(argv)
    seed_everything(42, verbose=False)
    try:
        real, synthetic = IAMParagraphs(augment=False), make(args.synthetic)
        for data in (real, synthetic):
            data.prepare_data()
        (real_pages, *_), (pages, *_) = real.load_splits(), synthetic.load_splits()
    except UserError as error:
        sys.exit(f"error: {error}")
    above = [as_drawn(real_pages[i]) for i in range(len(real_pages))]  # type: ignore[arg-type]
    start = time.process_time()  # CPU time, without other processes' share
    below = [as_drawn(pages[i]) for i in range(NUM_PAGES)]
    seconds = time.process_time() - start
    first, second = measure_all(above), measure_all(below)
    kind = STAND_IN if real.is_stand_in else "real"
    print(f"{len(above)} {kind} training paragraphs above, {NUM_PAGES} synthetic ones below; lengths in pixels")
    print(f"{'':24}{'':{NUM_BINS + 2}} {'5 %':>6} {'median':>6} {'95 %':>6}")
    for name in first:
        rows = histograms(first[name], second[name])
        print(f"{name:24}{rows[0]}\n{'':24}{rows[1]}")
    print(f"Drawn at {NUM_PAGES / seconds:.0f} pages/s of one processor's time, as tensors and with labels")


def make(name: str) -> BaseDataModule:
    """Return a data set of synthetic paragraphs, without augmentation if it has any."""
    cls = SYNTHETIC[name]
    return cls(augment=False) if "augment" in inspect.signature(cls).parameters else cls()


def as_drawn(example: tuple[torch.Tensor, torch.Tensor]) -> tuple[np.ndarray, str]:
    """Return a page (H, W) uint8 and its text."""
    image, labels = example
    return (image[0] * 255).byte().numpy(), PARAGRAPH_TOKENIZER.decode(labels)


if __name__ == "__main__":
    main()
