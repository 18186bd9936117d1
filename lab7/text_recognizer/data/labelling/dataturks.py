"""Reads the format of DataTurks, which the course of 2021 used: a line of JSON for each picture."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from text_recognizer.data.labelling.problem import Problems
from text_recognizer.data.labelling.region import Region

LEVEL = 1e-3  # share of the page by which the sides of a rectangle may be off being level


def read_pages(pages: list[Any], problems: Problems) -> Iterator[Region]:
    """Yield the regions of all pages; note what is wrong with the others.

    The corners are shares of the page, `notes` is the text.
    """
    for number, row in enumerate(pages, start=1):
        if not isinstance(row, dict) or not isinstance(row.get("content"), str):
            problems.add(f"row {number}", "", "names no picture: expected its address as content")
            continue
        page = PurePosixPath(unquote(urlsplit(row["content"]).path)).name
        annotations = row.get("annotation") or []
        if not annotations:
            problems.add(page, "", "nobody has labelled it: expected an annotation")
        for i, annotation in enumerate(annotations, start=1):
            try:
                yield _region(annotation, page, str(i))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                problems.add(page, str(i), f"cannot be read ({error!r})")


def _region(annotation: dict[str, Any], page: str, name: str) -> Region:
    corners = np.array([_point(point) for point in annotation["points"]], dtype=float).reshape(-1, 2)
    is_rectangle = _is_level(corners)
    if is_rectangle:  # whichever corner is the first
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    elif len(corners) < 3:
        raise ValueError(f"{len(corners)} corners")
    width, height = annotation.get("imageWidth"), annotation.get("imageHeight")
    size = (int(width), int(height)) if width and height else None
    text = str(annotation.get("notes") or "").strip()
    return Region(page, name, "", "paragraph" if "\n" in text else "line", text, corners, is_rectangle, size)


def _point(point: Any) -> tuple[float, float]:
    return (point["x"], point["y"]) if isinstance(point, dict) else tuple(point)


def _is_level(corners: np.ndarray) -> bool:
    """Tell whether corners (N, 2) are those of an upright rectangle: all four, or two that lie opposite."""
    if len(corners) == 2:
        return True
    ends = np.stack([corners.min(axis=0), corners.max(axis=0)])  # (2, 2)
    return len(corners) == 4 and bool((np.abs(corners[:, None] - ends).min(axis=1) < LEVEL).all())
