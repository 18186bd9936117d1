"""The geometry of a sheet in a picture, tilted, rotated and curled: maps points and pixels between the two.

Letters in this file: H W picture, N points.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

STEP = 8  # pixels between two points where the map is computed exactly


@dataclass(frozen=True)
class View:
    """A map between a sheet and a picture of it.

    Parameters
    ----------
    matrix
        (3, 3) homography from the flat sheet to the picture.
    size
        Height and width of the sheet.
    curl
        (M, 4) waves of the paper: amplitude in pixels of the sheet, periods along the width, phase, and the growth of
        the amplitude towards the lower edge.
    """

    matrix: np.ndarray
    size: tuple[int, int]
    curl: np.ndarray

    def sources(self, shape: tuple[int, int], zoom: float = 1.0) -> np.ndarray:
        """Map each pixel of a picture (H, W) to its point (x, y) of the sheet: (H, W, 2) float32.

        Parameters
        ----------
        zoom
            Pixels of the full picture per pixel of this one.
        """
        grid_y, grid_x = np.mgrid[0 : shape[0] // STEP + 3, 0 : shape[1] // STEP + 3].astype(np.float64)
        # Point i of the grid is the centre of pixels (i - 0.5) STEP - 0.5, see `augment.grid_of`.
        points = (np.stack([grid_x, grid_y], axis=2) - 0.5) * STEP - 0.5
        full = (points + 0.5) * zoom - 0.5
        flat = cv2.perspectiveTransform(full, np.linalg.inv(self.matrix))
        bent = (flat + self._bend(flat)).astype(np.float32)
        return cv2.resize(bent, None, fx=STEP, fy=STEP)[STEP:, STEP:][: shape[0], : shape[1]]

    def move(self, points: np.ndarray) -> np.ndarray:
        """Map points (N, 2) of the sheet to the picture."""
        points = np.asarray(points, np.float64)
        flat = points
        for _ in range(6):  # the bend is slight and smooth, so the fixed-point iteration converges fast
            flat = points - self._bend(flat)
        return cv2.perspectiveTransform(flat[None], self.matrix)[0]

    def _bend(self, flat: np.ndarray) -> np.ndarray:
        """Return the vertical displacement of points (..., 2) by the curl."""
        bend = np.zeros_like(flat)
        for amplitude, periods, phase, growth in self.curl:
            wave = np.sin(2 * math.pi * periods * flat[..., 0] / self.size[1] + phase)
            bend[..., 1] += amplitude * wave * (1 + growth * flat[..., 1] / self.size[0])
        return bend


def draw_angle(rng: np.random.Generator, most: float = 20.0) -> float:
    """Draw the skew of a picture in degrees: mostly small, at most 20."""
    kind = rng.random()
    if kind < 0.35:
        return 0.0
    return float(np.clip(rng.normal(0, 3), -most, most) if kind < 0.7 else rng.uniform(-most, most))


def draw_curl(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw the waves of a paper that is not flat: (M, 4)."""
    num = int(rng.integers(1, 3))
    slope = rng.uniform(0.0, 0.1, num) / num  # greatest slope of a line
    periods = rng.uniform(0.3, 1.3, num)
    amplitude = slope * size[1] / (2 * math.pi * periods)
    return np.stack([amplitude, periods, rng.uniform(0, 2 * math.pi, num), rng.uniform(-0.9, 0.9, num)], axis=1)


def fit_view(
    size: tuple[int, int],
    shape: tuple[int, int],
    share: float,
    angle: float,
    tilt: float,
    rng: np.random.Generator,
    curl: np.ndarray | None = None,
) -> View:
    """Place a sheet in a picture (H, W) so that its bounding box takes `share` of the picture in one direction.

    Parameters
    ----------
    share
        The share; above 1, the sheet extends beyond the picture.
    angle
        The rotation in degrees.
    tilt
        Standard deviation of the foreshortening of the far edge, as a share.
    """
    height, width = size
    radians = math.radians(angle)
    turn = np.array([[math.cos(radians), -math.sin(radians), 0], [math.sin(radians), math.cos(radians), 0], [0, 0, 1]])
    right, down = np.clip(rng.normal(0, tilt, 2), -0.3, 0.3) / max(size)
    middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    tilted = turn @ np.array([[1, 0, 0], [0, 1, 0], [right, down, 1]]) @ middle
    corners = np.array([[(0, 0), (width, 0), (0, height), (width, height)]], np.float64)
    seen = cv2.perspectiveTransform(corners, tilted)[0]
    low, high = seen.min(axis=0), seen.max(axis=0)
    room = np.array(shape[::-1], np.float64)
    scale = float(np.min(share * room / (high - low)))
    spare = room - scale * (high - low)
    corner = spare * rng.uniform(0.1, 0.9, 2)
    shift = corner - scale * low
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]], [0, 0, 1]]) @ tilted
    return View(matrix, size, np.zeros((0, 4)) if curl is None else curl)
