"""Reads what Label Studio exports as JSON.

An export is a list of tasks, one for each picture. Each annotation has a list of results: a shape, a label and a text
that carry the same `id` belong to one region. Coordinates are percentages of the picture.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from text_recognizer.data.labelling.problem import Problems
from text_recognizer.data.labelling.region import Kind, Region, turned_rectangle

PERCENT = 100.0
TEXT, WRITER = "textarea", "writer"
Result = dict[str, Any]


def read_tasks(tasks: list[Any], problems: Problems) -> Iterator[Region]:
    """Yield the regions of all tasks; note what is wrong with the others."""
    for number, task in enumerate(tasks, start=1):
        page = page_of(task) if isinstance(task, dict) else None
        if page is None:
            problems.add(f"task {number}", "", "names no picture: expected one under data, such as data.image")
            continue
        annotation = _annotation_of(task)
        if annotation is None:
            problems.add(page, "", "nobody has labelled it: expected an annotation that was submitted")
            continue
        yield from _regions(annotation, page, str(task["data"].get(WRITER) or ""), problems)


def page_of(task: dict[str, Any]) -> str | None:
    """Return the file name of a task's picture."""
    data = task.get("data")
    if not isinstance(data, dict):
        return None
    values = [data.get(key) for key in ("image", "ocr", "captioning")] + list(data.values())
    for value in values:
        if isinstance(value, str) and "." in value:
            url = urlsplit(value)
            local = parse_qs(url.query).get("d")  # /data/local-files/?d=pages/1.jpg
            return PurePosixPath(unquote(local[0] if local else url.path)).name
    return None


def _annotation_of(task: dict[str, Any]) -> dict[str, Any] | None:
    """Return the last annotation that was not cancelled; one marked as ground truth comes first."""
    found = [one for one in task.get("annotations") or task.get("completions") or [] if not one.get("was_cancelled")]
    found.sort(key=lambda one: bool(one.get("ground_truth")))
    return found[-1] if found else None


def _regions(annotation: dict[str, Any], page: str, writer: str, problems: Problems) -> Iterator[Region]:
    groups: dict[str, list[Result]] = {}
    for i, result in enumerate(annotation.get("result") or []):
        value = result.get("value") or {}
        if result.get("from_name") == WRITER and not _has_shape(value):  # said of the whole page
            writer = " ".join(value.get("text") or value.get("choices") or [writer])
        elif result.get("type") != "relation":
            groups.setdefault(str(result.get("id", i)), []).append(result)
    for name, results in groups.items():
        try:
            yield _region(results, page, name, writer)
        except (ValueError, TypeError, KeyError) as error:
            problems.add(page, name, str(error) if isinstance(error, ValueError) else f"cannot be read ({error!r})")


def _region(results: list[Result], page: str, name: str, writer: str) -> Region:
    """Put the results of one region together.

    Raises
    ------
    ValueError
        If it is not a rectangle or a polygon.
    """
    value: Result = {}
    for result in results:
        value |= result.get("value") or {}
    size = int(results[0]["original_width"]), int(results[0]["original_height"])
    if turn := results[0].get("image_rotation"):
        raise ValueError(
            f"the picture was turned by {turn} degrees in the tool: turn the file instead, and label it anew"
        )
    if points := value.get("points"):
        corners = np.array(points, dtype=float).reshape(-1, 2) / PERCENT
        if len(corners) < 3:
            raise ValueError(f"it has {len(corners)} corners: expected 3 or more")
    elif _has_shape(value):
        x, y, width, height = (float(value[key]) / PERCENT for key in ("x", "y", "width", "height"))
        corners = turned_rectangle(x, y, width, height, float(value.get("rotation") or 0), size)
    else:
        kinds = ", ".join(sorted({str(result.get("type")) for result in results}))
        raise ValueError(f"it is of the type {kinds}: expected a rectangle or a polygon")
    text = value.get("text") or []
    text = "\n".join([text] if isinstance(text, str) else text).strip()
    labels = [label for key, found in value.items() if key.endswith("labels") for label in found]
    return Region(page, name, writer, _kind(labels, text), text, corners, not points, size)


def _has_shape(value: Result) -> bool:
    return "points" in value or {"x", "y", "width", "height"} <= value.keys()


def _kind(labels: list[str], text: str) -> Kind:
    """Return what a region is by its label; without one, by whether its text has several lines."""
    known: dict[str, Kind] = {"line": "line", "paragraph": "paragraph"}
    for label in labels:
        if label.lower() in known:
            return known[label.lower()]
    return "paragraph" if "\n" in text else "line"
