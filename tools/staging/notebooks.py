"""Notebooks as git keeps them: what people wrote, without what running them left behind."""

import json
from collections.abc import Iterable

# Jupytext takes a text without Python blocks for a shell notebook, unless its head names the kernel.
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def as_text(cells: Iterable[dict]) -> str:
    """The text of a notebook file; the same bytes on every machine."""
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    whole = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def cell_json(name: str, kind: str, source: str) -> dict:
    """A cell that was never run."""
    cell = {"id": name, "cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def stripped(text: str) -> str:
    """The same notebook without outputs, without counts, and without what an editor notes of itself.

    Raises
    ------
    ValueError
        If the text is no notebook, or has pictures pasted into it, which nobody should lose or publish unawares.
    """
    try:
        cells = json.loads(text)["cells"]
        if pasted := [cell["id"] for cell in cells if cell.get("attachments")]:
            raise ValueError(f"cell {pasted[0]} has a picture pasted in: put it into pictures/ and link to it")
        parts = [(cell.get("id", f"cell-{i}"), cell["cell_type"], cell["source"]) for i, cell in enumerate(cells)]
        return as_text(cell_json(name, kind, "".join(source)) for name, kind, source in parts)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it lacks what a notebook has: {error!r}") from None


def was_run(text: str) -> bool:
    """Tell whether a notebook holds outputs, or the numbers of a run."""
    return any(cell.get("outputs") or cell.get("execution_count") is not None for cell in json.loads(text)["cells"])
