"""Writes a small IAM-OnDB: waves for letters, in the two official archives, with what is odd in them."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np

SOURCES = tuple(f"{letter}{number:02}" for letter in "ab" for number in range(1, 7))
TEXTS = ['He said " no . "', "it 's the # wall", "A row of words"]
NO_STROKES, NO_TEXT = "a01-000u-03", "a01-000u-04"


def write(downloaded_dirname: Path) -> None:
    """Write the archives into `iam_ondb` under the directory of downloads."""
    write_archives(downloaded_dirname / "iam_ondb")


def forms() -> dict[str, list[str]]:
    """Return the texts of each form; two forms of the first source were copied by two people."""
    ids = ["a01-000u", "a01-000x", *(f"{source}-00{i}z" for source in SOURCES for i in range(2))]
    return dict.fromkeys(ids, TEXTS)


def draw_strokes(text: str) -> list[list[tuple[int, int]]]:
    """Return a wave for each word, with a dot behind the last: rising and falling as letters do, 400 units high."""
    strokes, x = [], 900
    for word in text.split():
        num = 12 * len(word)
        strokes.append([(x + 25 * i, round(1000 - 200 * np.sin(i / 2))) for i in range(num)])
        x += 25 * num + 300
    return [*strokes, [(x, 1200)]]


def write_archives(dirname: Path, texts: dict[str, list[str]] | None = None) -> None:
    """Write lineStrokes-all.tar.gz and ascii-all.tar.gz."""
    texts = forms() if texts is None else texts
    dirname.mkdir(parents=True, exist_ok=True)
    with (
        tarfile.open(dirname / "lineStrokes-all.tar.gz", "w:gz", compresslevel=1) as strokes,
        tarfile.open(dirname / "ascii-all.tar.gz", "w:gz", compresslevel=1) as lines,
    ):
        for form, written in texts.items():
            for i, text in enumerate(written, start=1):
                drawn = [] if f"{form}-{i:02}" == NO_STROKES else draw_strokes(text)
                _add(strokes, f"lineStrokes/{form[:3]}/{form[:7]}/{form}-{i:02}.xml", as_xml(drawn))
            body = "\n".join(written)
            _add(lines, f"ascii/{form[:3]}/{form[:7]}/{form}.txt", f"OCR:\n\nscanned\n\nCSR:\n\n{body}\n")
        _add(strokes, f"lineStrokes/a01/a01-000/{NO_TEXT}.xml", as_xml(draw_strokes("nobody knows")))


def write_arrays(dirname: Path, lines: list[tuple[str, str, list[np.ndarray]]]) -> None:
    """Write strokes.npz and lines.jsonl: the second layout, of lines given by id, text and strokes."""
    points = [np.concatenate(strokes) for _, _, strokes in lines]
    steps = [np.diff(line, axis=0, prepend=line[:1]) for line in points]
    np.savez(
        dirname / "strokes.npz",
        delta=np.concatenate(steps).astype(np.int16),
        stroke_len=np.array([len(stroke) for _, _, strokes in lines for stroke in strokes], np.uint16),
        strokes_per_line=np.array([len(strokes) for _, _, strokes in lines], np.uint16),
        form_height=np.array([np.ptp(line[:, 1]) for line in points], np.float32),
        ids=np.array([line_id for line_id, _, _ in lines]),
    )
    rows = [
        {"image": f"{line_id}.png", "page": line_id[:-3], "writer": None, "text": text} for line_id, text, _ in lines
    ]
    (dirname / "lines.jsonl").write_text("\n".join(json.dumps(row) for row in rows))


def as_xml(strokes: list[list[tuple[int, int]]]) -> str:
    """Return a line's strokes as the archive has them."""
    rows = []
    for stroke in strokes:
        points = "".join(f'<Point x="{x}" y="{y}" time="{i / 100:.2f}"/>' for i, (x, y) in enumerate(stroke))
        rows.append(f'<Stroke colour="black" start_time="0" end_time="1">{points}</Stroke>')
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?><WhiteboardCaptureSession><WhiteboardDescription>'
        f'<SensorLocation corner="top_left"/></WhiteboardDescription><StrokeSet>{"".join(rows)}</StrokeSet>'
        "</WhiteboardCaptureSession>"
    )


def _add(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode("latin-1")
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
