"""The data sets that `--data_class` can name; a new one is added to this list."""

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.emnist import EMNIST
from text_recognizer.data.emnist_lines import EMNISTLines
from text_recognizer.data.fake_images import FakeImageData
from text_recognizer.data.mnist import MNIST
from text_recognizer.data.uci_digits import UCIDigits

__all__ = ["EMNIST", "MNIST", "BaseDataModule", "EMNISTLines", "FakeImageData", "UCIDigits"]
