"""Regions that people drew on pages, and cutting them out.

Letters in this file: N corners, H W image.
"""

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from text_recognizer.images.constants import WHITE
from text_recognizer.images.regions import paper_of

Kind = Literal["line", "paragraph"]
LONG = 2.0  # a polygon at least this many times longer than wide is a line, and is levelled
REACH = 0.02  # share of the page that a corner may lie beyond it: hands slip
SMALLEST = 8  # pixels: what is lower or narrower was clicked by mistake


@dataclass(frozen=True)
class Region:
    """What was drawn around some handwriting, and what was typed for it.

    Parameters
    ----------
    page
        File name of the page's picture.
    name
        What the labelling tool calls the region.
    writer
        Who wrote it; empty if nobody said.
    kind
        "line" or "paragraph".
    text
        What it says; the lines of a paragraph are separated by newlines.
    corners
        (N, 2) x and y as shares of the page's width and height. Those of a rectangle begin at the corner where the text
        begins and go round clockwise, also if it is turned.
    is_rectangle
        Whether it is a rectangle; else it is a polygon.
    page_size
        Width and height of the page in pixels, as the tool saw it; None if it does not say.
    """

    page: str
    name: str
    writer: str
    kind: Kind
    text: str
    corners: np.ndarray
    is_rectangle: bool
    page_size: tuple[int, int] | None


def turned_rectangle(
    x: float, y: float, width: float, height: float, degrees: float, page_size: tuple[int, int]
) -> np.ndarray:
    """Return the corners (4, 2) of a rectangle that is turned clockwise around its first corner.

    All lengths are shares of the page's width and height. They are converted to pixels first, because on a page that is
    not square a right angle in shares is not a right angle in pixels.
    """
    size = np.array(page_size, dtype=float)
    along = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]) * width * size[0]
    down = np.array([-math.sin(math.radians(degrees)), math.cos(math.radians(degrees))]) * height * size[1]
    first = np.array([x, y]) * size
    return np.stack([first, first + along, first + along + down, first + down]) / size


def lies_outside(corners: np.ndarray) -> bool:
    """Tell whether a region (N, 2) leaves the page by more than a slip of the hand."""
    return bool(corners.min() < -REACH or corners.max() > 1 + REACH)


def cut(page: np.ndarray, region: Region) -> np.ndarray:
    """Cut a region out of a page (H, W) uint8 and turn it level; what is not in it becomes paper.

    Raises
    ------
    ValueError
        If nothing is left.
    """
    corners = region.corners * page.shape[::-1]  # in pixels
    paper = paper_of(page)
    if not region.is_rectangle:
        page = _only(page, corners, paper)
        corners = _around(corners)
    width, height = (round(float(np.linalg.norm(corners[i] - corners[0]))) for i in (1, 3))
    if min(width, height) < SMALLEST:
        raise ValueError(f"it is {width} x {height} pixels: expected {SMALLEST} or more each way")
    target = np.array([[0, 0], [width, 0], [0, height]], dtype=np.float32)
    matrix = cv2.getAffineTransform(corners[[0, 1, 3]].astype(np.float32), target)
    return cv2.warpAffine(page, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(paper,))


def _only(page: np.ndarray, corners: np.ndarray, paper: int) -> np.ndarray:
    """Return a page with paper everywhere but inside a polygon."""
    mask = cv2.fillPoly(np.zeros_like(page), [np.round(corners).astype(np.int32)], (WHITE,))
    return np.where(mask > 0, page, np.uint8(paper))


def _around(corners: np.ndarray) -> np.ndarray:
    """Return the corners (4, 2) of a rectangle around a polygon, turned as a long polygon is, else upright."""
    (x, y), (one, other), degrees = cv2.minAreaRect(corners.astype(np.float32))
    if max(one, other) < LONG * min(one, other):
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    if one < other:
        one, other, degrees = other, one, degrees + 90
    degrees = (degrees + 90) % 180 - 90  # the text goes to the right, whichever way the corners do
    along = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]) * one / 2
    down = np.array([-math.sin(math.radians(degrees)), math.cos(math.radians(degrees))]) * other / 2
    middle = np.array([x, y])
    return np.stack([middle - along - down, middle + along - down, middle + along + down, middle - along + down])
