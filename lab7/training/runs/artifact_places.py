"""The directories and names of artifacts, and the commands that read with them."""

import re
from pathlib import Path

from text_recognizer.recognizer import artifact_files
from text_recognizer.util import UserError
from training.command_line.flags import CHOICES
from training.command_line.outputs import free
from training.runs.local import Run

NAME = r"\w[\w.-]*"  # of an artifact: no path that leads out of the directory of artifacts, or is that directory


def refuse_what_is_there(name: str) -> None:
    """Refuse to replace an artifact."""
    dirname = artifact_files.ARTIFACTS_DIRNAME / name
    if dirname.exists():
        what = "ships with the course" if is_shipped(dirname) else "is there already"
        raise UserError(
            f"--artifact={name}: {dirname} {what}. Add --overwrite to replace it, or choose another name, such "
            f"as --artifact={free(dirname).name}"
        )


def is_shipped(dirname: Path) -> bool:
    """Tell whether an artifact ships with the course, in git and in the installed package."""
    return (dirname / artifact_files.CARD_FILENAME).is_file()


def shipped_path(name: str) -> str:
    """Return the path of an artifact from the lab's directory."""
    return f"text_recognizer/artifacts/{name}"


def place_for(run: Run, name: str | None, overwrite: bool) -> Path:
    """Return the directory for an artifact: with the chosen name, or a free one with the run's name."""
    dirname = artifact_files.ARTIFACTS_DIRNAME / (name or name_of(run))
    return dirname if name or overwrite else free(dirname)


def name_of(run: Run) -> str:
    """Return a readable name, such as IAMLines_LineCNNLSTM_ctc_version_0; for a run at W&B it ends in the run's id."""
    words = [str(run.flags[key]) for key in CHOICES]
    return re.sub(r"[^\w-]+", "_", "_".join([*words, run.name.split("/")[-1]])).strip("_")


def how_to_read(name: str, kind: str) -> str:
    """Return the commands that read with an artifact."""
    if kind == "finder":
        return f"""Add it to a recogniser of paragraphs, where it finds the lines of a page:
    python training/save_best_model.py --trained_data_class=IAMParagraphs --lines=LINES --finder={shipped_path(name)}"""
    if kind == "print":
        return """All recognisers of paragraphs use the artifact print_finder. To use this one, save it there:
    python training/save_best_model.py --trained_data_class=PrintedOrWrittenLines --artifact=print_finder --overwrite"""
    if kind == "way up":
        return """All recognisers of paragraphs use the artifact way_up_finder. To use this one, save it there:
    python training/save_best_model.py --trained_data_class=TurnedLines --artifact=way_up_finder --overwrite"""
    if kind == "character":
        return f"""Read with it, on the command line:
    python text_recognizer/character_predictor.py pictures/8.jpg --artifact_dirname={name}"""
    picture = {"paragraph": "pictures/page.jpg", "line": "line.jpg"}[kind]
    return f"""Read with it, on the command line or in Python:
    python text_recognizer/paragraph_text_recognizer.py {picture} --artifact_dirname={name}
    from text_recognizer.paragraph_text_recognizer import ParagraphTextRecognizer
    ParagraphTextRecognizer("{name}").predict("{picture}")"""
