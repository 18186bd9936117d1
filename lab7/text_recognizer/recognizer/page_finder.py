"""Asks a line finder about a picture, as a whole, and in tiles where its text is small.

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

FIRST_SIZE, SMALLEST_SIZE = 384, 192  # pixels of the longer side at the first look, and at the second at least
BEST_HEIGHT = 12.0  # pixels of the map: the height of lines at which most are found
SMALLER_LINES = 25  # percent of the text that may be lower than the height that decides
LEAST_CORE = 5e-4  # share of a picture with less text than this, nobody knows how high lines are
SMALL_LINE = 7.0  # pixels of the map: where lines are lower, the picture is looked at in tiles
MAX_TILES = 3  # along each side
OVERLAP = 128  # pixels of the working picture that neighbouring tiles share


class SeenPage(NamedTuple):
    """What the finder says of a picture.

    Parameters
    ----------
    maps
        Its maps, cut to the picture.
    step
        So many pixels of the picture make one of the maps.
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

        A first look, at a small size that takes little time, tells how high lines are. The second is at the size at
        which they are as high as the network knows them best, in tiles where that is larger than its working size.
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
        """Ask the network: (H, W, 3) uint8 at working size -> maps (H / 2, W / 2), rounded up."""
        height, width = image.shape[:2]
        padded = cv2.copyMakeBorder(image, 0, -height % MULTIPLE, 0, -width % MULTIPLE, cv2.BORDER_REPLICATE)
        answer = self.network.answer(padded.transpose(2, 0, 1)[None].astype(np.float32) / WHITE)
        size = slice(0, -(-height // MAP_STRIDE)), slice(0, -(-width // MAP_STRIDE))
        return FinderMaps(**{name: answer[name][size] for name in MAPS}, up=answer["up"])

    def _in_tiles(self, picture: np.ndarray, scale: float, num: int) -> FinderMaps:
        """Ask about tiles that overlap, and put their middles together."""
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
    """A tile along one side: where it lies, and which part of the maps is taken from it."""

    start: int
    stop: int
    kept: slice
    own: slice


def best_size(maps: FinderMaps) -> int:
    """Return how long a picture's longer side should be, from maps of it at FIRST_SIZE."""
    core = maps.core > 0.5
    if core.mean() < LEAST_CORE:
        return WORKING_SIZE
    height = float(np.percentile(maps.height[core], SMALLER_LINES))
    size = min(WORKING_SIZE, max(SMALLEST_SIZE, FIRST_SIZE * BEST_HEIGHT / max(height, 1e-6)))
    return FIRST_SIZE if abs(size / FIRST_SIZE - 1) < 0.2 else round(size)


def num_tiles(maps: FinderMaps, scale: float) -> int:
    """Return in how many tiles along each side a picture should be looked at, that was made so many times larger."""
    core = maps.core > 0.5
    if not core.any() or scale >= 1:
        return 1
    height = float(np.median(maps.height[core]))
    return int(min(MAX_TILES, np.ceil(1 / scale), np.ceil(SMALL_LINE / max(height, 1e-6))))


def _tiles(length: int, num: int) -> list[_Tile]:
    """Cut a side of so many pixels into tiles."""
    edges = [round(length * i / num) // MAP_STRIDE * MAP_STRIDE for i in range(num)] + [length]
    tiles = []
    for start, stop in pairwise(edges):
        first, last = max(0, start - OVERLAP // 2), min(length, stop + OVERLAP // 2)
        kept = slice(start // MAP_STRIDE, -(-stop // MAP_STRIDE))
        own = slice((start - first) // MAP_STRIDE, (start - first) // MAP_STRIDE + kept.stop - kept.start)
        tiles.append(_Tile(first, last, kept, own))
    return tiles


def _resized(picture: np.ndarray, scale: float) -> np.ndarray:
    size = tuple(max(1, round(scale * length)) for length in picture.shape[1::-1])
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
