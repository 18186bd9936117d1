"""Moves the ink of a line to the middle of its height.

Letters in this file: H W image.
"""

import numpy as np


def centred(image: np.ndarray) -> np.ndarray:
    """Shift the rows of a line (H, W), bright ink on black, so that the centre of its ink is in the middle.

    Upright letters have more above their x-height than below, so a line that was cut out upright and one that was cut
    out upside down are off the middle in different directions. After this the place of the ink tells nothing.
    """
    rows = image.sum(axis=1, dtype=np.float64)
    height = len(rows)
    if not rows.any():
        return image
    shift = round((height - 1) / 2 - float(np.average(np.arange(height), weights=rows)))
    moved = np.zeros_like(image)
    if shift >= 0:
        moved[shift:] = image[: height - shift]
    else:
        moved[:shift] = image[-shift:]
    return moved
