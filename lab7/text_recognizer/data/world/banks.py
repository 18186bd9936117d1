"""The banks of lines that drawn pictures are composed of, drawn once and stored in prepared files."""

from functools import cache
from pathlib import Path

import numpy as np

from text_recognizer.data.prose.text import TextSource
from text_recognizer.data.storage.prepared import fingerprint
from text_recognizer.data.world.copiste_hands import ZIP_FILENAME, copiste_hands, has_copiste
from text_recognizer.handwriting.hands import FONTS_DIRNAME, INDEX_NAME, find_hands, has_fonts
from text_recognizer.handwriting.world.bank import LineBank, draw_bank, load_bank, save_bank
from text_recognizer.handwriting.world.printed import find_printed
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import write_atomically

DIRNAME = PROCESSED_DIRNAME / "drawn_world"
VERSION = 1  # raise it when other lines are drawn
SEED = 11


def bank_filename(split: str) -> Path:
    """Return the file of a split's lines."""
    return DIRNAME / f"lines_{split}.npz"


def prepare_bank(split: str, num_hands: int, copiste: bool) -> None:
    """Draw the lines of a split unless the prepared file is current."""
    made_from = made_from_of(split, num_hands, copiste)
    filename = bank_filename(split)
    note = filename.with_suffix(".json")
    if filename.exists() and note.exists() and note.read_text() == made_from:
        return
    print(f"Drawing the lines of {num_hands} {split} hands …", flush=True)
    texts = TextSource(split, free_text=True)
    bank = draw_bank(find_hands(split), texts, split, num_hands, np.random.default_rng([SEED, len(split)]))
    if copiste and has_copiste():
        bank = bank.with_hands(copiste_hands(split))
    note.unlink(missing_ok=True)  # if this is interrupted, the file counts as out of date
    with write_atomically(filename) as file:
        save_bank(bank, file)
    with write_atomically(note) as file:
        file.write(made_from.encode())


def made_from_of(split: str, num_hands: int, copiste: bool) -> str:
    """Describe the sources of a split's lines."""
    parts: dict = {"version": VERSION, "split": split, "num_hands": num_hands}
    parts |= {"printed": [font.family for font in find_printed(split)]}
    parts |= {"fonts": FONTS_DIRNAME / INDEX_NAME} if has_fonts() else {}
    parts |= {"copiste": ZIP_FILENAME} if copiste and has_copiste() else {}
    return fingerprint(**parts)


@cache
def read_bank(split: str) -> LineBank:
    """Read the lines of a split, once per process."""
    return load_bank(bank_filename(split))
