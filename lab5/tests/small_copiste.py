"""Writes a small Copiste: printed lines in copiste_lines.zip, laid out like the real one."""

import io
import json
import zipfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

NUM_WRITERS = 10
TEXTS = ["L\u2019été à Noël,", "«œuvre» de 1883", "le 2 mai - Venise", "et final (sic)"]


def write(downloaded_dirname: Path) -> None:
    """Write copiste_lines.zip into `copiste` under the directory of downloads."""
    dirname = downloaded_dirname / "copiste"
    dirname.mkdir(parents=True, exist_ok=True)
    write_zip(dirname / "copiste_lines.zip", make_rows())


def make_rows(num_lines_each: int = 2) -> list[dict[str, str]]:
    """Return rows of lines.jsonl; the last one has a character outside the vocabulary."""
    rows = []
    for writer in range(NUM_WRITERS):
        for i in range(num_lines_each):
            page = f"wikitexte_{writer:04}_{i % 2 + 1}"
            rows.append({"image": f"lines/{page}_{i:03}.jpg", "page": page, "text": TEXTS[(writer + i) % len(TEXTS)]})
    return [*rows, {"image": "lines/last.jpg", "page": "wikitexte_0000_1", "text": "Wikitexte_0000"}]


def write_zip(filename: Path, rows: list[dict[str, str]], damage: str = "", leave_out: str = "") -> None:
    """Write the zip file; the pictures of that name are broken, or missing."""
    with zipfile.ZipFile(filename, "w") as archive:
        archive.writestr("lines.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
        for row in rows:
            if row["image"] != leave_out:
                content = draw_line(row.get("text", ""))
                archive.writestr(row["image"], content[:100] if row["image"] == damage else content)


def draw_line(text: str) -> bytes:
    """Draw a text in a font, dark on light, and pack it as JPEG."""
    picture = Image.new("L", (300, 64), 235)
    ImageDraw.Draw(picture).text((8, 32), text, fill=30, font=ImageFont.load_default(28), anchor="lm")
    content = io.BytesIO()
    picture.save(content, "JPEG")
    return content.getvalue()
