import math

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F

from text_recognizer.data import BaseDataModule
from text_recognizer.data.util import BaseDataset
from text_recognizer.lit_models import TransformerLitModel
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.util import UserError
from training.command_line.flags import parse
from training.run_experiment import run

MAPPING = ("<B>", "<S>", "<E>", "<P>", "a", "b")
CONFIG = {"input_dims": (1, 4, 8), "output_dims": (5,), "mapping": MAPPING}
START, END, PADDING, A, B = 1, 2, 3, 4, 5


class Parrot(EncoderDecoder):
    """Predicts one row for every image; shown labels, finds all tokens as likely."""

    def __init__(self, row):
        super().__init__(CONFIG)
        self.row = torch.tensor(row)
        self.logits = torch.nn.Parameter(torch.zeros(len(MAPPING)))
        self.seen = []

    def forward(self, x, y):
        self.seen.append(y.clone())
        return self.logits[None, :, None].expand(len(x), -1, y.shape[1])

    def predict(self, x):
        return self.row.expand(len(x), -1)


class Rows(BaseDataModule):
    """Blank images whose labels are the rows given, the same for each split."""

    input_dims, output_dims, mapping, source = CONFIG["input_dims"], CONFIG["output_dims"], MAPPING, "rows"

    def __init__(self, rows):
        super().__init__(batch_size=2)
        self.rows = rows

    def load_splits(self):
        dataset = BaseDataset(torch.zeros(len(self.rows), 1, 4, 8), torch.tensor(self.rows))
        return dataset, dataset, dataset


def measure(model, rows):
    trainer = pl.Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    (metrics,) = trainer.test(TransformerLitModel(model, CONFIG), datamodule=Rows(rows), verbose=False)
    return metrics


def test_the_model_is_shown_all_labels_but_the_last():
    model = Parrot([START, A, END, PADDING, PADDING])
    measure(model, [[START, A, B, A, END]])
    assert model.seen[-1].tolist() == [[START, A, B, A]]


def test_the_loss_counts_the_end_and_leaves_padding_out():
    model = Parrot([START, END, PADDING, PADDING, PADDING])
    metrics = measure(model, [[START, A, END, PADDING, PADDING]])
    assert metrics["test_loss"] == pytest.approx(math.log(len(MAPPING)), rel=1e-5)
    with torch.no_grad():
        model.logits[PADDING] = -50.0  # what the model thinks of padding must not matter, but for the sum to one
    five = F.cross_entropy(torch.zeros(1, 5), torch.tensor([0])).item()
    assert measure(model, [[START, A, END, PADDING, PADDING]])["test_loss"] == pytest.approx(five, rel=1e-5)


def test_the_error_rate_is_that_of_what_the_model_writes_on_its_own():
    model = Parrot([START, A, B, END, PADDING])
    rows = [[START, A, B, END, PADDING], [START, A, A, END, PADDING], [START, END, PADDING, PADDING, PADDING]]
    assert measure(model, rows)["test_cer"] == pytest.approx((0 + 1 + 2) / 4)


@pytest.mark.parametrize("row", [[A, B, PADDING, PADDING, PADDING], [START, A, B, A, B]])
def test_labels_without_start_or_end_are_refused_with_the_flag_to_type(row):
    with pytest.raises(UserError, match="--with_start_end_tokens=true"):
        measure(Parrot([START, END, PADDING, PADDING, PADDING]), [row])


@pytest.mark.parametrize(
    ("model_class", "loss", "expected"),
    [
        ("LineCNNTransformer", "ctc", "LineCNNTransformer takes images and labels, which this --loss does not give it"),
        ("LineCNNLSTM", "transformer", "LineCNNLSTM takes images alone, which this --loss does not give it"),
    ],
)
def test_a_model_and_a_loss_that_do_not_match_are_one_line(model_class, loss, expected):
    argv = ["--data_class=EMNISTLines", f"--model_class={model_class}", f"--loss={loss}"]
    argv += ["--num_train=4", "--num_val=4", "--num_test=4", "--max_epochs=1"]
    with pytest.raises(UserError, match=expected):
        run(parse(argv))


def test_a_model_that_writes_needs_data_of_text():
    with pytest.raises(UserError, match="the data has no <B>, <S>, <E>, <P> among its classes"):
        run(parse(["--data_class=MNIST", "--model_class=LineCNNTransformer", "--loss=transformer"]))
