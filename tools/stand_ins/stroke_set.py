"""Writes a stand-in for IAM-OnDB: strokes and texts, in the layout of its two archives."""

import io
import tarfile
from contextlib import closing
from typing import NamedTuple

import numpy as np

from stand_ins.work import draw_all, files, is_wanted, write_gzip
from text_recognizer.data import iam_ondb
from text_recognizer.data.iam_ondb import source_of, split_sources
from text_recognizer.data.prose.text import TextSource
from text_recognizer.handwriting.stroke_hands import draw_stroke_hand
from text_recognizer.handwriting.traces import Trace, draw_motion

FORMS_OF_A_SOURCE = 11  # IAM-OnDB has 1,607 forms of 146 texts
MIN_SOURCES = 10  # with fewer, validation or test lines would have none
LINE_LENGTH = 28  # characters: a whiteboard is filled with few words a line
UNITS = 15  # of the whiteboard's sensor to one of Hershey's: a line is some 490 high
LINE_DISTANCE, CORNER = 600, (900, 800)  # in the sensor's units
SECONDS_A_POINT, SECONDS_A_LIFT = 0.016, 0.2
JOINED_SHARE = 0.4


class StrokeTask(NamedTuple):
    """A form that is to be written."""

    form: str
    seed: int
    split: str
    number: int


class WrittenForm(NamedTuple):
    """A form: its texts, and the strokes of each."""

    task: StrokeTask
    lines: list[tuple[str, Trace]]


def write_iam_ondb(num_forms: int, seed: int, num_processes: int, marker: str) -> bool:
    """Write lineStrokes-all.tar.gz and ascii-all.tar.gz; return whether they were drawn."""
    if not is_wanted(iam_ondb.ARCHIVES, marker, in_the_way=iam_ondb.ARRAYS):
        return False
    strokes, texts, tasks = io.BytesIO(), io.BytesIO(), tasks_of(num_forms, seed)
    with (
        tarfile.open(fileobj=strokes, mode="w") as stroke_tar,
        tarfile.open(fileobj=texts, mode="w") as text_tar,
        closing(draw_all(write_form, tasks, num_processes, f"Writing {len(tasks):,} forms for iam_ondb")) as forms,
    ):
        for form in forms:
            add_form(stroke_tar, text_tar, form)
    with files(iam_ondb.ARCHIVES) as opened:
        for file, content in zip(opened, (strokes, texts), strict=True):
            write_gzip(file, content.getvalue(), marker)
    return True


def tasks_of(num_forms: int, seed: int) -> list[StrokeTask]:
    """Return the forms to write, with ids such as a01-000z; the labs cut the splits by their first part."""
    num_sources = max(MIN_SOURCES, num_forms // FORMS_OF_A_SOURCE)
    sources = [f"{chr(97 + i // 10)}{i % 10 + 1:02}" for i in range(num_sources)]
    forms = [f"{sources[i % num_sources]}-{i // num_sources:03}z" for i in range(num_forms)]
    split_of = {source: split for split, members in split_sources(forms).items() for source in members}
    return [StrokeTask(form, seed, split_of[source_of(form)], i) for i, form in enumerate(forms)]


def write_form(task: StrokeTask) -> WrittenForm:
    """Write a form in one hand."""
    rng = np.random.default_rng([task.seed, 3, task.number])
    hand = draw_stroke_hand(rng, bool(rng.random() < JOINED_SHARE), held_out=task.split != "train")
    motion, source = draw_motion(rng), TextSource(task.split)
    texts = [source.line(rng, LINE_LENGTH) for _ in range(int(np.clip(round(rng.normal(6.8, 1.5)), 3, 10)))]
    return WrittenForm(task, [(text, motion.apply(hand.write(text, rng), rng)) for text in texts])


def add_form(strokes: tarfile.TarFile, texts: tarfile.TarFile, form: WrittenForm) -> None:
    """Write a form's lines into the archives."""
    name = form.task.form
    folder = f"{name[:3]}/{name[:7]}"
    for i, (_, trace) in enumerate(form.lines, start=1):
        _add(strokes, f"lineStrokes/{folder}/{name}-{i:02}.xml", as_xml(trace, (i - 1) * LINE_DISTANCE))
    written = "\n".join(text for text, _ in form.lines)
    _add(texts, f"ascii/{folder}/{name}.txt", f"OCR:\n\n{written}\n\nCSR:\n\n{written}\n")


def as_xml(trace: Trace, down: float) -> str:
    """Return a line as IAM-OnDB's XML has it: points of the sensor and the seconds at which they were reached."""
    low, right, seconds = trace.points.min(axis=0), CORNER + UNITS * trace.points.max(axis=0), 0.0
    rows = []
    for stroke in trace.strokes:
        points = np.round(UNITS * (stroke - low) + CORNER + (0, down)).astype(int).tolist()
        times = [seconds + i * SECONDS_A_POINT for i in range(len(points))]
        rows.append(f'<Stroke colour="black" start_time="{times[0]:.2f}" end_time="{times[-1]:.2f}">')
        rows += [f'<Point x="{x}" y="{y}" time="{t:.2f}"/>' for (x, y), t in zip(points, times, strict=True)]
        rows.append("</Stroke>")
        seconds = times[-1] + SECONDS_A_LIFT
    corner = f'<SensorLocation corner="top_left"/><DiagonallyOppositeCoords x="{right[0]:.0f}" y="{right[1]:.0f}"/>'
    body = "\n".join(rows)
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<WhiteboardCaptureSession>\n'
        f"<WhiteboardDescription>{corner}</WhiteboardDescription>\n<StrokeSet>\n{body}\n</StrokeSet>\n"
        "</WhiteboardCaptureSession>\n"
    )


def _add(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode("latin-1")
    member = tarfile.TarInfo(name)  # of the year 1970: the same drawing is the same file at any time
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
