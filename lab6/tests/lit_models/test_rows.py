import pytest
import torch

from text_recognizer.lit_models import LIT_MODELS, RowLitModel
from text_recognizer.models.base import Model
from text_recognizer.vocabulary import SPECIAL_TOKENS

CONFIG = {"input_dims": (1, 4, 4), "output_dims": (3,), "mapping": (*SPECIAL_TOKENS, "a", "b")}
PADDING, A, B = 3, 4, 5


class ReadsAAndPadding(Model):
    """Reads "aa" and padding in every image."""

    def forward(self, x):
        rows = torch.tensor([[A, A, PADDING]]).expand(len(x), -1)
        return 18 * torch.nn.functional.one_hot(rows, len(CONFIG["mapping"])).float().movedim(-1, 1)


def test_accuracy_of_rows_leaves_padding_out_and_the_loss_does_not():
    lit_model = RowLitModel(ReadsAAndPadding(), CONFIG)
    x = torch.zeros(1, 1, 4, 4)
    lit_model.val_acc(lit_model(x), torch.tensor([[A, B, PADDING]]))
    assert lit_model.val_acc.compute() == 0.5
    right, wrong_padding = (lit_model._loss(lit_model(x), torch.tensor([y])) for y in ([A, A, PADDING], [A, A, A]))
    assert right < 0.01 < 1 < wrong_padding


@pytest.mark.parametrize("mapping", [tuple("0123456789"), (SPECIAL_TOKENS[PADDING], *"abcde")])
def test_where_there_is_no_text_every_class_counts(mapping):
    lit_model = LIT_MODELS["cross_entropy"](Model(), CONFIG | {"mapping": mapping})
    lit_model.val_acc(torch.eye(len(mapping)), torch.arange(len(mapping)).roll(1))
    lit_model.val_acc(torch.eye(len(mapping)), torch.arange(len(mapping)))
    assert lit_model.val_acc.compute() == 0.5
