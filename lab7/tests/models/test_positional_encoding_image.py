import pytest
import torch

from text_recognizer.models.positional_encoding_image import PositionalEncodingImage
from text_recognizer.models.transformer_util import sinusoids
from text_recognizer.util import UserError

DIM, HEIGHT, WIDTH = 12, 3, 5


def test_the_first_half_tells_the_row_and_the_second_the_column():
    code = PositionalEncodingImage(DIM, HEIGHT, WIDTH)(torch.zeros(2, DIM, HEIGHT, WIDTH))
    for row in range(HEIGHT):
        for column in range(WIDTH):
            expected = torch.cat([sinusoids(HEIGHT, DIM // 2)[row], sinusoids(WIDTH, DIM // 2)[column]])
            assert torch.equal(code[0, :, row, column], expected)
    assert torch.equal(code[0], code[1])


def test_no_two_cells_have_the_same_code():
    code = PositionalEncodingImage(DIM, HEIGHT, WIDTH)(torch.zeros(1, DIM, HEIGHT, WIDTH))
    assert len(code.flatten(2)[0].T.unique(dim=0)) == HEIGHT * WIDTH


def test_it_is_added_to_what_comes_in():
    positions, x = PositionalEncodingImage(DIM, HEIGHT, WIDTH), torch.randn(2, DIM, HEIGHT, WIDTH)
    torch.testing.assert_close(positions(x) - x, positions(torch.zeros_like(x)), atol=1e-6, rtol=0)


def test_it_is_not_kept_in_checkpoints():
    assert PositionalEncodingImage(DIM, HEIGHT, WIDTH).state_dict() == {}


def test_an_odd_width_is_refused():
    with pytest.raises(UserError, match="--tf_dim=7: expected an even number"):
        PositionalEncodingImage(7, HEIGHT, WIDTH)
