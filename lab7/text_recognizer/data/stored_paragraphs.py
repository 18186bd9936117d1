"""Paragraphs of several data sets, drawn once and kept, for several trainings on the same pages.

Letters in this file: N paragraphs, H W image, S labels in a row.
"""

import hashlib
from typing import Any

import h5py
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.mixed import MixedDataset
from text_recognizer.data.mixed_paragraphs import MixedParagraphs
from text_recognizer.data.show.look_pages import look_at_pages
from text_recognizer.data.storage.prepared import (
    PreparedDataset,
    fingerprint,
    is_current,
    write_prepared,
)
from text_recognizer.data.storage.progress import progress
from text_recognizer.data.util import to_image_tensor
from text_recognizer.data.workers import outlive_signals
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError

SEED = 42
DIRNAME = PROCESSED_DIRNAME / "stored_paragraphs"


class StoredParagraphs(BaseDataModule):
    """Training paragraphs of `MixedParagraphs`, drawn and augmented once and kept on the disk.

    Drawing a page takes about as long as a training step on it. Trainings that are compared with each other can share
    their pages, so that only the first one draws them. An epoch takes pages of the store at random, the same for the
    same seed. Validation and test paragraphs are those of `MixedParagraphs`. Pages that are drawn with other settings
    go into another file.

    Parameters
    ----------
    sources
        Data sets and how often each is drawn from, as in `MixedParagraphs`.
    num_stored
        Number of paragraphs to draw and keep; 150 kB each.
    num_mixed_paragraphs
        Number of paragraphs that count as an epoch.
    min_lines
        Fewest lines of a page, for each set that composes its pages; its own default if not given.
    max_lines
        Most lines of a page, for the same sets. Real pages keep their length.
    free_text
        Do not use Brown's text in the engine, even if it is present.
    """

    def __init__(
        self,
        sources: str = "IAMOriginalAndSyntheticParagraphs:0.85,SyntheticParagraphs:0.15",
        num_stored: int = 2_000,
        num_mixed_paragraphs: int = 10_000,
        min_lines: int | None = None,
        max_lines: int | None = None,
        free_text: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, number in (("num_stored", num_stored), ("num_mixed_paragraphs", num_mixed_paragraphs)):
            if number < 1:
                raise UserError(f"--{name}={number}: expected 1 or more")
        self.num_stored, self.num = num_stored, num_mixed_paragraphs
        self.drawn_with: dict[str, Any] = {"min_lines": min_lines, "max_lines": max_lines, "free_text": free_text}
        self.drawn = MixedParagraphs(sources=sources, num_mixed_paragraphs=num_stored, **self.drawn_with)
        self.input_dims, self.output_dims = self.drawn.input_dims, self.drawn.output_dims
        self.mapping = self.drawn.mapping
        self.settings = {"weights": self.drawn.weights, "num": num_stored, "seed": SEED} | self.drawn_with
        name = hashlib.sha256(fingerprint(**self.settings).encode()).hexdigest()[:12]
        self.filename = DIRNAME / f"{num_stored}_{name}.h5"
        self.source = f"paragraphs drawn once, in {self.filename}"

    @property
    def is_stand_in(self) -> bool:
        """Whether any of the sets is a stand-in."""
        return self.drawn.is_stand_in

    def download(self) -> None:
        """Download what each set needs."""
        self.drawn.download()

    def prepare_data(self) -> None:
        """Draw the paragraphs with `num_workers` processes, unless they are there."""
        self.drawn.prepare_data()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)  # what is drawn goes by it, whatever the seed of the run
            self.drawn.setup()
            made_from = fingerprint(**self.settings, source=self.drawn.provenance)
            if not is_current(self.filename, made_from):
                with write_prepared(self.filename, made_from) as file:
                    self._draw(file)

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the stored pages to train on, and real ones to validate and test on."""
        self.drawn.setup()
        assert self.drawn.data_val is not None
        assert self.drawn.data_test is not None
        stored = PreparedDataset(self.filename, "train", to_image_tensor)
        self.source = f"{self.num_stored:,} paragraphs drawn once, in {self.filename}: {self.drawn.provenance}"
        train = stored if self.validates_on_train else MixedDataset([stored], [1.0], self.num)
        return train, self.drawn.data_val, self.drawn.data_test

    def _draw(self, file: h5py.File) -> None:
        """Write (N, H, W) uint8 images and (N, S) uint8 labels page by page: all may not fit into memory."""
        assert self.drawn.data_train is not None
        shape = self.num_stored, *self.input_dims[1:]
        images = file.create_dataset("x_train", shape, np.uint8, chunks=(1, *shape[1:]), compression="lzf")
        labels = file.create_dataset("y_train", (self.num_stored, *self.output_dims), np.uint8)
        pages = DataLoader(
            self.drawn.data_train, batch_size=None, num_workers=self.num_workers, worker_init_fn=outlive_signals
        )
        with progress(range(self.num_stored), f"Drawing {self.num_stored:,} paragraphs") as shown:
            for i, (x, y) in zip(shown, pages, strict=True):
                images[i], labels[i] = (255 * x[0]).round().byte().numpy(), y.numpy()


if __name__ == "__main__":
    look_at_pages(StoredParagraphs)
