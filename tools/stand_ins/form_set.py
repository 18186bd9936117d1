"""Writes a stand-in for IAM: forms, their XML and the lists of the splits, in the layout of iamdb.zip."""

import zipfile
from collections.abc import Iterator
from contextlib import closing
from xml.sax.saxutils import quoteattr

import numpy as np

from stand_ins.forms import PAGE_SIZE, DrawnForm, FormLine, FormTask, WordBoxes, draw_form
from stand_ins.work import add_marker, add_member, draw_all, files, is_wanted
from text_recognizer.data import iam
from text_recognizer.util import UserError

FOLDER = "iamdb/"
XML_SCALE = 2  # IAM's boxes are those of scans twice as large as the labs' images
MAX_FORMS_BY_WRITER = 5
# Of the forms, as in IAM's own task. The rest is for training.
SHARES = {"validationset1": 0.08, "validationset2": 0.08, "testset": 0.16}
SPLIT_OF_LIST = {name.removesuffix(".txt"): split for split, names in iam.TASK_FILES.items() for name in names}
MIN_NUM_FORMS = 4


def write_iam(num_forms: int, seed: int, num_processes: int, marker: str) -> bool:
    """Write iamdb.zip; return whether it was drawn."""
    if not is_wanted([iam.ZIP_FILENAME], marker, [iam.UNPACKED_DIRNAME]):
        return False
    with files([iam.ZIP_FILENAME]) as (file,), zipfile.ZipFile(file, "w") as archive:
        write_archive(archive, num_forms, seed, num_processes, marker)
    return True


def write_archive(archive: zipfile.ZipFile, num_forms: int, seed: int, num_processes: int, marker: str) -> None:
    """Write all of the zip file's members."""
    lists = tasks_of(num_forms, seed)
    tasks = [task for tasks in lists.values() for task in tasks]
    add_marker(archive, marker, FOLDER)
    lines: dict[str, int] = {}
    with closing(draw_all(draw_form, tasks, num_processes, f"Drawing {num_forms:,} forms for iam")) as forms:
        for form in forms:
            form_id = form.task.form_id
            add_member(archive, f"{FOLDER}forms/{form_id}.jpg", form.jpeg)
            add_member(archive, f"{FOLDER}xml/{form_id}.xml", xml_of(form).encode("iso-8859-1"))
            lines[form_id] = len(form.lines)
    for name, listed in lists.items():
        rows = [f"{task.form_id}-{i:02}\n" for task in listed for i in range(lines[task.form_id])]
        add_member(archive, f"{FOLDER}task/{name}.txt", "".join(rows).encode())


def tasks_of(num_forms: int, seed: int) -> dict[str, list[FormTask]]:
    """Return the forms of each list. A writer's forms, one to five, are all in one list."""
    if num_forms < MIN_NUM_FORMS:
        raise UserError(f"--forms={num_forms}: expected {MIN_NUM_FORMS} or more, for there are four lists")
    sizes = {name: max(1, round(share * num_forms)) for name, share in SHARES.items()}
    sizes = {"trainset": num_forms - sum(sizes.values())} | sizes
    lists: dict[str, list[FormTask]] = {}
    form, writers = 0, _writers(seed)
    for name, size in sizes.items():
        lists[name] = [_task(form + i, writer, name, seed) for i, writer in enumerate(_take(writers, size))]
        form += size
    return lists


def _take(writers: Iterator[tuple[int, int]], num: int) -> list[int]:
    """Return the writer of each of so many forms."""
    taken: list[int] = []
    while len(taken) < num:
        writer, num_forms = next(writers)
        taken += [writer] * min(num_forms, num - len(taken))
    return taken


def _writers(seed: int) -> Iterator[tuple[int, int]]:
    """Yield writers without end, and how many forms each fills: half of IAM's filled one."""
    rng, writer = np.random.default_rng(seed), 0
    while True:
        yield writer, 1 if rng.random() < 0.5 else int(rng.integers(2, MAX_FORMS_BY_WRITER + 1))
        writer += 1


def _task(form: int, writer: int, name: str, seed: int) -> FormTask:
    # IAM's ids begin with a letter from a to r: no form here has the id of a real one.
    return FormTask(f"s{form // 100:02}-{form % 100:03}", f"{writer:03}", seed, SPLIT_OF_LIST[name], writer, form)


def xml_of(form: DrawnForm) -> str:
    """Describe a form as IAM's XML files do, with quotation marks escaped twice."""
    width, height = (XML_SCALE * size for size in PAGE_SIZE)
    task = form.task
    printed = "\n".join(f"    <machine-print-line text={_quoted(text)}/>" for text in form.printed)
    lines = "\n".join(_line_xml(f"{task.form_id}-{i:02}", line) for i, line in enumerate(form.lines))
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
        f'<form id="{task.form_id}" writer-id="{task.writer_id}" width="{width}" height="{height}" version="3">\n'
        f"  <machine-printed-part>\n{printed}\n  </machine-printed-part>\n"
        f"  <handwritten-part>\n{lines}\n  </handwritten-part>\n</form>\n"
    )


def _line_xml(line_id: str, line: FormLine) -> str:
    boxes = [box for word in line.words for box in word.strokes]
    top, bottom = (XML_SCALE * extreme for extreme in (min(box[1] for box in boxes), max(box[3] for box in boxes)))
    words = "\n".join(_word_xml(f"{line_id}-{i:02}", word) for i, word in enumerate(line.words))
    return (
        f'    <line id="{line_id}" text={_quoted(line.text)} threshold="160" segmentation="ok" '
        f'asy="{top}" lby="{XML_SCALE * line.baseline}" dsy="{bottom}">\n{words}\n    </line>'
    )


def _word_xml(word_id: str, word: WordBoxes) -> str:
    scaled = ([XML_SCALE * value for value in box] for box in word.strokes)
    strokes = "".join(
        f'<cmp x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"/>'
        for left, top, right, bottom in scaled
    )
    return f'      <word id="{word_id}" text={_quoted(word.text)}>{strokes}</word>'


def _quoted(text: str) -> str:
    return quoteattr(text.replace('"', "&quot;"))
