"""Pictures of lines with their texts, to measure a model on: lines that it was never trained on, in other hands.

Letters in this file: H W image, S labels in a row.
"""

import zipfile
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Subset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.copiste_lines import CopisteLine, read_lines
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH, fit_to_canvas
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.archives import DAMAGED, read_member
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.constants import WHITE
from text_recognizer.images.line_looks import extract_ink, ink_box
from text_recognizer.images.regions import paper_of
from text_recognizer.images.safe_open import read_grey
from text_recognizer.paths import DOWNLOADED_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import Tokenizer
from text_recognizer.wide_vocabulary import WIDE_MAPPING, fold

FILENAME = DOWNLOADED_DIRNAME / "listed_lines" / "lines.zip"
TOKENIZER = Tokenizer(WIDE_MAPPING)


class ListedLines(BaseDataModule):
    """Lines of `data/downloaded/listed_lines/lines.zip`, for evaluation only: there are no training lines.

    The zip file holds pictures of single lines, dark ink on light paper, and `lines.jsonl`, with a row for each:
    `{"image": "one.jpg", "page": "p1", "text": "what it says"}`. Lines whose text cannot be written in the recogniser's
    vocabulary, or is too long, are left out.

    Parameters
    ----------
    extract
        Take the paper away and make the ink white, as the recogniser does; if not, lines are only scaled.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = WIDE_MAPPING

    def __init__(self, extract: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extract = extract
        self.source = f"lines of {FILENAME}"

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return no training lines, and all lines as validation and as test lines."""
        if not FILENAME.is_file():
            raise UserError(f"{FILENAME} is missing: put a zip file of pictures of lines and lines.jsonl there")
        lines = PicturedLines(FILENAME, self.extract)
        self.source = f"{len(lines):,} lines of {FILENAME}, {lines.num_left_out} left out"
        return Subset(lines, []), lines, lines

    def train_dataloader(self) -> DataLoader:
        """Refuse: these lines are there to measure on."""
        raise UserError("ListedLines are for evaluation only: expected another --data_class to train on")


class PicturedLines(Dataset):
    """The lines of a zip file, read when they are taken.

    Parameters
    ----------
    filename
        The zip file.
    extract
        Whether paper is taken away.
    """

    def __init__(self, filename: Path, extract: bool) -> None:
        self.filename = filename
        self.extract = extract
        rows = [replace(row, text=fold(row.text)) for row in read_lines(filename)]
        self.rows = [row for row in rows if _fits(row)]
        self.num_left_out = len(rows) - len(self.rows)
        if not self.rows:
            raise UserError(f"{filename}: none of its {len(rows)} texts can be written in the vocabulary")
        self.ids = [row.image for row in self.rows]

    @cached_property
    def targets(self) -> torch.Tensor:
        """Rows of labels, (N, S)."""
        rows = [TOKENIZER.encode(row.text, OUTPUT_LENGTH, with_start_end_tokens=True) for row in self.rows]
        return torch.tensor(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        image = self._image(self.rows[index].image)
        canvas = fit_to_canvas(image, paper_of(image))
        if self.extract:
            canvas = extract_ink(canvas, ink_box(canvas), np.random.default_rng(0))
        return to_image_tensor(torch.from_numpy(canvas)), self.targets[index]

    def _image(self, name: str) -> np.ndarray:
        """Return a picture (H, W) uint8, white ink on black."""
        try:
            with zipfile.ZipFile(self.filename) as archive:
                return WHITE - read_grey(read_member(archive, name), name)
        except (KeyError, UserError, *DAMAGED) as error:
            raise UserError(f"{self.filename}: {name} is no whole picture ({error})") from None


def _fits(row: CopisteLine) -> bool:
    return 0 < len(row.text) <= OUTPUT_LENGTH - 2 and not set(row.text) - TOKENIZER.label_of.keys()


if __name__ == "__main__":
    look_at(ListedLines)
