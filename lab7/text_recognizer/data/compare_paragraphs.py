"""Compares synthetic paragraphs with the real ones that they are made from, by what their pixels and texts show.

`python -m text_recognizer.data.compare_paragraphs` prints histograms of both, one above the other, and how fast
synthetic paragraphs are drawn.

Letters in this file: H W image.
"""

import sys
import time
from collections import defaultdict

import numpy as np
from pytorch_lightning import seed_everything

from text_recognizer.data.iam_paragraphs import IAMParagraphs
from text_recognizer.data.iam_synthetic_paragraphs import IAMSyntheticParagraphs, SyntheticPages
from text_recognizer.data.paragraph_canvas import NEWLINE, decode_paragraph
from text_recognizer.data.stand_in import STAND_IN
from text_recognizer.util import UserError

NUM_PAGES = 400
NUM_BINS = 24
BARS = " ▁▂▃▄▅▆▇█"
INK = 40
SMOOTH = np.exp(-((np.arange(-18, 19) / 6) ** 2) / 2)  # rows; wide enough to join the two storeys of a line
HALF_LINE = 8  # rows above and below the middle of a line that its small letters take
Measures = dict[str, list[float]]


def measure(image: np.ndarray, text: str) -> Measures:
    """Measure one page: (H, W) uint8, white ink on black."""
    ink, lines = image > INK, text.split(NEWLINE)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    middles = middles_of(ink, len(lines))
    starts = [np.flatnonzero(ink[max(0, y - HALF_LINE) : y + HALF_LINE].any(axis=0))[0] for y in middles]
    return {
        "lines": [len(lines)],
        "characters": [len(text)],
        "characters in a line": [len(line) for line in lines],
        "height of the ink": [rows[-1] - rows[0]],
        "width of the ink": [columns[-1] - columns[0]],
        "distance of lines": np.diff(middles).tolist(),
        "left margin of a line": (np.array(starts) - min(starts)).tolist(),
        "rows with ink, %": [100 * len(rows) / (rows[-1] - rows[0] + 1)],
        "ink, % of its box": [100 * ink[rows[0] : rows[-1], columns[0] : columns[-1]].mean()],
    }


def middles_of(ink: np.ndarray, num: int) -> np.ndarray:
    """Find the rows where `num` lines are densest: the highest hills of the smoothed number of pixels with ink."""
    profile = np.convolve(ink.sum(axis=1), SMOOTH, mode="same")
    hills = np.flatnonzero((profile[1:-1] > profile[:-2]) & (profile[1:-1] >= profile[2:])) + 1
    return np.sort(hills[np.argsort(profile[hills])[-num:]])


def measure_all(pages: list[tuple[np.ndarray, str]]) -> Measures:
    """Put the measures of pages together."""
    found: Measures = defaultdict(list)
    for image, text in pages:
        for name, values in measure(image, text).items():
            found[name] += values
    return found


def histograms(real: list[float], synthetic: list[float]) -> list[str]:
    """Return both histograms over the same range, each with its median and the middle nine tenths."""
    low, high = np.percentile(np.concatenate([real, synthetic]), [0.5, 99.5])
    rows = []
    for values in (real, synthetic):
        counts, _ = np.histogram(np.clip(values, low, high), NUM_BINS, (low, max(high, low + 1)))
        bars = "".join(BARS[int(np.ceil(8 * count / counts.max()))] for count in counts)
        rows.append("|{}| {:6.0f} {:6.0f} {:6.0f}".format(bars, *np.percentile(values, [5, 50, 95])))
    return rows


def main() -> None:
    """Print the comparison."""
    seed_everything(42, verbose=False)
    try:
        real, synthetic = IAMParagraphs(augment=False), IAMSyntheticParagraphs(augment=False)
        synthetic.prepare_data()
        (real_pages, *_), (pages, *_) = real.load_splits(), synthetic.load_splits()
    except UserError as error:
        sys.exit(f"error: {error}")
    both = [
        [((x[0] * 255).byte().numpy(), decode_paragraph(y.tolist())) for x, y in (dataset[i] for i in chosen)]
        for dataset, chosen in ((real_pages, range(len(real_pages))), (pages, range(NUM_PAGES)))  # type: ignore[arg-type]
    ]
    first, second = map(measure_all, both)
    kind = STAND_IN if real.is_stand_in else "real"
    print(f"{len(both[0])} {kind} training paragraphs above, {NUM_PAGES} synthetic ones below; lengths in pixels")
    print(f"{'':24}{'':{NUM_BINS + 2}} {'5 %':>6} {'median':>6} {'95 %':>6}")
    for name in first:
        above, below = histograms(first[name], second[name])
        print(f"{name:24}{above}\n{'':24}{below}")
    assert isinstance(pages, SyntheticPages)
    print(f"Drawn at {pages_per_second(pages):.0f} pages/s of one processor's time, as tensors and with labels")


def pages_per_second(pages: SyntheticPages) -> float:
    """Return the speed of drawing, without time for which the processor does other things."""
    start = time.process_time()
    for i in range(NUM_PAGES):
        pages[i]
    return NUM_PAGES / (time.process_time() - start)


if __name__ == "__main__":
    main()
