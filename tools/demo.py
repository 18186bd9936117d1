"""The main job in a minute: train on real handwriting, test, and show what the model reads.

    python tools/demo.py

Trains lab 2's ResNet on MNIST, which is downloaded if need be. Without MNIST and without a network it says so and
trains on 1,797 smaller real digits instead.
"""

import sys
from pathlib import Path

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY_DIRNAME / "lab2"))  # the first lab that knows convolutions

import pytorch_lightning as pl
import torch

from text_recognizer.data import MNIST
from text_recognizer.pictures import contact_sheet, text_of, to_terminal
from text_recognizer.util import UserError, write_atomically
from training.flags import parse
from training.run_experiment import measure, train

OUTPUT_DIRNAME = REPOSITORY_DIRNAME / "demo"
COMMON_FLAGS = [
    "--model_class=ResNet",
    "--one_cycle_max_lr=0.01",
    "--channels_last=true",
    f"--default_root_dir={OUTPUT_DIRNAME / 'logs'}",
]
FLAGS = {
    "MNIST": ["--data_class=MNIST", "--max_epochs=2", *COMMON_FLAGS],
    "UCIDigits": ["--data_class=UCIDigits", "--max_epochs=15", "--batch_size=32", *COMMON_FLAGS],
}
NUM_IN_TERMINAL, NUM_IN_PICTURE, NUM_WRONG_IN_PICTURE = 5, 48, 24


def choose_data() -> str:
    """Return the name of the best real data that is here or can be downloaded; say so where it is not MNIST."""
    try:
        MNIST().prepare_data()
        MNIST().setup()
        return "MNIST"
    except UserError as error:
        print(f"MNIST cannot be used: {error}\n")
        print("This demo goes on with UCIDigits: 1,797 real digits of 8 x 8 pixels, bundled with scikit-learn.\n")
        return "UCIDigits"


def read_all(model: torch.nn.Module, data: pl.LightningDataModule) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return all test images (N, 1, H, W), their labels (N,) and what the model reads (N,)."""
    batches = list(data.test_dataloader())
    with torch.inference_mode():
        read = torch.cat([model.eval()(x).argmax(dim=1) for x, _ in batches])
    return torch.cat([x for x, _ in batches]), torch.cat([y for _, y in batches]), read


def show_in_terminal(images: torch.Tensor, captions: list[str]) -> None:
    """Print images side by side, each above its caption."""
    pictures = [to_terminal(image) for image in images]
    for rows in zip(*pictures, strict=True):
        print("  ".join(rows))
    print("  ".join(caption.center(len(picture[0])) for caption, picture in zip(captions, pictures, strict=True)))


def main() -> None:
    """Run the demo."""
    name = choose_data()
    trainer, lit_model, data = train(parse(FLAGS[name]))
    accuracy = measure(trainer, lit_model, data, memorises=False)["test_acc"]
    images, labels, read = read_all(lit_model, data)
    wrong = (read != labels).nonzero().flatten()
    captions = [
        f"read {text_of(r, data.mapping)}" + (f", is {text_of(y, data.mapping)}" if r != y else "")
        for r, y in zip(read, labels, strict=True)
    ]
    shown = [*range(NUM_IN_PICTURE), *wrong[wrong >= NUM_IN_PICTURE][:NUM_WRONG_IN_PICTURE].tolist()]
    picture_filename = OUTPUT_DIRNAME / "digits.png"
    with write_atomically(picture_filename) as file:
        sheet = contact_sheet(
            [images[i] for i in shown], [captions[i] for i in shown], (read != labels)[shown].tolist()
        )
        sheet.save(file, format="png")
    show_in_terminal(images[:NUM_IN_TERMINAL], captions[:NUM_IN_TERMINAL])
    print(f"\nData: {data.source}")
    print(f"Test accuracy: {accuracy:.2%} of {len(labels):,} digits that the model had never seen ({len(wrong)} wrong)")
    print(f"Picture: {picture_filename} (the first {NUM_IN_PICTURE} test digits, then mistakes, in red)")
    print("Next: lab1/readme.md")


if __name__ == "__main__":
    main()
