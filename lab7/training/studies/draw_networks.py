"""Draws networks part by part, with the output shape, weights and multiplications of each part.

    python training/studies/draw_networks.py --models=ConvTransformer,Vit
    python training/studies/draw_networks.py --models=ConvTransformer --data_class=IAMParagraphs

It then prints a table of all. The networks have their default sizes; `draw_model.py` draws a network with any flags,
layer by layer.

Letters in this file: B batch.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from text_recognizer.models.base import Model
from text_recognizer.util import UserError, write_atomically
from training.benchmarks.timing import table
from training.command_line.flags import DATA_CLASSES, MODEL_CLASSES
from training.command_line.settings import run_command

NETWORKS = ("LeNet", "ConvolutionalRecurrentNetwork", "ConvTransformer", "Vit", "OwnResNetTransformer")
OF_ONE_CHARACTER = ("MLP", "CNN", "ResNet", "LeNet")  # drawn for an image of one character if no data is given
WIDTH, HEIGHT, GAP, MARGIN, FONT_SIZE = 820, 34, 14, 20, 15
COLUMNS = (12, 330, 630, 808)  # name, shape, weights and multiplications of a part
COLOURS = {"encoder": "#d9ead3", "resnet": "#d9ead3", "cnn": "#d9ead3", "decoder": "#cfe2f3", "thinker": "#fff2cc"}


@dataclass
class Part:
    """One box of the picture.

    Parameters
    ----------
    name
        The name of the part in the network.
    kind
        Its class.
    shape
        The shape of its output, without the batch.
    weights
        Number of its weights.
    multiplications
        Number of its multiplications for one image.
    times
        Number of equal parts in a row.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    weights: int
    multiplications: int
    times: int = 1


@dataclass
class Drawing:
    """What to draw.

    Parameters
    ----------
    models
        Names of networks, separated by commas.
    data_class
        The data set that they are built for; IAMLines if null, or Characters for networks of single characters.
    out
        Directory for the pictures.
    """

    models: str = ",".join(NETWORKS)
    data_class: str | None = None
    out: Path = Path("pictures/networks")

    def __post_init__(self) -> None:
        if unknown := [name for name in self.models.split(",") if name not in MODEL_CLASSES]:
            raise UserError(f"--models={self.models}: {unknown[0]!r} is not one of {', '.join(sorted(MODEL_CLASSES))}")
        if self.data_class is not None and self.data_class not in DATA_CLASSES:
            raise UserError(f"--data_class={self.data_class}: expected one of {', '.join(sorted(DATA_CLASSES))}")


def run(args: Drawing) -> dict[str, list[Part]]:
    """Draw each network, print the table, and return their parts."""
    rows: list[tuple[str, ...]] = [("network", "image", "weights", "multiplications")]
    drawn = {}
    for name in args.models.split(","):
        config = DATA_CLASSES[args.data_class or ("Characters" if name in OF_ONE_CHARACTER else "IAMLines")]().config()
        drawn[name] = parts = parts_of(MODEL_CLASSES[name](config), config)
        filename = args.out / f"{name}.png"
        with write_atomically(filename) as file:
            draw(name, parts).save(file, format="png")
        weights = sum(part.weights * part.times for part in parts)
        multiplications = sum(part.multiplications * part.times for part in parts)
        size = f"{config['input_dims'][1]} x {config['input_dims'][2]}"
        rows.append((name, size, f"{weights / 1e6:.2f} M", f"{multiplications / 1e6:,.0f} M"))
        print(filename)
    print(table(rows))
    return drawn


def parts_of(model: Model, config: dict[str, Any]) -> list[Part]:
    """Run one image through a network; return its parts in order of execution, the image first."""
    parts = [Part("image", "", config["input_dims"], 0, 0)]
    units = dict(units_of(model))
    counter, recurrent = FlopCounterMode(display=False), Recurrent()

    def note(name: str, module: nn.Module, output: Any) -> None:
        output = output[0] if isinstance(output, tuple) else output
        weights = sum(weight.numel() for weight in module.parameters())
        parts.append(Part(name, type(module).__name__, tuple(output.shape[1:]), weights, 0))

    hooks = [
        module.register_forward_hook(lambda one, _, output, name=name: note(name, one, output))
        for name, module in units.items()
    ]
    hooks += [one.register_forward_hook(recurrent) for one in model.modules() if isinstance(one, nn.LSTM | nn.GRU)]
    inputs = [torch.zeros(1, *config["input_dims"])]
    if model.takes_labels:
        inputs.append(torch.zeros(1, *config["output_dims"], dtype=torch.long))
    with counter:
        # Gradients stay on: without them PyTorch uses fused operations that its counter misses.
        model.eval()(*inputs)
    for hook in hooks:
        hook.remove()
    counts = {name: sum(one.values()) // 2 for name, one in counter.get_flop_counts().items()}
    for part in parts[1:]:
        path = f"{type(model).__name__}.{part.name}"
        part.multiplications = counts.get(path, 0) + recurrent.counts.get(units[part.name], 0)
    return together(merged(parts), model, counts.get(type(model).__name__, 0))


class Recurrent:
    """Counts the multiplications of LSTMs and GRUs, which PyTorch's counter leaves out."""

    def __init__(self) -> None:
        self.counts: dict[nn.Module, int] = {}

    def __call__(self, layer: nn.Module, inputs: tuple[torch.Tensor, ...], _: object) -> None:
        """Count one layer; each matrix multiplies each vector of its input once."""
        num_vectors = inputs[0].numel() // inputs[0].shape[-1]
        self.counts[layer] = num_vectors * sum(one.numel() for one in layer.parameters() if one.dim() == 2)


def units_of(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules that become a box: the parts of a network, and of sequential parts each of their parts."""
    for name, child in model.named_children():
        chains = [(name, child)] if isinstance(child, nn.Sequential) else list(_children(name, child))
        for path, part in chains:
            if isinstance(part, nn.Sequential | nn.ModuleList):
                yield from ((f"{path}.{i}", link) for i, link in enumerate(part))
            else:
                yield path, part


def _children(name: str, child: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    chains = any(isinstance(one, nn.Sequential | nn.ModuleList) for one in child.children())
    if not chains or isinstance(child, nn.TransformerEncoderLayer):
        yield name, child
        return
    yield from ((f"{name}.{inner}", one) for inner, one in child.named_children())


def merged(parts: list[Part]) -> list[Part]:
    """Merge equal parts in a row into one with their number."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last and (last.kind, last.shape, last.weights) == (part.kind, part.shape, part.weights) and part.kind:
            last.times += 1
        else:
            joined.append(part)
    return joined


def together(parts: list[Part], model: nn.Module, multiplications: int) -> list[Part]:
    """Add a part for weights and multiplications outside all boxes, and remove those that are counted twice."""
    weights = sum(weight.numel() for weight in model.parameters())
    rest = weights - sum(part.weights * part.times for part in parts)
    recurrent = sum(part.multiplications * part.times for part in parts if part.kind in ("LSTM", "GRU"))
    others = sum(part.multiplications * part.times for part in parts) - recurrent
    if rest or multiplications > others:
        parts.append(Part("not in any box", "", (), rest, max(0, multiplications - others)))
    return parts


def draw(name: str, parts: list[Part]) -> Image.Image:
    """Draw the parts from top to bottom."""
    height = 3 * MARGIN + FONT_SIZE + len(parts) * (HEIGHT + GAP) - GAP
    picture = Image.new("RGB", (WIDTH + 2 * MARGIN, height), "white")
    canvas = ImageDraw.Draw(picture)
    font = ImageFont.load_default(FONT_SIZE)
    canvas.text((MARGIN, MARGIN), name, fill="black", font=font)
    first = 2 * MARGIN + FONT_SIZE
    for i, part in enumerate(parts):
        top = first + i * (HEIGHT + GAP)
        if i:
            canvas.line([(WIDTH // 2, top - GAP), (WIDTH // 2, top)], fill="black", width=2)
        colour = COLOURS.get(part.name.split(".")[0], "white")
        box = [(MARGIN, top), (MARGIN + WIDTH, top + HEIGHT)]
        canvas.rounded_rectangle(box, radius=8, fill=colour, outline="black")
        for text, x, anchor in zip(texts_of(part), COLUMNS, ("lm", "lm", "rm", "rm"), strict=True):
            canvas.text((MARGIN + x, top + HEIGHT // 2), text, fill="black", font=font, anchor=anchor)
    return picture


def texts_of(part: Part) -> tuple[str, str, str, str]:
    """Return the texts in a box."""
    times = f"{part.times} x " if part.times > 1 else ""
    weights = f"{times}{part.weights:,} weights" if part.weights else ""
    multiplications = f"{times}{part.multiplications / 1e6:,.1f} M mult." if part.multiplications else ""
    return f"{part.name}  {part.kind}", " x ".join(map(str, part.shape)), weights, multiplications


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(run, Drawing, __doc__, argv)


if __name__ == "__main__":
    main()
