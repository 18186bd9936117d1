"""Writes a small IAM: printed lines in iamdb.zip, in the layout of the real one, with what is odd in it."""

import io
import itertools
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from PIL import Image, ImageDraw, ImageFont

PAGE_SIZE = (620, 300)  # width and height; the XML counts twice as many pixels
XML_SCALE = 2
FONT_SIZE = 22
LEFT, TOP, LINE_DISTANCE = 30, 20, 50
LISTS = {
    "trainset": ["a01-000u", "a01-003", "a01-007", "b01-004", "b01-009"],
    "validationset1": ["c01-014"],
    "validationset2": ["d01-016"],
    "testset": ["e01-022", "e01-026"],
}
UNLISTED = "f01-066"
TEXTS = [
    'He said "no" and left',
    "at 10:30 (late, as ever);",
    "the # wall was 4 in. high",
    "Why? Ask Mr. O'Neil & Co!",
    "# * + - / marks of all sorts",
    "A line of words, then more.",
]
Box = tuple[int, int, int, int]


@dataclass
class SmallLine:
    """A line: its text, and the boxes (x, y, width, height) of the strokes of each of its words, in image pixels."""

    text: str
    words: list[list[Box]] = field(default_factory=list)
    segmentation: str = "ok"


@dataclass
class SmallForm:
    """A form: its id, its page, and its lines."""

    id: str
    page: Image.Image
    lines: list[SmallLine]
    writer_id: str = "000"


def write(downloaded_dirname: Path) -> None:
    """Write iamdb.zip into `iam` under the directory of downloads."""
    dirname = downloaded_dirname / "iam"
    dirname.mkdir(parents=True, exist_ok=True)
    write_zip(dirname / "iamdb.zip", files_of(make_forms()))


def make_forms() -> list[SmallForm]:
    """Draw a form for each id; one of the first form's lines is doubtful, and one has no boxes."""
    form_ids = [*itertools.chain(*LISTS.values()), UNLISTED]
    forms = [draw_form(form_id, [TEXTS[(i + k) % len(TEXTS)] for k in range(5)]) for i, form_id in enumerate(form_ids)]
    forms[0].lines[1].segmentation = "err"
    forms[0].lines[2].words = []
    return forms


def draw_form(form_id: str, texts: list[str]) -> SmallForm:
    """Draw a page of lines, letter by letter, with a box for the ink of each letter."""
    page = Image.new("L", PAGE_SIZE, 255)
    lines = [SmallLine(text, _draw_line(page, text, TOP + i * LINE_DISTANCE)) for i, text in enumerate(texts)]
    return SmallForm(form_id, page, lines)


def _draw_line(page: Image.Image, text: str, y: int) -> list[list[Box]]:
    draw, font, x = ImageDraw.Draw(page), ImageFont.load_default(FONT_SIZE), LEFT
    words = []
    for word in text.split():
        strokes = []
        for letter in word:
            left, top, right, bottom = map(int, draw.textbbox((x, y), letter, font=font))
            draw.text((x, y), letter, fill=0, font=font)
            strokes.append((left, top, right - left, bottom - top))
            x = right + 2
        words.append(strokes)
        x += 8
    return words


def one_box(forms: list[SmallForm]) -> list[SmallForm]:
    """Return the forms as the IAM subset has them: each line is one word with one box."""
    return [SmallForm(form.id, form.page, [_one_box(line) for line in form.lines]) for form in forms]


def _one_box(line: SmallLine) -> SmallLine:
    return SmallLine(line.text, _union(line.words), line.segmentation)


def _union(words: list[list[Box]]) -> list[list[Box]]:
    strokes = [stroke for word in words for stroke in word]
    if not strokes:
        return []
    x, y = min(stroke[0] for stroke in strokes), min(stroke[1] for stroke in strokes)
    right, bottom = max(stroke[0] + stroke[2] for stroke in strokes), max(stroke[1] + stroke[3] for stroke in strokes)
    return [[(x, y, right - x, bottom - y)]]


def files_of(forms: list[SmallForm], lists: dict[str, list[str]] = LISTS) -> dict[str, bytes]:
    """Return the files of IAM by name, in the order of the forms."""
    files = {}
    for form in forms:
        files[f"forms/{form.id}.jpg"] = image_bytes(form.page)
        files[f"xml/{form.id}.xml"] = xml_of(form)
    for name, form_ids in lists.items():
        rows = [f"{form_id}-{i:02}\n" for form_id in form_ids for i in range(3)]  # as the real ones, of lines, not all
        files[f"task/{name}.txt"] = "".join(rows).encode()
    return files


def image_bytes(page: Image.Image, image_format: str = "jpeg") -> bytes:
    """Return a page as the bytes of an image file."""
    file = io.BytesIO()
    page.save(file, format=image_format, quality=95)
    return file.getvalue()


def xml_of(form: SmallForm) -> bytes:
    """Describe a form as IAM's XML files do, with quotation marks escaped twice."""
    width, height = (XML_SCALE * size for size in form.page.size)
    lines = "".join(_line_xml(f"{form.id}-{i:02}", line) for i, line in enumerate(form.lines))
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
        f'<form id="{form.id}" writer-id="{form.writer_id}" width="{width}" height="{height}">\n'
        '<machine-printed-part><machine-print-line text="the text to copy"/></machine-printed-part>\n'
        f"<handwritten-part>{lines}</handwritten-part></form>\n"
    ).encode("iso-8859-1")


def _line_xml(line_id: str, line: SmallLine) -> str:
    words = "".join(f'<word id="{line_id}-{i:02}">{_strokes_xml(word)}</word>' for i, word in enumerate(line.words))
    text = quoteattr(line.text.replace('"', "&quot;"))
    return f'<line id="{line_id}" text={text} threshold="150" segmentation="{line.segmentation}">{words}</line>\n'


def _strokes_xml(strokes: list[Box]) -> str:
    scaled = ([XML_SCALE * value for value in stroke] for stroke in strokes)
    return "".join(f'<cmp x="{x}" y="{y}" width="{width}" height="{height}"/>' for x, y, width, height in scaled)


def write_zip(filename: Path, files: dict[str, bytes], prefix: str = "iamdb/") -> None:
    """Write files as a zip file."""
    with zipfile.ZipFile(filename, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(prefix + name, content)


def write_directory(dirname: Path, files: dict[str, bytes]) -> None:
    """Write files as an unpacked zip file."""
    for name, content in files.items():
        (dirname / name).parent.mkdir(parents=True, exist_ok=True)
        (dirname / name).write_bytes(content)
