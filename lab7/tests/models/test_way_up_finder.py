import torch

from text_recognizer.models import WayUpFinder
from text_recognizer.models.print_finder import PrintFinder
from text_recognizer.models.way_up_finder import VOTES_PER_NAT

CONFIG = {"input_dims": (1, 56, 256), "output_dims": (1,), "mapping": ("upright", "upside down")}


def test_its_cells_vote():
    torch.manual_seed(0)
    model, x = WayUpFinder(CONFIG, way_width=4).eval(), torch.rand(2, 1, 56, 96)
    of_cells = PrintFinder.forward(model, x)
    assert of_cells.shape == (2, 2, 12)
    assert torch.allclose(model(x), of_cells.sum(dim=2) / VOTES_PER_NAT, atol=1e-6)
