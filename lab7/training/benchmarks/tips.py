"""What each tip of PyTorch's performance guide changes, as two ways to do the same work.

`performance_guide.py` times them. S. Migacz, "PyTorch Performance Tuning Guide", GTC 2020.

Letters in this file: B batch, H W image.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import AdamW
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, Dataset

from text_recognizer.images.augment import Augment
from training.benchmarks.timing import Way

HEIGHT, WIDTH, NUM_IMAGES, BATCH = 56, 512, 48, 8


@dataclass
class Tip:
    """One tip.

    Parameters
    ----------
    number
        Its place in the list of fourteen.
    title
        What to do, in a few words.
    today
        What has become of it.
    make
        Makes a way of doing some work; None where it needs a GPU.
    values
        What `make` is given for the way without the tip and for that with it.
    images
        How many images a way does, (without, with), if they differ.
    """

    number: int
    title: str
    today: str
    make: Callable[[Any], Way] | None = None
    values: tuple[int, int] = (False, True)
    images: tuple[int, int] = (1, 1)

    def ways(self) -> tuple[Way, Way]:
        """Return the way without the tip, and the one with it."""
        assert self.make is not None
        without, with_it = self.values
        return self.make(without), self.make(with_it)


class Lines(Dataset):
    """Images that are changed at random when they are taken, as lines of handwriting are."""

    def __init__(self) -> None:
        self.augment = Augment.for_lines()
        self.image = np.zeros((HEIGHT, WIDTH), np.uint8)
        self.image[20:40, 40:-40:6] = 255

    def __len__(self) -> int:
        return NUM_IMAGES

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.from_numpy(self.augment(self.image, np.random.default_rng(index)))[None].float() / 255


def make_network(channels: int = 16, bias: bool = True) -> nn.Sequential:
    """Return a small convolutional network: (B, 1, H, W) -> (B, 10)."""
    layers: list[nn.Module] = []
    for before, after in ((1, channels), (channels, 2 * channels), (2 * channels, 2 * channels)):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1, bias=bias), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * channels, 10))


def step_of(network: nn.Module, x: torch.Tensor) -> Way:
    """Return one training step without the optimizer's part."""

    def step() -> None:
        network(x).square().mean().backward()
        network.zero_grad()

    return step


def epoch_with(num_workers: int) -> Way:
    """Return an epoch in which this many processes load images while the network trains."""
    network = make_network()
    loader = DataLoader(Lines(), BATCH, num_workers=num_workers, persistent_workers=num_workers > 0)

    def epoch() -> None:
        for x in loader:
            step_of(network, x)()

    return epoch


def batches_of(size: int) -> Way:
    """Return a training step with a batch of this size."""
    return step_of(make_network(), torch.rand(size, 1, HEIGHT, WIDTH))


def norm_behind(bias: bool) -> Way:
    """Return a training step of convolutions in front of batch norms, with or without a bias."""
    return step_of(make_network(bias=bias), torch.rand(BATCH, 1, HEIGHT, WIDTH))


def clear_gradients(to_none: bool) -> Way:
    """Return a training step of a network of many weights, whose gradients are then set to zero or to None."""
    network = nn.Sequential(*(nn.Linear(512, 512) for _ in range(8)))
    x = torch.rand(BATCH, 512)

    def step() -> None:
        network(x).square().mean().backward()
        network.zero_grad(set_to_none=to_none)

    return step


def with_anomaly_detection(on: bool) -> Way:
    """Return a training step in which PyTorch looks for NaN in each gradient, or does not."""
    step = batches_of(BATCH)

    def detecting() -> None:
        with torch.autograd.set_detect_anomaly(on, check_nan=on):
            step()

    return detecting


def lines_in_batches(by_length: bool) -> Way:
    """Return steps over lines of many widths, padded to the widest of their batch, sorted by width or not."""
    network, rng = make_network(), np.random.default_rng(0)
    widths = rng.integers(64, WIDTH + 1, NUM_IMAGES)
    widths = np.sort(widths) if by_length else widths
    batches = [torch.rand(BATCH, 1, HEIGHT, int(part.max())) for part in np.split(widths, NUM_IMAGES // BATCH)]

    def epoch() -> None:
        for x in batches:
            step_of(network, x)()

    return epoch


def optimizer_step(fused: bool) -> Way:
    """Return a step of AdamW over many weights, one operation after the other or all in one loop."""
    weights = [nn.Parameter(torch.rand(256, 512)) for _ in range(48)]
    for weight in weights:
        weight.grad = torch.rand_like(weight)
    return AdamW(weights, fused=fused, foreach=False).step


def deep_network(recompute: bool) -> Way:
    """Return a step of a deep network that keeps its activations, or computes them anew on the way back."""
    blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.GELU()) for _ in range(6))
    x = torch.rand(BATCH, 16, HEIGHT // 2, WIDTH // 4, requires_grad=True)

    def step() -> None:
        out = x
        for block in blocks:
            out = checkpoint(block, out, use_reentrant=False) if recompute else block(out)
        out.mean().backward()

    return step


def kept_bytes(way: Way) -> int:
    """Return how many bytes a step keeps for its way back."""
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        way()
    return sum(kept.values())


def gelu_by_hand(x: torch.Tensor) -> torch.Tensor:
    """Compute GELU of any shape in seven operations, each of which reads and writes all of x."""
    return 0.5 * x * (1 + torch.tanh(0.79788456 * (x + 0.044715 * x * x * x)))


def pointwise(fused: bool) -> Way:
    """Return GELU as a sequence of operations, or as PyTorch's single operation."""
    x = torch.randn(BATCH, 64, HEIGHT, WIDTH // 4)
    return (lambda: F.gelu(x, approximate="tanh")) if fused else (lambda: gelu_by_hand(x))


def scripted(on: bool) -> Way:
    """Return GELU as it is written, or through `torch.jit.script`."""
    x = torch.randn(BATCH, 64, HEIGHT, WIDTH // 4)
    gelu = torch.jit.script(gelu_by_hand) if on else gelu_by_hand
    return lambda: gelu(x)


GPU = "needs a GPU"
TIPS = (
    Tip(1, "num_workers > 0", "still right where making an image takes time", epoch_with, (0, 1)),
    Tip(2, "pin_memory=True", f"{GPU}: it copies from pinned memory; the labs pin where there is one"),
    Tip(3, "tune num_workers", "still right: more workers than cores only cost", epoch_with, (1, 4)),
    Tip(4, "cudnn.benchmark=True", f"{GPU}: cuDNN tries its algorithms, for images of one size only"),
    Tip(5, "larger batches", "fill a GPU; few images fill a core", batches_of, (4, 32), (4, 32)),
    Tip(6, "LARS, LAMB", f"{GPU}: for batches of thousands on many; PyTorch has neither"),
    Tip(7, "bias=False before norm", "still right, for memory more than time", norm_behind, (True, False)),
    Tip(8, "grad = None", "what zero_grad does by itself since 2.0", clear_gradients),
    Tip(9, "no debug APIs", "still right", with_anomaly_detection, (True, False)),
    Tip(10, "DDP, not DataParallel", f"{GPU}: two of them; DataParallel is on its way out, --strategy=ddp"),
    Tip(11, "balance the load", "here: lines of like width share a batch", lines_in_batches),
    Tip(12, "fused optimizer", "PyTorch's own now, on CPUs too: fused=True", optimizer_step),
    Tip(13, "checkpointing", "still right: memory for time", deep_network),
    Tip(14, "fuse pointwise operations", "F.gelu is one operation already", pointwise),
    Tip(14, "  with torch.jit.script", "deprecated: torch.compile took its place", scripted),
)
