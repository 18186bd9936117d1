import pytest
import pytorch_lightning as pl
import torch

from text_recognizer.data import BaseDataModule
from text_recognizer.data.util import BaseDataset
from text_recognizer.lit_models import LIT_MODELS, TransformerCTCLitModel, TransformerLitModel
from text_recognizer.lit_models.ctc import ctc_loss
from text_recognizer.models.cells import CTCHeadModel
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.util import UserError
from text_recognizer.vocabulary import Tokenizer
from training import run_experiment
from training.command_line.flags import parse

MAPPING = ("<B>", "<S>", "<E>", "<P>", "a", "b", "\n")
CONFIG = {"input_dims": (1, 4, 8), "output_dims": (5,), "mapping": MAPPING}
START, END, PADDING, A, B, NEWLINE = 1, 2, 3, 4, 5, 6
ROW = [START, A, NEWLINE, B, END]
PATH = [A, A, NEWLINE, 0, A]  # reads "a\na"


class Writer(EncoderDecoder):
    """Finds all tokens as likely and writes nothing."""

    def __init__(self):
        super().__init__(CONFIG)
        self.logits = torch.nn.Parameter(torch.zeros(len(MAPPING)))

    def forward(self, x, y):
        return self.logits[None, :, None].expand(len(x), -1, y.shape[1])

    def predict(self, x):
        return torch.tensor([[START, END, PADDING, PADDING, PADDING]]).expand(len(x), -1)


class WriterAndReader(Writer, CTCHeadModel):
    """Reads PATH in the cells of every image."""

    has_head = False

    def __init__(self):
        CTCHeadModel.__init__(self, CONFIG, dim=1, map_shape=(1, len(PATH)))
        self.logits = torch.nn.Parameter(torch.zeros(len(MAPPING)))

    def add_ctc_head(self):
        self.has_head = True

    def forward_both(self, x, y):
        cells = torch.nn.functional.one_hot(torch.tensor(PATH), len(MAPPING)).float().T * 2
        return self(x, y), cells.expand(len(x), -1, -1) + self.logits[None, :, None]

    def read_fast(self, x):
        return torch.tensor([[A, NEWLINE, A, PADDING, PADDING]]).expand(len(x), -1)


class Rows(BaseDataModule):
    input_dims, output_dims, mapping, source = CONFIG["input_dims"], CONFIG["output_dims"], MAPPING, "rows"

    def __init__(self, rows):
        super().__init__(batch_size=2)
        self.rows = rows

    def load_splits(self):
        dataset = BaseDataset(torch.zeros(len(self.rows), 1, 4, 8), torch.tensor(self.rows))
        return dataset, dataset, dataset


def measure(lit_model, rows):
    trainer = pl.Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    (metrics,) = trainer.test(lit_model, datamodule=Rows(rows), verbose=False)
    return metrics


def test_the_loss_is_the_sum_of_both_with_the_weight():
    alone = measure(TransformerLitModel(Writer(), CONFIG), [ROW])
    both = measure(TransformerCTCLitModel(WriterAndReader(), CONFIG, ctc_weight=0.25), [ROW])
    _, cells = WriterAndReader().forward_both(torch.zeros(1, 1, 4, 8), torch.tensor([ROW]))
    of_ctc, _ = ctc_loss(cells, torch.tensor([ROW]), Tokenizer(MAPPING).special)
    assert both["test_ctc_loss"] == pytest.approx(of_ctc.item(), rel=1e-5)
    assert both["test_loss"] == pytest.approx(alone["test_loss"] + 0.25 * of_ctc.item(), rel=1e-5)


def test_each_head_has_its_own_error_rate_and_line_breaks_count():
    metrics = measure(TransformerCTCLitModel(WriterAndReader(), CONFIG, ctc_weight=1.0), [ROW, ROW, ROW])
    assert metrics["test_cer"] == 1
    assert metrics["test_ctc_cer"] == pytest.approx(1 / 3)


def test_texts_without_room_are_said_and_counted():
    lit_model = TransformerCTCLitModel(WriterAndReader(), CONFIG, ctc_weight=1.0)
    long = [START, A, A, A, A, B, END]  # needs 8 cells of 5
    with pytest.warns(UserWarning, match=r"rows \[1\]: CTC cannot align .* 5 windows.*--stride_width"):
        metrics = measure(lit_model, [ROW + [PADDING] * 2, long])
    assert metrics["test_unaligned"] == 1


def test_without_a_weight_all_is_as_in_lab_4():
    model = WriterAndReader()
    metrics = measure(TransformerCTCLitModel(model, CONFIG), [ROW])
    assert metrics == measure(TransformerLitModel(Writer(), CONFIG), [ROW])
    assert not model.has_head


def test_any_model_of_lab_4_trains_without_a_weight_and_is_refused_with_one():
    assert measure(TransformerCTCLitModel(Writer(), CONFIG), [ROW])
    with pytest.raises(UserError, match=r"--ctc_weight=0.3: Writer cannot have a CTC head"):
        TransformerCTCLitModel(Writer(), CONFIG, ctc_weight=0.3)


@pytest.mark.parametrize("ctc_weight", [-0.1, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(ctc_weight):
    with pytest.raises(UserError, match=r"--ctc_weight=.*: expected 0 or more"):
        TransformerCTCLitModel(WriterAndReader(), CONFIG, ctc_weight=ctc_weight)


SMALL = [
    "--model_class=ResnetTransformer", "--data_class=IAMLines", "--loss=transformer", "--tf_dim=16", "--tf_fc_dim=16",
    "--tf_layers=1", "--max_epochs=1", "--batch_size=2", "--limit_train_batches=1", "--limit_val_batches=1",
    "--limit_test_batches=1", "--num_sanity_val_steps=0", "--enable_progress_bar=false",
    "--enable_model_summary=false", "--accelerator=cpu",
]  # fmt: skip


def run(tmp_path, *argv):
    return run_experiment.run(parse([*SMALL, f"--default_root_dir={tmp_path}", *argv]))


def test_the_real_command_trains_both_heads_and_its_checkpoint_asks_for_the_flag(tmp_path):
    assert issubclass(LIT_MODELS["transformer"], TransformerCTCLitModel)
    metrics = run(tmp_path, "--ctc_weight=0.3", "--channels_last=true")
    assert metrics.keys() == {"test_loss", "test_cer", "test_wer", "test_ctc_loss", "test_ctc_cer", "test_unaligned"}
    assert metrics["test_unaligned"] == 0
    checkpoint = next(tmp_path.rglob("last.ckpt"))
    assert {f"model.ctc_head.{name}" for name in ("weight", "bias")} <= torch.load(checkpoint)["state_dict"].keys()
    with pytest.raises(UserError, match=r"ctc_head.*--config="):
        run(tmp_path, f"--load_checkpoint={checkpoint}")


def test_the_real_command_trains_without_a_ctc_head(tmp_path):
    assert run(tmp_path, "--stride_width=32").keys() == {"test_loss", "test_cer", "test_wer"}
