import torch

from text_recognizer.models import PrintFinder

CONFIG = {"input_dims": (1, 56, 1024), "output_dims": (128,), "mapping": ["empty", "handwriting", "print"]}


def test_there_is_a_prediction_for_each_eight_columns_of_lines_of_any_width():
    model = PrintFinder(CONFIG, print_width=4).eval()
    for width in (64, 256):
        assert model(torch.rand(2, 1, 56, width)).shape == (2, 3, width // 8)


def test_a_cell_sees_its_neighbours_and_not_the_whole_line():
    model = PrintFinder(CONFIG, print_width=4).eval()
    x = torch.rand(1, 1, 56, 1024)
    changed = x.clone()
    changed[..., 512:520] = 1 - changed[..., 512:520]
    differs = (model(x) - model(changed)).abs().amax(dim=(0, 1)) > 0
    places = differs.nonzero()[:, 0] - 64
    assert places.min() >= -20
    assert places.max() <= 20
    assert differs[60:68].any()


def test_the_shipped_size_is_small():
    assert sum(parameter.numel() for parameter in PrintFinder(CONFIG).parameters()) < 150_000
