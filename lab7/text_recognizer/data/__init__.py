"""The data sets that `--data_class` can name; a new one is added to this list."""

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.characters import Characters
from text_recognizer.data.copiste_paragraphs import CopisteParagraphs
from text_recognizer.data.drawn_world import DrawnWorld
from text_recognizer.data.emnist import EMNIST
from text_recognizer.data.fake_images import FakeImageData
from text_recognizer.data.few_iam_lines import FewIAMLines
from text_recognizer.data.iam import IAM
from text_recognizer.data.iam_grey_lines import IAMGreyLines
from text_recognizer.data.iam_ondb_lines import IAMOnDBLines
from text_recognizer.data.iam_original_and_synthetic_paragraphs import IAMOriginalAndSyntheticParagraphs
from text_recognizer.data.iam_paragraphs import IAMParagraphs
from text_recognizer.data.iam_synthetic_paragraphs import IAMSyntheticParagraphs
from text_recognizer.data.listed_lines import ListedLines
from text_recognizer.data.mixed_paragraphs import MixedParagraphs
from text_recognizer.data.mnist import MNIST
from text_recognizer.data.own_handwriting_paragraphs import OwnHandwritingParagraphs
from text_recognizer.data.printed_or_written_lines import PrintedOrWrittenLines
from text_recognizer.data.reader_lines import ReaderLines
from text_recognizer.data.stored_paragraphs import StoredParagraphs
from text_recognizer.data.synthetic_paragraphs import SyntheticParagraphs
from text_recognizer.data.tokenized import (
    CopisteLines,
    EMNISTLines,
    EMNISTLines2,
    IAMLines,
    MixedLines,
    OwnHandwriting,
    SyntheticLines,
)
from text_recognizer.data.turned_lines import TurnedLines
from text_recognizer.data.uci_digits import UCIDigits
from text_recognizer.data.world_strips import WorldReaderLines, WorldStrips
from text_recognizer.data.written_lines import WrittenLines

__all__ = [
    "EMNIST",
    "IAM",
    "MNIST",
    "BaseDataModule",
    "Characters",
    "CopisteLines",
    "CopisteParagraphs",
    "DrawnWorld",
    "EMNISTLines",
    "EMNISTLines2",
    "FakeImageData",
    "FewIAMLines",
    "IAMGreyLines",
    "IAMLines",
    "IAMOnDBLines",
    "IAMOriginalAndSyntheticParagraphs",
    "IAMParagraphs",
    "IAMSyntheticParagraphs",
    "ListedLines",
    "MixedLines",
    "MixedParagraphs",
    "OwnHandwriting",
    "OwnHandwritingParagraphs",
    "PrintedOrWrittenLines",
    "ReaderLines",
    "StoredParagraphs",
    "SyntheticLines",
    "SyntheticParagraphs",
    "TurnedLines",
    "UCIDigits",
    "WorldReaderLines",
    "WorldStrips",
    "WrittenLines",
]
