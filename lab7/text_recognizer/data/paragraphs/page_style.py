"""The size and place of the writing on a page, drawn from distributions fitted to IAM's training pages.

`python -m text_recognizer.data.show.compare_paragraphs --synthetic=SyntheticParagraphs` compares pages with IAM's.
Lengths are in pixels of the canvas.
"""

from dataclasses import dataclass

import numpy as np

from text_recognizer.data.paragraphs.canvas import IMAGE_WIDTH
from text_recognizer.page.layout import LINE_PITCH, MARGIN

# Medians, and standard deviations of the logarithm. IAM's writers had ruled sheets beneath their paper, so their
# letters vary far more in size than their lines in distance.
ZOOM_SPREAD = 0.08  # of the whole page: `page/layout.py` estimates the line pitch with such an error
X_HEIGHT, X_HEIGHT_SPREAD = 6.5, 0.25
CHARACTER_WIDTH, CHARACTER_WIDTH_SPREAD = 10.5, 0.17
STROKE, STROKE_SPREAD = 0.9, 0.2
PAGE_WIDTH, PAGE_WIDTH_DEVIATION = 475, 40
CORNER_DEVIATION = 6
RAGGED_PITCH, RAGGED_MARGIN, DRIFT = 0.03, 4.0, 0.6


@dataclass(frozen=True)
class PageStyle:
    """The style in which a writer fills a page.

    Parameters
    ----------
    pitch
        Distance from one line to the next.
    pitch_jitter
        Standard deviation of the pitch, as a share of it.
    x_height
        Height of an x.
    character_width
        Mean width of a character, with the spaces between words.
    stroke
        Width of the pen's stroke.
    page_width
        Approximate width of the longest lines.
    margin_jitter
        Standard deviation of the lines' left ends.
    margin_drift
        Distance by which each line starts to the right of the one above it.
    corner
        The top left corner of the ink, (x, y).
    """

    pitch: float
    pitch_jitter: float
    x_height: float
    character_width: float
    stroke: float
    page_width: float
    margin_jitter: float
    margin_drift: float
    corner: tuple[float, float]


def draw_style(rng: np.random.Generator) -> PageStyle:
    """Draw a style."""
    zoom = rng.lognormal(0, ZOOM_SPREAD)
    x, y = rng.normal(MARGIN, CORNER_DEVIATION, 2)
    return PageStyle(
        pitch=zoom * LINE_PITCH,
        pitch_jitter=abs(rng.normal(0, RAGGED_PITCH)),
        x_height=zoom * float(np.clip(rng.lognormal(np.log(X_HEIGHT), X_HEIGHT_SPREAD), 4.2, 13)),
        character_width=zoom * rng.lognormal(np.log(CHARACTER_WIDTH), CHARACTER_WIDTH_SPREAD),
        stroke=zoom * rng.lognormal(np.log(STROKE), STROKE_SPREAD),
        page_width=min(zoom * rng.normal(PAGE_WIDTH, PAGE_WIDTH_DEVIATION), IMAGE_WIDTH - 1.5 * MARGIN),
        margin_jitter=abs(rng.normal(0, RAGGED_MARGIN)),
        margin_drift=rng.normal(0, DRIFT),
        corner=(x, y),
    )
