"""The lines of training paragraphs in a prepared file: their ink, their texts, and their places on their pages.

Letters in this file: N lines, H W image.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import torch

from text_recognizer.data.iam import IAM
from text_recognizer.data.iam_lines import usable_lines
from text_recognizer.data.paragraphs.canvas import canvas_scale, scaled
from text_recognizer.data.paragraphs.paragraph_lines import cut, separate
from text_recognizer.data.storage.iam_forms import Form
from text_recognizer.data.storage.prepared import PreparedDataset, open_prepared
from text_recognizer.data.storage.progress import progress
from text_recognizer.images.constants import Box
from text_recognizer.images.regions import ink_of, is_shown, paper_of
from text_recognizer.util import UserError
from text_recognizer.vocabulary import decode, encode

MAX_CHARACTERS = 87  # of a line of IAM
PLACES = np.dtype(
    [
        ("form", "i4"),  # number of the page
        ("writer", "i4"),  # number of the writer
        ("line", "i4"),  # number of the line on its page
        ("is_last", "?"),  # whether it is the last line of its page
        ("height", "i4"),  # size of its ink, in pixels of the canvas like all lengths here
        ("width", "i4"),
        ("left", "f4"),  # from the leftmost ink of the page
        ("core", "f4"),  # from the top of the line's ink to its centre line, in the middle of the page's width
        ("y", "f4"),  # from the top of the page to its centre line
        ("paper", "u1"),  # brightness of the paper
    ]
)


class StoredLines(PreparedDataset):
    """Lines (H, W) uint8 of training paragraphs at the scale of the canvas, with their texts and places.

    Parameters
    ----------
    filename
        A file written by `write_lines`.

    Attributes
    ----------
    places
        (N,) with the fields of `PLACES`.
    texts
        The text of each line.
    """

    def __init__(self, filename: Path) -> None:
        super().__init__(filename, "lines", transform=torch.Tensor.numpy)
        self.texts = [decode(labels) for labels in self.targets.tolist()]
        with open_prepared(filename) as file:
            self.places = file["place_lines"][:]

    def image(self, i: int) -> np.ndarray:
        """Return the cropped ink of line i: (H, W) uint8."""
        return self[i][0][: self.places["height"][i], : self.places["width"][i]]  # type: ignore[return-value]


def write_lines(file: h5py.File, iam: IAM, forms: list[Form]) -> None:
    """Write the lines with certain places, each in the top left corner of an image as large as the largest."""
    with progress(forms, "Taking pages apart") as shown:
        found = [line for form in shown for line in _lines_of(iam, form)]
    if not found:
        raise UserError(f"{iam.filename}: none of the {len(forms)} train forms has a line whose place is certain")
    ids, texts, images, places = zip(*found, strict=True)
    size = [max(image.shape[axis] for image in images) for axis in (0, 1)]
    stored = file.create_dataset("x_lines", (len(ids), *size), np.uint8, chunks=(1, *size), compression="lzf")
    for i, image in enumerate(images):
        stored[i, : image.shape[0], : image.shape[1]] = image
    labels = [_labels_of(*parts, iam) for parts in zip(ids, texts, strict=True)]
    file.create_dataset("y_lines", data=np.array(labels, dtype=np.uint8))
    file.create_dataset("id_lines", data=list(ids))
    file.create_dataset("place_lines", data=_table_of(forms, list(places)))
    print(f"{len(ids):,} lines of training paragraphs, to compose synthetic ones of")


def _lines_of(iam: IAM, form: Form) -> Iterator[tuple[str, str, np.ndarray, dict]]:
    """Yield id, text, ink (H, W) and place of each usable line of a form."""
    scale = canvas_scale(iam.scale)
    page = scaled(255 - iam.image(form.id), scale)
    ink = ink_of(page)
    boxed = [line for line in form.lines if line.box]
    if not boxed:
        return
    owners, cores = separate(ink, [_scaled_box(line.box, scale) for line in boxed if line.box])
    cuts = [cut(ink, owners, i) for i in range(len(boxed))]
    usable = [line for line in usable_lines(form) if line.box and is_shown(ink, _scaled_box(line.box, scale))]
    if not usable:
        return
    left = min(part.left for part in cuts if part)
    middle = (left + max(part.left + part.image.shape[1] for part in cuts if part)) / 2
    for line, core, part in zip(boxed, cores, cuts, strict=True):
        if part and line in usable:
            y = core.at(middle)
            height, width = part.image.shape
            place = {"form": form.id, "writer": form.writer_id, "paper": paper_of(page)}
            place |= {"line": form.lines.index(line), "is_last": line is form.lines[-1]}
            place |= {"height": height, "width": width, "left": part.left - left, "core": y - part.top, "y": y}
            yield line.id, line.text, part.image, place


def _table_of(forms: list[Form], places: list[dict]) -> np.ndarray:
    """Turn places into an array with the fields of `PLACES`; ids of forms and writers become numbers."""
    number_of = {
        "form": {form.id: i for i, form in enumerate(forms)},
        "writer": {writer: i for i, writer in enumerate(sorted({form.writer_id for form in forms}))},
    }
    rows = [place | {key: number_of[key][place[key]] for key in number_of} for place in places]
    return np.array([tuple(row[name] for name in PLACES.names or ()) for row in rows], dtype=PLACES)


def _labels_of(line_id: str, text: str, iam: IAM) -> list[int]:
    try:
        return encode(text, MAX_CHARACTERS)
    except ValueError as error:
        raise UserError(f"{iam.filename}: line {line_id}: {error}") from None


def _scaled_box(box: Box, scale: float) -> Box:
    left, top = np.floor(np.array(box[:2]) * scale).astype(int).tolist()
    right, bottom = np.ceil(np.array(box[2:]) * scale).astype(int).tolist()
    return left, top, right, bottom
