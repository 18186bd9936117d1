"""Writes a stand-in for Copiste: pictures of lines and the list of their texts, in the layout of copiste_lines.zip."""

import json
import zipfile
from contextlib import closing
from typing import NamedTuple

import numpy as np

from stand_ins.forms import hands_of
from stand_ins.work import add_marker, add_member, as_jpeg, draw_all, files, is_wanted
from text_recognizer.data import copiste_lines
from text_recognizer.data.copiste_lines import CopisteLine, split_writers
from text_recognizer.data.prose.text import TextSource
from text_recognizer.handwriting.example import photograph_line
from text_recognizer.handwriting.line import draw_line
from text_recognizer.handwriting.writer import draw_writer

HEIGHT = 64  # pixels, as Copiste's pictures have
LINES_OF_A_WRITER = 23  # Copiste has 6,229 by 267
MIN_WRITERS = 10  # with fewer, validation or test lines would have none
JPEG_QUALITY = 90
WHITE = 255


class PageTask(NamedTuple):
    """A writer's lines that are to be drawn."""

    page: str
    seed: int
    split: str
    writer: int
    num_lines: int


class DrawnLines(NamedTuple):
    """What a writer wrote: a JPEG and a text for each line."""

    task: PageTask
    lines: list[tuple[bytes, str]]


def write_copiste(num_lines: int, seed: int, num_processes: int, marker: str) -> bool:
    """Write copiste_lines.zip; return whether it was drawn."""
    filename = copiste_lines.ZIP_FILENAME
    if not is_wanted([filename], marker):
        return False
    tasks = tasks_of(num_lines, seed)
    rows: list[dict[str, str]] = []
    with files([filename]) as (file,), zipfile.ZipFile(file, "w") as archive:
        add_marker(archive, marker)
        title = f"Drawing {num_lines:,} lines by {len(tasks)} writers for copiste"
        with closing(draw_all(draw_page, tasks, num_processes, title)) as pages:
            for page in pages:
                rows += add_page(archive, page)
        add_member(archive, "lines.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows).encode())
    return True


def add_page(archive: zipfile.ZipFile, page: DrawnLines) -> list[dict[str, str]]:
    """Write a writer's pictures into the zip file; return what lines.jsonl says of them."""
    name, rows = page.task.page, []
    for i, (jpeg, text) in enumerate(page.lines):
        image = f"lines/{name}_{i + 1:03}.jpg"
        add_member(archive, image, jpeg)
        rows.append({"image": image, "page": name, "text": text})
    return rows


def tasks_of(num_lines: int, seed: int) -> list[PageTask]:
    """Return what each writer is to write. Each split has hands of its own, and the labs cut the splits by writer."""
    num = max(MIN_WRITERS, round(num_lines / LINES_OF_A_WRITER))
    pages = [f"standin_{writer:04}" for writer in range(num)]
    splits = split_writers([CopisteLine("", page, "") for page in pages])
    split_of = {page: split for split, members in splits.items() for page in members}
    shares = np.diff(np.linspace(0, num_lines, num + 1).round().astype(int)).tolist()
    return [PageTask(page, seed, split_of[page], i, shares[i]) for i, page in enumerate(pages)]


def draw_page(task: PageTask) -> DrawnLines:
    """Draw a writer's lines: one hand, and for each line a scan of its own."""
    rng = np.random.default_rng([task.seed, 2, task.writer])
    writer, texts = draw_writer(hands_of(task.split), rng), TextSource(task.split)
    lines: list[tuple[bytes, str]] = []
    while len(lines) < task.num_lines:
        text = texts.line(rng)
        line = draw_line(writer.varied(rng), text, rng)
        if line.image.size > 1:
            lines.append((as_jpeg(WHITE - photograph_line(line, rng, height=HEIGHT), JPEG_QUALITY), text))
    return DrawnLines(task, lines)
