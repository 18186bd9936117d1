"""The curve along which a line of text is straightened.

Letters in this file: T samples along the line, V samples across it. A place is (t, v): t pixels along the centre line
from its beginning, and v pixels below it. A point of the picture is (x, y).
"""

import cv2
import numpy as np

from text_recognizer.page.text_line import TextLine

BEYOND = 2.0  # heights by which the curve is extended, straight, before the line and behind it
TURN_OVER = 1.5  # heights over which the curve's direction is smoothed: its normals must not cross near the curve


class LineCurve:
    """The centre line of a text line, parametrised by arc length.

    Parameters
    ----------
    line
        The line, in pixels of the picture.
    """

    def __init__(self, line: TextLine) -> None:
        beyond = BEYOND * line.height
        num = max(8, round((line.right - line.left + 2 * beyond) / max(1.0, line.height / 8)))
        x = np.linspace(line.left - beyond, line.right + beyond, num)
        y = line.at(x)
        sigma = TURN_OVER * line.height / 2 / (x[1] - x[0])
        y = _smooth(y, sigma)
        self.points = np.stack([x, y], axis=1)
        steps = np.hypot(*np.diff(self.points, axis=0).T)
        lengths = np.concatenate([[0], np.cumsum(steps)])
        self.t = lengths - np.interp(line.left, x, lengths)  # 0 where the line begins
        self.length = float(np.interp(line.right, x, self.t))
        angle = np.arctan(np.gradient(y, x))
        self.tangent = np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def on_picture(self, t: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Map places along the line to points x and y of the picture; all arrays have one shape."""
        cos, sin, x, y = (np.interp(t, self.t, values) for values in (*self.tangent.T, *self.points.T))
        return x - v * sin, y + v * cos

    def offset_of(self, other: TextLine, t: np.ndarray) -> np.ndarray:
        """Return the distance to another line below this one at some places: (T,) -> (T,), NaN where it has none."""
        x, y = (np.interp(t, self.t, values) for values in self.points.T)
        cos = np.interp(t, self.t, self.tangent[:, 0])
        offset = (other.at(x) - y) * cos
        # The normals of a skewed line meet the other line at another x.
        sin = np.interp(t, self.t, self.tangent[:, 1])
        offset = (other.at(x - offset * sin) - y) * cos
        offset[(x - offset * sin < other.left) | (x - offset * sin > other.right)] = np.nan
        return offset

    def sample(self, image: np.ndarray, t: np.ndarray, v: np.ndarray, factor: float = 1) -> np.ndarray:
        """Sample an image (H, W) or (H, W, 3) at places along the line: (V,) by (T,) -> (V, T) or (V, T, 3).

        Places beyond the picture repeat its edge. The image is the picture reduced by `factor`.
        """
        cos, sin = (np.interp(t, self.t, values).astype(np.float32) for values in self.tangent.T)
        x, y = (np.interp(t, self.t, values).astype(np.float32) for values in self.points.T)
        down = v[:, None].astype(np.float32)
        xs, ys = (((each + 0.5) / factor - 0.5) for each in (x - down * sin, y + down * cos))
        return cv2.remap(image, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    """Smooth values (T,) by a Gaussian; their ends are extrapolated straight."""
    reach = min(len(values) - 1, max(1, round(2 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 0.5)) ** 2)
    padded = np.pad(values, reach, mode="reflect", reflect_type="odd")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
