"""Lets a person look at a data set: `python -m text_recognizer.data.mnist` and so on for each data file."""

import sys

from text_recognizer.data.base_data_module import PROCESSED_DIRNAME, BaseDataModule
from text_recognizer.pictures import contact_sheet, text_of
from text_recognizer.util import UserError, write_atomically

NUM_IMAGES = 40


def look_at(data_class: type[BaseDataModule]) -> None:
    """Prepare a data set with its default settings, print what it is, and save a picture of training images."""
    try:
        data = data_class()
        data.prepare_data()
        data.setup()
    except UserError as error:
        sys.exit(f"error: {error}")
    print(data)
    images, targets = next(iter(data.train_dataloader()))
    captions = [text_of(target, data.mapping) for target in targets[:NUM_IMAGES]]
    filename = PROCESSED_DIRNAME / "look" / f"{data_class.__name__}.png"
    with write_atomically(filename) as file:
        contact_sheet(list(images[:NUM_IMAGES]), captions).save(file, format="png")
    print(f"Picture of {len(captions)} training images: {filename}")
