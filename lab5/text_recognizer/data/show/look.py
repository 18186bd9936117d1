"""Lets a person look at a data set: `python -m text_recognizer.data.mnist` and so on for each data file."""

import sys
import warnings

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.images.pictures import contact_sheet
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError, write_atomically
from text_recognizer.vocabulary import tokenizer_of

NUM_IMAGES = 40

# With `python -m text_recognizer.data.mnist` the package has imported that file once already, which is harmless here.
warnings.filterwarnings("ignore", message=".*found in sys.modules after import of package", category=RuntimeWarning)


def look_at(data_class: type[BaseDataModule]) -> None:
    """Prepare a data set with its default settings, print what it is, and save a picture of training images."""
    # Take the package's own class: `python -m` has made a second one when it read the file once more.
    data_class = getattr(sys.modules["text_recognizer.data"], data_class.__name__, data_class)
    try:
        data = data_class()
        data.prepare_data()
        data.setup()
        show(data)
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")


def show(data: BaseDataModule) -> None:
    """Print what a data set is, and save a picture of training images."""
    print(data)
    images, targets = next(iter(data.train_dataloader()))
    tokenizer = tokenizer_of(data.config())
    captions = [tokenizer.spell(target.reshape(-1)) for target in targets[:NUM_IMAGES]]
    filename = PROCESSED_DIRNAME / "look" / f"{type(data).__name__}.png"
    with write_atomically(filename) as file:
        contact_sheet(list(images[:NUM_IMAGES]), captions).save(file, format="png")
    print(f"Picture of {len(captions)} training images: {filename}")
