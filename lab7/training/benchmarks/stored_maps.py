"""Times training steps of a decoder with a frozen backbone, from images and from stored maps of the backbone.

    python training/benchmarks/stored_maps.py --data_class=IAMOriginalAndSyntheticParagraphs --batch_size=8 \\
        --model_class=ResnetTransformer --loss=transformer --backbone=line_resnet_lstm --freeze_backbone=true

The flags are those of run_experiment.py. A frozen backbone gives the same map for the same image at each step, so the
maps could be computed once and kept on the disk. The benchmark says how much faster a step would be, and how many
megabytes a map has. Drawing, augmenting and reading pages is not timed. The images are noise, because their content
does not change the time; the texts have the full length. Quote the ratio: unlike the times, it holds on a machine whose
speed drifts.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import nn

from text_recognizer.lit_models import BaseLitModel
from text_recognizer.models.resnet_transformer import ResnetTransformer
from text_recognizer.util import UserError
from text_recognizer.vocabulary import SPECIAL_TOKENS, tokenizer_of
from training.benchmarks.timing import in_turns, load, medians, processor, table
from training.command_line.flags import build, parse
from training.command_line.settings import one_line_errors

NUM_ROUNDS = 5
BYTES = 2  # of a number in half precision
DTYPES = {"bf16-mixed": torch.bfloat16}
IMAGES, MAPS = "from images", "from stored maps"


def make_step(lit_model: BaseLitModel, x: torch.Tensor, y: torch.Tensor, precision: str | None) -> Callable[[], None]:
    """Return a function that trains for one step on images or maps (B, F, H', W') and labels (B, S)."""
    optimizer = lit_model.optimizer_class([one for one in lit_model.parameters() if one.requires_grad], lr=0.0)
    dtype = DTYPES.get(precision or "")

    def step() -> None:
        with torch.autocast("cpu", dtype, enabled=dtype is not None):
            loss = lit_model.training_step((x, y), 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def without_backbone(lit_model: BaseLitModel, x: torch.Tensor) -> torch.Tensor:
    """Take the backbone out of a model, and return its maps of some images: (B, 1, H, W) -> (B, F, H', W')."""
    model = lit_model.model
    with torch.no_grad():
        maps: torch.Tensor = model.get_submodule("resnet")(x)
    model.resnet = nn.Identity()
    return maps


def full_length_texts(num: int, config: dict[str, Any]) -> torch.Tensor:
    """Return random texts of the full length, from the start token to the end token: (num, S)."""
    tokenizer = tokenizer_of(config)
    y = torch.randint(len(SPECIAL_TOKENS), len(config["mapping"]), (num, config["output_dims"][0]))
    y[:, 0], y[:, -1] = tokenizer.start, tokenizer.end
    return y


def main(argv: Sequence[str] | None = None) -> None:
    """Print the median time of both steps, their ratio, and the size of a map."""
    with one_line_errors():
        args = parse(sys.argv[1:] if argv is None else argv)
        config = build(args.classes["data_class"], args).config()
        models = [build(args.classes["model_class"], args, config) for _ in (IMAGES, MAPS)]
        if not isinstance(models[0], ResnetTransformer) or not models[0].is_frozen:
            raise UserError(
                f"--model_class={args.model_class} --freeze_backbone={str(args.freeze_backbone).lower()}: expected "
                "ResnetTransformer with a frozen backbone. Type: --model_class=ResnetTransformer --freeze_backbone=true"
            )
        lit_models = [build(args.classes["loss"], args, model, config) for model in models]
    for lit_model in lit_models:
        lit_model.train()
        lit_model.log = lambda *_, **__: None
    torch.manual_seed(args.seed)
    x = torch.rand(args.batch_size, *config["input_dims"])
    y = full_length_texts(args.batch_size, config)
    maps = without_backbone(lit_models[1], x)
    steps = {
        name: make_step(lit_model, seen, y, args.precision)
        for (name, seen), lit_model in zip(((IMAGES, x), (MAPS, maps)), lit_models, strict=True)
    }
    times = medians(in_turns(steps, NUM_ROUNDS))
    print(
        f"{args.model_class} with {args.backbone}, batches of {args.batch_size}, {args.precision or '32-true'}", end=""
    )
    print(f", {torch.get_num_threads()} threads, {load()}; median of {NUM_ROUNDS} rounds; {processor()}")
    print(table([(name, f"{time:.2f} s a step", f"{times[IMAGES] / time:.2f} x") for name, time in times.items()]))
    print(f"  a map in half precision: {BYTES * maps[0].numel() / 1e6:.1f} MB, {maps.shape[1:].numel():,} numbers")


if __name__ == "__main__":
    main()
