"""The text of a page, and the canvas that a model reads; maps points of both to the picture of the page.

Letters in this file: H W image. A box is (left, top, right, bottom) in pixels; right and bottom lie just outside.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from text_recognizer.images.constants import Box

Point = tuple[float, float]
TRIM_MARGIN = 16  # pixels of empty canvas that stay below and to the right of the text


@dataclass(frozen=True)
class Page:
    """A page in white ink on black with level lines, at the picture's resolution; very large pictures are reduced.

    Parameters
    ----------
    ink
        (H, W) uint8; the darkest strokes are white.
    text
        (H, W) uint8, 1 for text, 0 for the background, ruled lines, specks and edges of the paper.
    box
        The box around the text.
    matrix
        (2, 3), maps its pixels to the picture: the picture's (x, y) is matrix @ (x, y, 1).
    picture_size
        Width and height of the picture.
    """

    ink: np.ndarray
    text: np.ndarray
    box: Box
    matrix: np.ndarray
    picture_size: tuple[int, int]

    @property
    def zoom(self) -> float:
        """Pixels of the picture per pixel of the page."""
        return float(np.hypot(*self.matrix[:, 0]))

    def on_picture(self, x: float, y: float) -> Point:
        """Return where a point of the page lies on the picture."""
        across, down = self.matrix @ (x, y, 1)
        return float(across), float(down)

    def from_picture(self, points: np.ndarray) -> np.ndarray:
        """Return where points (N, 2) of the picture lie on the page: (N, 2)."""
        return np.linalg.solve(self.matrix[:, :2], (points - self.matrix[:, 2]).T).T

    def clip(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Return a box on the picture in whole pixels, clipped to the picture."""
        width, height = self.picture_size
        x0, x1 = (min(max(0, round(x)), width) for x in (left, right))
        y0, y1 = (min(max(0, round(y)), height) for y in (top, bottom))
        return x0, y0, x1, y1


@dataclass(frozen=True)
class Canvas:
    """A page's text in white ink on black, laid out as in the model's training data.

    Parameters
    ----------
    pixels
        (H, W) uint8.
    origin
        Where its top left corner lies on the page: x and y in the page's pixels, negative outside the page.
    step
        Pixels of the page per pixel of the canvas.
    pitch
        Distance between two lines of text, in pixels of the canvas.
    page
        The page on it.
    """

    pixels: np.ndarray
    origin: Point
    step: float
    pitch: float
    page: Page

    def on_picture(self, x: float, y: float) -> Point:
        """Return where a point of the canvas lies on the picture."""
        return self.page.on_picture(self.origin[0] + x * self.step, self.origin[1] + y * self.step)

    @property
    def line_distance(self) -> float:
        """Distance between two lines of text, in pixels of the picture."""
        return self.pitch * self.step * self.page.zoom


def resized(image: np.ndarray, scale: float) -> np.ndarray:
    """Scale an image (H, W) by a factor."""
    height, width = (max(1, round(scale * length)) for length in image.shape)
    # INTER_AREA averages all pixels that become one: nearest or bilinear sampling would lose thin strokes.
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def trim(pixels: np.ndarray, multiples: tuple[int, int]) -> np.ndarray:
    """Crop most of the empty canvas below and to the right of the text; H and W become multiples of two numbers."""
    left, top, width, height = cv2.boundingRect(pixels)
    lengths = top + height + TRIM_MARGIN, left + width + TRIM_MARGIN
    rows, columns = (-(-length // multiple) * multiple for length, multiple in zip(lengths, multiples, strict=True))
    return pixels[:rows, :columns]
