"""Runs a line finder on a whole picture, and on tiles of it where the text is small.

Letters in this file: H W picture, h w map.
"""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.images.constants import WHITE
from text_recognizer.page.finder_maps import MAP_STRIDE, MAPS, MULTIPLE, WORKING_SIZE, FinderMaps
from text_recognizer.recognizer.finder_network import load_finder

FIRST_SIZE, SMALLEST_SIZE = 384, 192  # pixels of the longer side in the first pass, and in the second at least
BEST_HEIGHT = 12.0  # pixels of the map: the height of lines at which most are found
SMALLER_LINES = 25  # the percentile of the heights of lines that decides the size of the second pass
LEAST_CORE = 5e-4  # share of core in a picture; with less the height of lines is unknown
SMALL_LINE = 7.0  # pixels of the map: if lines are lower, the picture is cut into tiles
MAX_TILES = 3  # along each side
OVERLAP = 128  # pixels of the working picture that neighbouring tiles share


class SeenPage(NamedTuple):
    """The finder's maps of a picture.

    Parameters
    ----------
    maps
        The maps, cropped to the picture.
    step
        Pixels of the picture per pixel of the maps.
    """

    maps: FinderMaps
    step: float


class PageFinder:
    """A line finder from an artifact.

    Parameters
    ----------
    dirname
        The artifact's directory.
    """

    def __init__(self, dirname: Path) -> None:
        self.network = load_finder(dirname)

    def see(self, picture: np.ndarray) -> SeenPage:
        """Find the text on a picture: (H, W, 3) uint8.

        A quick first pass at a small size estimates the height of lines. The second pass runs at the size that gives
        lines the height at which the network works best, in tiles if that exceeds its working size.
        """
        longer = max(picture.shape[:2])
        maps = self._maps_of(_resized(picture, FIRST_SIZE / longer))
        size = best_size(maps)
        if size != FIRST_SIZE:
            maps = self._maps_of(_resized(picture, size / longer))
        num = num_tiles(maps, size / longer) if size == WORKING_SIZE else 1
        if num > 1:
            maps = self._in_tiles(picture, num * size / longer, num)._replace(up=maps.up)
        return SeenPage(maps, longer / max(maps.core.shape))

    def _maps_of(self, image: np.ndarray) -> FinderMaps:
        """Run the network: (H, W, 3) uint8 at working size -> maps (H / 2, W / 2), rounded up."""
        height, width = image.shape[:2]
        padded = cv2.copyMakeBorder(image, 0, -height % MULTIPLE, 0, -width % MULTIPLE, cv2.BORDER_REPLICATE)
        answer = self.network.answer(padded.transpose(2, 0, 1)[None].astype(np.float32) / WHITE)
        size = slice(0, -(-height // MAP_STRIDE)), slice(0, -(-width // MAP_STRIDE))
        return FinderMaps(**{name: answer[name][size] for name in MAPS}, up=answer["up"])

    def _in_tiles(self, picture: np.ndarray, scale: float, num: int) -> FinderMaps:
        """Run the network on overlapping tiles, and join the central parts of their maps."""
        image = _resized(picture, scale)
        shape = tuple(-(-length // MAP_STRIDE) for length in image.shape[:2])
        whole = {name: np.zeros(shape, np.float32) for name in MAPS}
        rows, columns = (_tiles(length, num) for length in image.shape[:2])
        for row in rows:
            for column in columns:
                tile = self._maps_of(image[row.start : row.stop, column.start : column.stop])
                for name, map_ in whole.items():
                    map_[row.kept, column.kept] = getattr(tile, name)[row.own, column.own]
        return FinderMaps(**whole, up=np.array([1, 0, 0, 0], np.float32))


class _Tile(NamedTuple):
    """A tile along one side: its place, and the part of its maps that is used."""

    start: int
    stop: int
    kept: slice
    own: slice


def best_size(maps: FinderMaps) -> int:
    """Return the best length of a picture's longer side in pixels, from its maps at FIRST_SIZE."""
    core = maps.core > 0.5
    if core.mean() < LEAST_CORE:
        return WORKING_SIZE
    height = float(np.percentile(maps.height[core], SMALLER_LINES))
    size = min(WORKING_SIZE, max(SMALLEST_SIZE, FIRST_SIZE * BEST_HEIGHT / max(height, 1e-6)))
    return FIRST_SIZE if abs(size / FIRST_SIZE - 1) < 0.2 else round(size)


def num_tiles(maps: FinderMaps, scale: float) -> int:
    """Return the number of tiles along each side of a picture that is scaled by `scale`."""
    core = maps.core > 0.5
    if not core.any() or scale >= 1:
        return 1
    height = float(np.median(maps.height[core]))
    return int(min(MAX_TILES, np.ceil(1 / scale), np.ceil(SMALL_LINE / max(height, 1e-6))))


def _tiles(length: int, num: int) -> list[_Tile]:
    """Split a side of `length` pixels into tiles."""
    edges = [round(length * i / num) // MAP_STRIDE * MAP_STRIDE for i in range(num)] + [length]
    tiles = []
    for start, stop in pairwise(edges):
        first = max(0, start - OVERLAP // 2)
        last = min(length, stop + OVERLAP // 2)
        kept = slice(start // MAP_STRIDE, -(-stop // MAP_STRIDE))
        own = slice((start - first) // MAP_STRIDE, (start - first) // MAP_STRIDE + kept.stop - kept.start)
        tiles.append(_Tile(first, last, kept, own))
    return tiles


def _resized(picture: np.ndarray, scale: float) -> np.ndarray:
    size = tuple(max(1, round(scale * length)) for length in picture.shape[1::-1])
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
