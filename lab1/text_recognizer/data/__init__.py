"""The data sets that `--data_class` can name; a new one is added to this list."""

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.mnist import MNIST
from text_recognizer.data.uci_digits import UCIDigits

__all__ = ["MNIST", "BaseDataModule", "UCIDigits"]
