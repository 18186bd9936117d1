import pytest
import torch

from text_recognizer.models.line_tds import LineTDS, TDSBlock
from text_recognizer.util import UserError


def config(height, width):
    return {"input_dims": (1, height, width), "output_dims": (20,), "mapping": [*"_ab"]}


@pytest.mark.parametrize(("stride", "steps"), [(4, 256), (8, 128)])
def test_there_is_a_reading_for_each_step(stride, steps):
    model = LineTDS(config(56, 1024), tds_depth=2, tds_channels=1, tds_blocks=1, tds_stride=stride)
    assert model(torch.rand(2, 1, 56, 1024)).shape == (2, 3, steps)


def test_a_block_keeps_the_shape_and_looks_no_further_than_its_window():
    block = TDSBlock(depth=2, channels=3, kernel_size=5, dropout=0.0)
    x = torch.rand(1, 6, 9, 9, requires_grad=True)
    looked = block.look[0](x.unflatten(1, (2, -1))).flatten(1, 2)
    assert block(x).shape == looked.shape == x.shape
    looked[0, 0, 4, 4].backward()
    seen = x.grad[0] != 0
    assert seen[:, 2:7, 2:7].any()
    assert not seen[:, :2].any()
    assert not seen[1].any(), "channels of one part do not mix here"
    assert seen[0].any()
    assert seen[3].any(), "the same channel of the other part does"


def test_both_norms_of_a_block_are_used():
    block = TDSBlock(depth=2, channels=3, kernel_size=3, dropout=0.0)
    block(torch.rand(2, 6, 8, 8)).square().sum().backward()
    assert all(norm.weight.grad is not None for norm in block.norms)
    means = block(torch.rand(2, 6, 8, 8)).mean(dim=(2, 3))
    torch.testing.assert_close(means, torch.zeros_like(means), atol=1e-5, rtol=0)


def test_what_cannot_be_built_is_refused():
    with pytest.raises(UserError, match="--tds_stride=5: expected 4 or 8"):
        LineTDS(config(56, 64), tds_stride=5)
    with pytest.raises(UserError, match="--tds_kernel=4: expected an odd number"):
        LineTDS(config(56, 64), tds_kernel=4)
