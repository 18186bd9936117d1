"""Calibrates the recogniser's confidences on validation pages.

    python training/calibrate_recognizer.py                       # IAM's validation pages; writes the artifact
    python training/calibrate_recognizer.py --pictures=DIRECTORY  # pictures with texts beside them too
    python training/calibrate_recognizer.py --dry_run=true        # only measures

The two parameters of `text_recognizer/recognizer/calibration.py` are fitted on every other page, and the calibration
error before and after is measured on the rest. The parameters that are stored, in config.json of the artifact's line
model, are fitted on all pages.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from text_recognizer.data.iam import IAM
from text_recognizer.data.storage.progress import progress
from text_recognizer.evaluation.reliability import calibration_error, diagram, reliability
from text_recognizer.recognizer.artifact_files import CONFIG_FILENAME, LINES_DIRNAME, read_config
from text_recognizer.recognizer.calibration import KEY, Calibration, fit_calibration
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.util import UserError, write_atomically
from training.command_line.settings import run_command
from training.evaluate_recognizer import page_pictures
from training.runs.picture_set import ReadPicture, read_pictures, sureness


@dataclass
class Settings:
    """What to calibrate.

    Parameters
    ----------
    artifact_dirname
        Directory of another artifact, or the name of one that is part of the package.
    pictures
        Folder of pictures with texts beside them, used in addition to IAM's validation pages.
    num_pages
        Number of IAM's pages; all if null.
    dry_run
        Write nothing.
    """

    artifact_dirname: str | None = None
    pictures: str | None = None
    num_pages: int | None = None
    dry_run: bool = False


def calibrate(args: Settings) -> Calibration:
    """Read the pages without calibration, fit one, print its effect, and store it."""
    recognizer = ParagraphTextRecognizer(args.artifact_dirname)
    if recognizer.line_reader is None:
        raise UserError(f"{recognizer.dirname}: there is no line model to calibrate ({LINES_DIRNAME})")
    recognizer.line_reader.calibration = Calibration()
    pages = read_pages(recognizer, args)
    print(show(pages))
    calibration = fit_calibration(*sureness(pages).characters)
    print(f"fitted on all: scale {calibration.scale}, shift {calibration.shift}")
    if not args.dry_run:
        write(recognizer.dirname / LINES_DIRNAME / CONFIG_FILENAME, calibration)
    return calibration


def read_pages(recognizer: ParagraphTextRecognizer, args: Settings) -> list[ReadPicture]:
    """Read IAM's validation pages, and the pictures of a folder if one is given."""
    iam = IAM()
    pages = list(page_pictures(iam, "val"))[: args.num_pages]
    print(f"{len(pages)} validation pages of the {iam.name}")
    read = []
    with progress(pages, "Reading pages") as shown:
        for page in shown:
            reading = recognizer.predict(page.picture, "careful", return_details=True)
            read.append(ReadPicture(page.name, page.text, (reading,), None, 0.0))
    return read + (list(read_pictures(recognizer, Path(args.pictures), "careful")) if args.pictures else [])


def show(pages: Sequence[ReadPicture]) -> str:
    """Fit on every other page; return the calibration errors on the rest, before and after."""
    fitted, held_out = pages[::2], pages[1::2]
    calibration = fit_calibration(*sureness(fitted).characters)
    lines = [f"fitted on {len(fitted)} pages, measured on {len(held_out)} others"]
    for when, mapped in (("before", Calibration()), ("after", calibration)):
        for name, pair in sureness([page.mapped(mapped) for page in held_out])._asdict().items():
            bins = reliability(*pair)
            lines += [f"{name}, {when}: expected calibration error {calibration_error(bins):.3f}", diagram(bins)]
    return "\n".join(lines)


def write(filename: Path, calibration: Calibration) -> None:
    """Store a calibration in config.json."""
    config = read_config(filename) | {KEY: asdict(calibration)}
    with write_atomically(filename) as file:
        file.write((json.dumps(config, indent=1) + "\n").encode())
    print(f"written into {filename}")


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(calibrate, Settings, __doc__, argv)


if __name__ == "__main__":
    main()
