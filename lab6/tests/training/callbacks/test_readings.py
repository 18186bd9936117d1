import pytest
import torch

from text_recognizer.lit_models import BaseLitModel, CTCLitModel, TransformerLitModel
from text_recognizer.models.base import Model
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.vocabulary import Tokenizer
from training.callbacks.readings import captions, read

MAPPING = ("<B>", "<S>", "<E>", "<P>", "a", "b", "c")
CONFIG = {"input_dims": (1, 4, 8), "output_dims": (4,), "mapping": MAPPING}
IMAGES = torch.zeros(2, 1, 4, 8)


class Reader(Model):
    """Reads the same rows whatever it is shown."""

    def __init__(self, rows):
        super().__init__()
        self.rows = torch.tensor(rows)

    def forward(self, x):
        return torch.nn.functional.one_hot(self.rows, len(MAPPING)).float().movedim(-1, 1)


class Writer(EncoderDecoder):
    """Writes the same rows whatever it is shown."""

    def __init__(self, rows):
        super().__init__(CONFIG)
        self.rows = torch.tensor(rows)

    def predict(self, x):
        return self.rows


@pytest.mark.parametrize(
    ("lit_class", "rows", "expected"),
    [
        (BaseLitModel, [4, 6], [4, 6]),
        (BaseLitModel, [[4, 4, 5, 3], [6, 3, 3, 3]], [[4, 4, 5, 3], [6, 3, 3, 3]]),
        (CTCLitModel, [[4, 4, 0, 4], [0, 6, 6, 5]], [[4, 4, 3, 3], [6, 5, 3, 3]]),
        (TransformerLitModel, [[1, 4, 5, 2], [1, 6, 2, 3]], [[1, 4, 5, 2], [1, 6, 2, 3]]),
    ],
)
def test_each_kind_of_model_reads_in_its_way(lit_class, rows, expected):
    model = Writer(rows) if lit_class is TransformerLitModel else Reader(rows)
    assert read(lit_class(model, CONFIG), IMAGES).tolist() == expected


def test_a_caption_shows_what_is_read_and_what_is_written_without_special_tokens():
    lit_model = TransformerLitModel(Writer([[1, 4, 5, 2, 3], [1, 2, 3, 3, 3]]), CONFIG)
    y = torch.tensor([[1, 4, 4, 2, 3], [1, 6, 5, 4, 2]])
    assert captions(lit_model, IMAGES, y, Tokenizer(MAPPING)) == ["read: ab\nwritten: aa", "read: \nwritten: cba"]


def test_a_caption_of_one_label():
    assert captions(BaseLitModel(Reader([4, 5]), CONFIG), IMAGES, torch.tensor([4, 6]), Tokenizer(MAPPING)) == [
        "read: a\nwritten: a",
        "read: b\nwritten: c",
    ]
