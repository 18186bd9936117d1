"""Times the augmentation of pages beside the stack of torchvision transforms that the course's ancestor used.

    python training/benchmarks/augment.py

One process and one thread: pages a second for one core, of a drawn page of 576 x 640. The ways take turns in each
round, so that a machine whose speed drifts is fair to all of them. Quote the ratios.
"""

import sys
from collections.abc import Callable
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode

from text_recognizer.images.augment import LINES, Augment, draw_text
from training.benchmarks.timing import in_turns, load, medians, table
from training.command_line.settings import NoFlags, one_line_errors, parse_settings

PAGE_SHAPE, LINE_DISTANCE = (576, 640), 32
NUM_ROUNDS, NUM_PAGES = 15, 20
ANCESTOR = "ancestor's stack (torchvision, Pillow)"


def make_ancestor() -> transforms.Compose:
    """Return the transforms of Full Stack Deep Learning's 2022 course for paragraphs, from image to image."""
    bilinear = InterpolationMode.BILINEAR
    return transforms.Compose(
        [
            transforms.ColorJitter(brightness=0.4, contrast=0.4),
            transforms.RandomCrop(PAGE_SHAPE, pad_if_needed=True),
            transforms.RandomAffine(degrees=3, shear=6, scale=(0.95, 1), interpolation=bilinear),
            transforms.RandomPerspective(distortion_scale=0.2, p=0.5, interpolation=bilinear),
            transforms.GaussianBlur(kernel_size=(3, 3), sigma=(0.1, 1.0)),
            transforms.RandomAdjustSharpness(sharpness_factor=2, p=0.5),
        ]
    )


def make_ways() -> dict[str, Callable[[], object]]:
    """Return the ways to augment a page: a name and a function for each."""
    page, rng = draw_text(LINES * 9, PAGE_SHAPE, LINE_DISTANCE), np.random.default_rng(0)
    picture, ancestor = Image.fromarray(page), make_ancestor()
    usual, all_at_once = Augment.for_pages(), Augment.for_pages(warp_probability=1, probability=1)
    return {
        ANCESTOR: lambda: ancestor(picture),
        "one warp: all geometry": lambda: usual.warp(page, rng),
        "full chain, as in training": lambda: usual(page, rng),
        "full chain, every change each time": lambda: all_at_once(page, rng),
    }


def main(argv: list[str] | None = None) -> None:
    """Print pages a second of each way, and how many times faster it is than the ancestor's."""
    with one_line_errors():
        parse_settings(NoFlags, __doc__, argv)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    times = medians(in_turns(make_ways(), NUM_ROUNDS, repeats=NUM_PAGES))  # the first round draws the bank of noise
    print(f"Pages of {PAGE_SHAPE[0]} x {PAGE_SHAPE[1]}, 1 thread, {load()}; median of {NUM_ROUNDS} rounds")
    rows = [
        (name, f"{1 / time:,.0f} pages/s", f"{1000 * time:.2f} ms", f"{times[ANCESTOR] / time:.1f} x")
        for name, time in times.items()
    ]
    print(table(rows))


if __name__ == "__main__":
    main()
