"""The data sets that `--data_class` can name; a new one is added to this list."""

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.copiste_lines import CopisteLines
from text_recognizer.data.emnist import EMNIST
from text_recognizer.data.emnist_lines import EMNISTLines
from text_recognizer.data.emnist_lines2 import EMNISTLines2
from text_recognizer.data.fake_images import FakeImageData
from text_recognizer.data.iam import IAM
from text_recognizer.data.iam_grey_lines import IAMGreyLines
from text_recognizer.data.iam_lines import IAMLines
from text_recognizer.data.iam_ondb_lines import IAMOnDBLines
from text_recognizer.data.listed_lines import ListedLines
from text_recognizer.data.mixed_lines import MixedLines
from text_recognizer.data.mnist import MNIST
from text_recognizer.data.reader_lines import ReaderLines
from text_recognizer.data.synthetic_lines import SyntheticLines
from text_recognizer.data.uci_digits import UCIDigits
from text_recognizer.data.written_lines import WrittenLines

__all__ = [
    "EMNIST",
    "IAM",
    "MNIST",
    "BaseDataModule",
    "CopisteLines",
    "EMNISTLines",
    "EMNISTLines2",
    "FakeImageData",
    "IAMGreyLines",
    "IAMLines",
    "IAMOnDBLines",
    "ListedLines",
    "MixedLines",
    "ReaderLines",
    "SyntheticLines",
    "UCIDigits",
    "WrittenLines",
]
