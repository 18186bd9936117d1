"""Where the course begins and where it ends, in a minute or two.

    python tools/demo.py

First the last lab's recogniser, with the weights that are shipped, reads a page of handwriting. Then the first steps:
trains lab 2's ResNet on MNIST, which is downloaded if need be. Without MNIST and without a network it says so and
trains on the stand-in, where `make standin` has drawn one, else on 1,797 smaller real digits.
"""

import argparse
import io
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY_DIRNAME / "lab2"))  # the first lab that knows convolutions

import torch

from text_recognizer.data import MNIST
from text_recognizer.images.pictures import contact_sheet, to_terminal
from text_recognizer.util import UserError, write_atomically
from training.command_line.flags import parse
from training.run_experiment import measure, train

# One process on one device: the demo itself is not made to run in several.
COMMON_FLAGS = ["--model_class=ResNet", "--one_cycle_max_lr=0.01", "--channels_last=true", "--devices=1"]
FLAGS = {
    "MNIST": ["--data_class=MNIST", "--max_epochs=2", *COMMON_FLAGS],
    "UCIDigits": ["--data_class=UCIDigits", "--max_epochs=15", "--batch_size=32", *COMMON_FLAGS],
}
NUM_IN_TERMINAL, NUM_IN_PICTURE, NUM_WRONG_IN_PICTURE = 5, 48, 24


LAB7_DIRNAME = REPOSITORY_DIRNAME / "lab7"
PAGE_FILENAME = LAB7_DIRNAME / "pictures" / "page.jpg"


class Result(NamedTuple):
    """What the model makes of the test set: N images."""

    source: str
    accuracy: float
    images: torch.Tensor  # (N, 1, H, W)
    is_wrong: torch.Tensor  # (N,) bool
    captions: list[str]


def read_page(output_dirname: Path) -> None:
    """Let the last lab's recogniser read a page; in a process of its own, for this one has the second lab's package."""
    print(f"The last lab's recogniser reads {PAGE_FILENAME.relative_to(REPOSITORY_DIRNAME)}, which it never saw:\n")
    command = [sys.executable, "text_recognizer/paragraph_text_recognizer.py", str(PAGE_FILENAME)]
    command += [f"--picture_dirname={output_dirname.resolve()}", "--overwrite"]  # the demo's own, of the last time
    subprocess.run(command, cwd=LAB7_DIRNAME, check=True)
    print("\nNow the first steps:\n", flush=True)


def choose_data() -> str:
    """Return the name of the best data that is here or can be downloaded; say so where it is not MNIST."""
    try:
        MNIST().download()
        MNIST().setup()
        return "MNIST"
    except UserError as error:
        print(f"MNIST cannot be used: {error}\n")
        print("This demo goes on with UCIDigits: 1,797 real digits of 8 x 8 pixels, bundled with scikit-learn.\n")
        return "UCIDigits"


def train_and_read(name: str, output_dirname: Path) -> Result:
    """Train on a data set and read all of its test images."""
    trainer, lit_model, data = train(parse([*FLAGS[name], f"--default_root_dir={output_dirname / 'logs'}"]))
    accuracy = measure(trainer, lit_model, data, memorises=False)["test_acc"]
    batches = list(data.test_dataloader())
    with torch.inference_mode():
        read = torch.cat([lit_model.eval()(x).argmax(dim=1) for x, _ in batches])
    images, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    captions = [
        f"read {data.mapping[r]}" + (f", is {data.mapping[y]}" if r != y else "")
        for r, y in zip(read, labels, strict=True)
    ]
    return Result(data.provenance, accuracy, images, read != labels, captions)


def save_picture(result: Result, filename: Path) -> None:
    """Draw the first test images, then some of those that were read wrongly, in red."""
    wrong = result.is_wrong.nonzero().flatten()
    shown = [*range(NUM_IN_PICTURE), *wrong[wrong >= NUM_IN_PICTURE][:NUM_WRONG_IN_PICTURE].tolist()]
    sheet = contact_sheet(
        [result.images[i] for i in shown], [result.captions[i] for i in shown], result.is_wrong[shown].tolist()
    )
    with write_atomically(filename) as file:
        sheet.save(file, format="png")


def show_in_terminal(images: torch.Tensor, captions: list[str]) -> None:
    """Print images side by side, each above its caption."""
    pictures = [to_terminal(image) for image in images]
    for rows in zip(*pictures, strict=True):
        print("  ".join(rows))
    print("  ".join(caption.center(len(picture[0])) for caption, picture in zip(captions, pictures, strict=True)))


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--output", type=Path, default=REPOSITORY_DIRNAME / "demo", help="directory for picture and logs"
    )
    output_dirname = parser.parse_args().output
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # Windows would not print the blocks that digits are drawn with
    sys.stdout.flush()
    read_page(output_dirname)
    result = train_and_read(choose_data(), output_dirname)
    picture_filename = output_dirname / "digits.png"
    save_picture(result, picture_filename)
    show_in_terminal(result.images[:NUM_IN_TERMINAL], result.captions[:NUM_IN_TERMINAL])
    num_read, num_wrong = len(result.images), int(result.is_wrong.sum())
    print(f"\nData: {result.source}")
    print(
        f"Test accuracy: {result.accuracy:.2%} of {num_read:,} digits that the model had never seen ({num_wrong} wrong)"
    )
    print(f"Picture: {picture_filename} (the first {NUM_IN_PICTURE} test digits, then mistakes, in red)")
    print(f"The page with what was read beside each line: {output_dirname}")
    print("Next: lab1/readme.md")


if __name__ == "__main__":
    main()
