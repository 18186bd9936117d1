"""Draws a network as a picture: each layer with the shape of its output and its number of parameters.

    python training/studies/draw_model.py mlp.png --model_class=MLP --data_class=MNIST

The first argument is the picture to write; the flags are those of run_experiment.py.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import nn

from text_recognizer.models.base import Model
from text_recognizer.util import UserError, write_atomically
from training.command_line.flags import build, parse

COLOURS = {"Linear": "#cfe2f3", "Conv2d": "#d9ead3", "BatchNorm2d": "#eeeeee", "Dropout": "#fce5cd"}
BOX_WIDTH, BOX_HEIGHT, GAP, MARGIN, FONT_SIZE = 520, 34, 16, 20, 16


@dataclass
class Layer:
    """One box of the picture."""

    name: str
    shape: tuple[int, ...]
    num_parameters: int


def trace(model: Model, config: dict[str, Any]) -> list[Layer]:
    """Run one image through a model; return its layers in the order of the computation, the image first."""
    layers = [Layer("image", config["input_dims"], 0)]
    inputs = [torch.zeros(1, *config["input_dims"])]
    if model.takes_labels:
        inputs.append(torch.zeros(1, *config["output_dims"], dtype=torch.long))

    def note(module: nn.Module, _: object, output: torch.Tensor) -> None:
        num_parameters = sum(parameter.numel() for parameter in module.parameters())
        layers.append(Layer(type(module).__name__, tuple(output.shape[1:]), num_parameters))

    leaves = [module for module in model.modules() if not list(module.children())]
    hooks = [module.register_forward_hook(note) for module in leaves]
    with torch.inference_mode():
        model.eval()(*inputs)
    for hook in hooks:
        hook.remove()
    return layers


def draw(layers: list[Layer]) -> Image.Image:
    """Draw the layers from top to bottom."""
    height = 2 * MARGIN + len(layers) * (BOX_HEIGHT + GAP) - GAP
    picture = Image.new("RGB", (BOX_WIDTH + 2 * MARGIN, height), "white")
    canvas, font = ImageDraw.Draw(picture), ImageFont.load_default(FONT_SIZE)
    centre = MARGIN + BOX_WIDTH // 2
    for i, layer in enumerate(layers):
        top = MARGIN + i * (BOX_HEIGHT + GAP)
        if i:
            canvas.line([(centre, top - GAP), (centre, top)], fill="black", width=2)
        box = [(MARGIN, top), (MARGIN + BOX_WIDTH, top + BOX_HEIGHT)]
        canvas.rounded_rectangle(box, radius=8, fill=COLOURS.get(layer.name, "#ffffff"), outline="black")
        middle = top + BOX_HEIGHT // 2
        canvas.text((MARGIN + 12, middle), layer.name, fill="black", font=font, anchor="lm")
        shape = " x ".join(map(str, layer.shape))
        canvas.text((centre, middle), shape, fill="black", font=font, anchor="mm")
        if layer.num_parameters:
            text = f"{layer.num_parameters:,} parameters"
            canvas.text((MARGIN + BOX_WIDTH - 12, middle), text, fill="black", font=font, anchor="rm")
    return picture


def main(argv: list[str] | None = None) -> None:
    """Draw the model that the flags describe."""
    argv = sys.argv[1:] if argv is None else argv
    if argv in (["--help"], ["-h"]):
        print(__doc__)
        return
    if not argv or not argv[0].endswith(".png"):
        sys.exit(f"error: expected the picture to write first, such as model.png, got {argv[0] if argv else 'nothing'}")
    try:
        args = parse(argv[1:])
        config = build(args.classes["data_class"], args).config()
        model = build(args.classes["model_class"], args, config)
        layers = trace(model, config)
        with write_atomically(Path(argv[0])) as file:
            draw(layers).save(file, format="png")
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{argv[0]}: {len(layers) - 1} layers, {sum(layer.num_parameters for layer in layers):,} parameters")


if __name__ == "__main__":
    main()
