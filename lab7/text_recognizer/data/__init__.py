"""The data modules, which `--data_class` takes by name, and IAM, the forms that some of them read."""

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.copiste_lines import CopisteLines
from text_recognizer.data.copiste_paragraphs import CopisteParagraphs
from text_recognizer.data.emnist import EMNIST
from text_recognizer.data.emnist_lines import EMNISTLines
from text_recognizer.data.emnist_lines2 import EMNISTLines2
from text_recognizer.data.fake_images import FakeImageData
from text_recognizer.data.iam import IAM
from text_recognizer.data.iam_lines import IAMLines
from text_recognizer.data.iam_original_and_synthetic_paragraphs import IAMOriginalAndSyntheticParagraphs
from text_recognizer.data.iam_paragraphs import IAMParagraphs
from text_recognizer.data.iam_synthetic_paragraphs import IAMSyntheticParagraphs
from text_recognizer.data.mixed_lines import MixedLines
from text_recognizer.data.mixed_paragraphs import MixedParagraphs
from text_recognizer.data.mnist import MNIST
from text_recognizer.data.synthetic_lines import SyntheticLines
from text_recognizer.data.synthetic_paragraphs import SyntheticParagraphs
from text_recognizer.data.uci_digits import UCIDigits

__all__ = [
    "EMNIST",
    "IAM",
    "MNIST",
    "BaseDataModule",
    "CopisteLines",
    "CopisteParagraphs",
    "EMNISTLines",
    "EMNISTLines2",
    "FakeImageData",
    "IAMLines",
    "IAMOriginalAndSyntheticParagraphs",
    "IAMParagraphs",
    "IAMSyntheticParagraphs",
    "MixedLines",
    "MixedParagraphs",
    "SyntheticLines",
    "SyntheticParagraphs",
    "UCIDigits",
]
