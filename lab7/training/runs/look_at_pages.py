"""Finds a trained model of paragraphs and reads some pages with it, for the notebook that examines its mistakes."""

import os
from pathlib import Path
from typing import NamedTuple

from text_recognizer.data import BaseDataModule, IAMParagraphs
from text_recognizer.data.show.names import names_of, writers_of
from text_recognizer.evaluation.examples import Example
from text_recognizer.models.base import Model
from text_recognizer.models.character_maps import character_maps
from text_recognizer.recognizer.artifact import load_artifact
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME, CONFIG_FILENAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import NEWLINE, tokenizer_of
from training.command_line.flags import DATA_CLASSES
from training.runs import trained_run
from training.runs.local import local_runs

CHECKPOINT = "CHECKPOINT"  # the environment variable that names a .ckpt file, the directory of a run, or an artifact
SHIPPED_DIRNAME = ARTIFACTS_DIRNAME / "paragraph_text_recognizer"
HOW_TO_TRAIN = (
    "In lab7, train one: python training/run_experiment.py --data_class=IAMParagraphs "
    "--model_class=ParagraphResNetLSTM --loss=ctc"
)


class PageReader(NamedTuple):
    """A trained model in evaluation mode, data for it to read, and a name that says where its weights are."""

    name: str
    model: Model
    data: BaseDataModule


def find_reader() -> PageReader:
    """Return the model that CHECKPOINT names, else that of the newest run on paragraphs, else the shipped one.

    Raises
    ------
    UserError
        If there is no such model, or no data for it.
    """
    given = os.environ.get(CHECKPOINT)
    if given and (Path(given) / CONFIG_FILENAME).is_file():
        return _from_artifact(Path(given))
    filename = trained_run.find_checkpoint(given, CHECKPOINT) if given else newest_checkpoint()
    if filename:
        run = trained_run.load_run(filename, CHECKPOINT)
        return PageReader(str(filename), run.lit_model.eval().model, run.data)  # type: ignore[arg-type]
    if SHIPPED_DIRNAME.is_dir():
        return _from_artifact(SHIPPED_DIRNAME)
    raise UserError(f"{trained_run.LOG_DIRNAME} has no model of paragraphs. {HOW_TO_TRAIN}")


def newest_checkpoint() -> Path | None:
    """Return the best checkpoint of the newest run on paragraphs, if there is one."""
    log_dirname = trained_run.LOG_DIRNAME
    runs = [run for run in local_runs(log_dirname) if is_of_paragraphs(run.flags)] if log_dirname.is_dir() else []
    found = [filename for run in runs if (filename := trained_run.best_of(run.dirname))]
    return max(found, key=lambda filename: filename.stat().st_mtime, default=None)


def is_of_paragraphs(flags: dict) -> bool:
    """Tell whether a run was trained on texts with line breaks."""
    data_class = DATA_CLASSES.get(flags.get("data_class", ""))
    return NEWLINE in getattr(data_class, "mapping", ())


def _from_artifact(dirname: Path) -> PageReader:
    model, config = load_artifact(dirname)
    data = IAMParagraphs(augment=False)
    if list(config["data_config"]["mapping"]) != list(data.mapping):
        raise UserError(f"{CHECKPOINT}={dirname}: it does not read paragraphs: expected an artifact that does")
    data.prepare_data()
    data.setup()
    return PageReader(str(dirname), model, data)


def read_pages(reader: PageReader, num: int) -> list[Example]:
    """Read `num` validation pages, spread over the split, or all if there are fewer."""
    dataset = reader.data.data_val
    tokenizer = tokenizer_of(reader.data.config())
    names = names_of(dataset)  # type: ignore[arg-type]
    writers = writers_of(dataset)  # type: ignore[arg-type]
    total = len(dataset)  # type: ignore[arg-type]
    examples = []
    for i in sorted({i * total // num for i in range(num)}):
        image, labels = dataset[i]  # type: ignore[index]
        tokens = character_maps(reader.model, image[None], tokenizer.blank).tokens
        name = names[i] if names else f"val {i}"
        writer = writers[i] if writers else None
        examples.append(Example(i, name, writer, tokenizer.decode(labels), tokenizer.decode(tokens)))
    return examples
