"""Lets a person look at a data set: `python -m text_recognizer.data.mnist` and so on for each data file."""

import sys
import warnings

from torchvision.utils import save_image

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError, write_atomically

NUM_IMAGES, IMAGES_PER_ROW = 40, 10

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
    filename = PROCESSED_DIRNAME / "look" / f"{type(data).__name__}.png"
    with write_atomically(filename) as file:
        save_image(images[:NUM_IMAGES], file, format="png", nrow=IMAGES_PER_ROW)
    print(f"Picture of {NUM_IMAGES} training images: {filename}. Row by row they are:")
    for start in range(0, NUM_IMAGES, IMAGES_PER_ROW):
        print(
            "  " + " ".join(data.mapping[target] for target in targets[start : min(start + IMAGES_PER_ROW, NUM_IMAGES)])
        )
