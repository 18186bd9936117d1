"""Batches of lines of the same width: each line once, none of its ink cut off."""

import torch
from torch.utils.data import DataLoader, Dataset, RandomSampler

from text_recognizer.data.drawing.width_pools import MARGIN, text_widths, with_width_pools


class Bars(Dataset):
    """Lines whose ink ends at a column of their own, on paper of their own."""

    def __len__(self):
        return 21

    def __getitem__(self, index):
        image = torch.full((1, 8, 512), 0.1 * (index % 3))
        image[:, 2:5, 10 : 40 + 20 * index] = 0.9
        return image, torch.tensor([index])


def loader(num_batches):
    data = Bars()
    return with_width_pools(DataLoader(data, batch_size=4, sampler=RandomSampler(data)), num_batches)


def test_the_ink_of_a_line_is_found_on_any_paper():
    images = torch.stack([Bars()[i][0] for i in (0, 7, 20)])
    assert text_widths(images).tolist() == [40, 180, 440]
    assert text_widths(torch.zeros(1, 1, 8, 64)).tolist() == [0]


def test_a_faint_line_and_a_faint_end_are_not_cut():
    faint = torch.full((1, 1, 8, 128), 0.3)
    faint[..., 3:5, 10:90] = 0.35  # most of an image is paper
    assert text_widths(faint).tolist() == [90]
    faint[..., 3:5, 20:30] = 0.5
    assert text_widths(faint).tolist() == [90]


def test_each_line_comes_once_with_all_its_ink_and_paper_behind():
    batches = list(loader(2))
    assert sorted(index for _, targets in batches for index in targets[:, 0].tolist()) == list(range(21))
    for images, targets in batches:
        widest = int(40 + 20 * targets.max())
        assert images.shape[3] >= min(512, widest + MARGIN)
        assert text_widths(images).tolist() == (40 + 20 * targets[:, 0]).tolist()


def test_a_loader_tells_how_many_batches_it_gives():
    for num_batches in (1, 2, 8):
        assert len(list(loader(num_batches))) == len(loader(num_batches)) == 6


def test_batches_are_narrower_than_the_canvas():
    widths = [images.shape[3] for images, _ in loader(8)]
    assert sum(widths) / len(widths) < 0.65 * 512
