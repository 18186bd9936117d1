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

FIRST_SIZE, SMALLEST_SIZE = 384, 192  # pixels of the longer side in the first pass, and in the last at least
CLOSER_SIZE = 768  # the same in a closer look at pictures of short lines
SHORT = 5.0  # heights: shorter lines are seen more closely, because single words below each other may look like one
GOOD_ENOUGH = {FIRST_SIZE: 0.2, CLOSER_SIZE: 0.4}  # a best size that differs by a smaller share is not worth a pass
LOWER = 0.8  # times as high: what the closer look says of the height of lines is right if it says less than this,
STILL_SEEN = 0.25  # and if it still sees this share of the core at least
BEST_HEIGHT = 12.0  # pixels of the map: the height of lines at which most are found
SMALLER_LINES = 25  # the percentile of the heights of lines that decides the size of the last pass
SURE_CORE = 0.5  # probability from which a pixel is core
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

        A quick first pass at a small size estimates the height of lines; if they seem large and short, a closer look
        checks it. The last pass runs at the size that gives lines the height at which the network works best, in tiles
        if that exceeds its working size.
        """
        longer = max(picture.shape[:2])
        maps, seen_at = self._maps_of(_resized(picture, FIRST_SIZE / longer)), FIRST_SIZE
        size = best_size(maps, FIRST_SIZE)
        if size <= FIRST_SIZE and typical_length(maps) < SHORT:
            closer = self._maps_of(_resized(picture, CLOSER_SIZE / longer))
            lower = LOWER * core_height(maps) * CLOSER_SIZE / FIRST_SIZE
            if core_share(closer) > STILL_SEEN * core_share(maps) and core_height(closer) < lower:
                maps, seen_at, size = closer, CLOSER_SIZE, best_size(closer, CLOSER_SIZE)
        if size != seen_at:
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


def best_size(maps: FinderMaps, seen_at: int) -> int:
    """Return the best length of a picture's longer side in pixels, from its maps at the length `seen_at`."""
    if core_share(maps) < LEAST_CORE:
        return WORKING_SIZE
    size = seen_at * BEST_HEIGHT / max(core_height(maps), 1e-6)
    return (
        seen_at if abs(size / seen_at - 1) < GOOD_ENOUGH[seen_at] else round(np.clip(size, SMALLEST_SIZE, WORKING_SIZE))
    )


def core_share(maps: FinderMaps) -> float:
    """Return the share of the picture that is the core of a line."""
    return float((maps.core > SURE_CORE).mean())


def core_height(maps: FinderMaps) -> float:
    """Return the height of the smaller lines in pixels of the maps; 0 if there are none."""
    core = maps.core > SURE_CORE
    return float(np.percentile(maps.height[core], SMALLER_LINES)) if core.any() else 0.0


def typical_length(maps: FinderMaps) -> float:
    """Return the median length of bands of core, weighted by their area, in heights of a line; 0 if there are none."""
    core = (maps.core > SURE_CORE).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(core)
    widths = np.asarray(stats)[labels[core > 0], cv2.CC_STAT_WIDTH]
    return float(np.median(widths)) / max(core_height(maps), 1e-6) if widths.size else 0.0


def num_tiles(maps: FinderMaps, scale: float) -> int:
    """Return the number of tiles along each side of a picture that is scaled by `scale`."""
    core = maps.core > SURE_CORE
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
