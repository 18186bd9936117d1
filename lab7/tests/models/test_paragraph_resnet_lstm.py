"""The model that reads a page in one pass."""

import pytest
import torch

from text_recognizer.models.line_resnet_lstm import LineResNetLSTM
from text_recognizer.models.paragraph_resnet_lstm import ParagraphResNetLSTM

SMALL = {"stem_dim": 2, "lstm_dim": 4}


def config(height, width, mapping="_ab\n"):
    return {"input_dims": (1, height, width), "output_dims": (20,), "mapping": [*mapping]}


@pytest.mark.parametrize(
    ("height", "width", "num_cells"), [(576, 640, 36 * 160), (60, 30, 4 * 8), (16, 4, 1), (1, 1, 1)]
)
def test_each_cell_of_16_by_4_pixels_has_a_reading(height, width, num_cells):
    model = ParagraphResNetLSTM(config(height, width), **SMALL)
    assert model(torch.rand(2, 1, height, width)).shape == (2, 4, num_cells)


def test_cells_are_read_row_after_row():
    model = ParagraphResNetLSTM(config(64, 80), **SMALL).eval()
    x = torch.rand(2, 1, 64, 80)
    rows = model.read_rows(x)  # (B, H', W', C)
    assert rows.shape == (2, 4, 20, 4)
    torch.testing.assert_close(model(x)[:, :, 2 * 20 + 7], rows[:, 2, 7])


def test_a_row_knows_its_own_ends_and_nothing_far_above_or_below():
    model = ParagraphResNetLSTM(config(320, 160), **SMALL).eval()
    x = torch.rand(1, 1, 320, 160, requires_grad=True)
    model.read_rows(x)[0, 10, 20].sum().backward()
    assert x.grad[..., :4].any()
    assert x.grad[..., -4:].any()
    assert not x.grad[:, :, :32].any()
    assert not x.grad[:, :, -32:].any()


def test_a_page_of_one_row_is_read_as_the_line_model_reads_it():
    lines = LineResNetLSTM(config(16, 80, "_ab"), **SMALL).eval()
    pages = ParagraphResNetLSTM(config(16, 80), **SMALL).eval()
    pages.load_state_dict(lines.state_dict())
    x = torch.rand(3, 1, 16, 80)
    torch.testing.assert_close(pages(x)[:, :3], lines(x))
    assert not pages(x)[:, 3].any()  # nothing speaks for or against a newline yet


def test_its_own_weights_come_back_and_those_of_another_size_do_not():
    model, other = (ParagraphResNetLSTM(config(32, 80), **SMALL) for _ in range(2))
    other.load_state_dict(model.state_dict())
    torch.testing.assert_close(other.classifier.weight, model.classifier.weight)
    with pytest.raises(RuntimeError, match=r"classifier\.weight"):
        ParagraphResNetLSTM(config(32, 80, "_abcd\n"), **SMALL).load_state_dict(model.state_dict())
