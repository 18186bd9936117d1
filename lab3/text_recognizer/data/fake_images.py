"""Random images with random labels: for tests of the machinery, never for a result."""

from typing import Any

from torch.utils.data import Dataset
from torchvision.datasets import FakeData
from torchvision.transforms import ToTensor

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.show.look import look_at
from text_recognizer.data.util import split_dataset
from text_recognizer.util import UserError

SPLIT_SEED = 42


class FakeImageData(BaseDataModule):
    """Noise of any size with random labels; a model can only memorise the examples.

    Parameters
    ----------
    num_samples
        Number of images; half are for training, a quarter each for validation and test.
    num_classes
        Number of different labels.
    image_height
        Height of an image in pixels.
    image_width
        Width of an image in pixels.
    """

    output_dims = (1,)
    source = "FAKE: random noise with random labels"

    def __init__(
        self,
        num_samples: int = 512,
        num_classes: int = 10,
        image_height: int = 28,
        image_width: int = 28,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if num_samples < 4:
            raise UserError(f"--num_samples={num_samples}: expected 4 or more, so that each split has an image")
        if min(num_classes, image_height, image_width) < 1:
            sizes = f"--image_height={image_height} --image_width={image_width}"
            raise UserError(f"--num_classes={num_classes} {sizes}: expected 1 or more")
        self.num_samples = num_samples
        self.input_dims = (1, image_height, image_width)
        self.mapping = tuple(str(label) for label in range(num_classes))

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return half of the images and two quarters."""
        dataset = FakeData(self.num_samples, self.input_dims, len(self.mapping), ToTensor())
        train, rest = split_dataset(dataset, 0.5, SPLIT_SEED)
        val, test = split_dataset(rest, 0.5, SPLIT_SEED)
        return train, val, test


if __name__ == "__main__":
    look_at(FakeImageData)
