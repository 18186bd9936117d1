"""Puts real data and stand-ins side by side in a picture, which nobody may publish if it shows IAM.

Letters in this file: H W image.
"""

import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from stand_ins.character_sets import draw_split
from stand_ins.form_set import write_archive
from stand_ins.work import files
from text_recognizer.data import EMNIST, iam_lines
from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.iam import IAM, LICENCE, find_iam
from text_recognizer.data.iam_paragraphs import region_of
from text_recognizer.data.paragraphs.canvas import EDGE, canvas_scale, fit_to_canvas
from text_recognizer.data.storage.stand_in import NOTICE, is_stand_in
from text_recognizer.images.regions import crop, paper_of
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError

PICTURE_FILENAME = PROCESSED_DIRNAME / "look" / "real_beside_standin.png"
NUM_CHARACTERS, CHARACTERS_IN_ROW, ENLARGED = 96, 16, 2
NUM_LINES, NUM_PARAGRAPHS, NUM_FORMS = 10, 2, 24
NOTHING_REAL = "Nothing real to show"
WHITE, GAP, TITLE_HEIGHT = 255, 12, 24


def compare(filename: Path, seed: int) -> None:
    """Write the picture: real data to the left, newly drawn stand-ins to the right."""
    rows = [("characters", _real_characters(EMNIST), _drawn(seed))]
    with tempfile.TemporaryDirectory() as dirname:
        stand_in = Path(dirname) / "iamdb.zip"
        with zipfile.ZipFile(stand_in, "w") as archive:
            write_archive(archive, NUM_FORMS, seed, 1, NOTICE)
        real, drawn = _real_iam(), IAM(stand_in)
        for name, show in (("lines", _lines), ("paragraphs", _paragraphs), ("forms", _forms)):
            rows.append((name, real and show(real, seed), show(drawn, seed)))
    with files([filename]) as (file,):
        _sheet(rows).save(file, format="png")
    print(f"Picture: {filename}" + (f". {LICENCE}: keep it to yourself" if real else ""))


def _real_characters(data_class: type[BaseDataModule]) -> np.ndarray | None:
    """Return the first training images of a real set on one sheet (H, W); None if there is none."""
    data = data_class()
    if data.is_stand_in:
        print(f"{NOTHING_REAL}: {data_class.__name__} here is a stand-in")
        return None
    try:
        train, _, _ = data.load_splits()
    except UserError as error:
        print(f"{NOTHING_REAL}: {error}")
        return None
    return _grid([(train[i][0][0] * WHITE).byte().numpy() for i in range(NUM_CHARACTERS)])


def _real_iam() -> IAM | None:
    try:
        filename = find_iam()
    except UserError as error:
        print(f"{NOTHING_REAL}: {error}")
        return None
    if is_stand_in(filename):
        print(f"{NOTHING_REAL}: {filename} is a stand-in")
        return None
    return IAM(filename)


def _drawn(seed: int) -> np.ndarray:
    images, _ = draw_split("train", 62 * NUM_CHARACTERS, seed, 1)
    return _grid(list(images[:: len(images) // NUM_CHARACTERS][:NUM_CHARACTERS]))


def _grid(images: list[np.ndarray]) -> np.ndarray:
    rows = [np.hstack(images[i : i + CHARACTERS_IN_ROW]) for i in range(0, len(images), CHARACTERS_IN_ROW)]
    return np.kron(np.vstack(rows), np.ones((ENLARGED, ENLARGED), np.uint8))


def _chosen(iam: IAM, seed: int, num: int) -> list[str]:
    """Return ids of some training forms."""
    train = iam.splits["train"]
    return [train[i] for i in np.random.default_rng(seed).permutation(len(train))[:num]]


def _lines(iam: IAM, seed: int) -> np.ndarray:
    """Return a line each of some forms, as `IAMLines` prepares them: (H, W), white ink on black."""
    images = []
    for form_id in _chosen(iam, seed, len(iam.form_ids)):
        page = WHITE - iam.image(form_id)
        for line in iam_lines.usable_lines(iam.form(form_id))[1:2]:
            assert line.region is not None
            images.append(iam_lines.fit_to_canvas(crop(page, line.region, paper_of(page)), paper_of(page)))
        if len(images) == NUM_LINES:
            break
    return np.vstack(images)


def _paragraphs(iam: IAM, seed: int) -> np.ndarray:
    """Return some paragraphs, as `IAMParagraphs` prepares them: (H, W)."""
    scale = canvas_scale(iam.scale)
    pages = [(form_id, WHITE - iam.image(form_id)) for form_id in _chosen(iam, seed, NUM_PARAGRAPHS)]
    regions = [region_of(iam.form(form_id), round(EDGE / scale)) for form_id, _ in pages]
    crops = [crop(page, region, paper_of(page)) for (_, page), region in zip(pages, regions, strict=True)]
    return np.hstack([fit_to_canvas(image, paper_of(image), scale) for image in crops])


def _forms(iam: IAM, seed: int) -> np.ndarray:
    """Return whole forms, made smaller: (H, W)."""
    pages = [Image.fromarray(WHITE - iam.image(form_id)).resize((620, 877)) for form_id in _chosen(iam, seed, 2)]
    return np.hstack([np.asarray(page) for page in pages])


def _sheet(rows: list[tuple[str, np.ndarray | None, np.ndarray]]) -> Image.Image:
    """Draw the rows, dark ink on light paper."""
    columns = [real for _, real, _ in rows if real is not None], [drawn for *_, drawn in rows]
    widths = [max((image.shape[1] for image in column), default=0) for column in columns]
    heights = [max(image.shape[0] for image in (real, drawn) if image is not None) for _, real, drawn in rows]
    height = sum(TITLE_HEIGHT + one for one in heights)
    sheet = Image.new("L", (widths[0] + widths[1] + 3 * GAP, height + GAP), WHITE)
    draw, font, y = ImageDraw.Draw(sheet), ImageFont.load_default(16), 0
    for name, real, drawn in rows:
        for x, image, title in ((GAP, real, f"{name}: real"), (2 * GAP + widths[0], drawn, f"{name}: STAND-IN")):
            if image is not None:
                draw.text((x, y + 4), title, 0, font)
                sheet.paste(Image.fromarray(WHITE - image), (x, y + TITLE_HEIGHT))
        y += TITLE_HEIGHT + max(image.shape[0] for image in (real, drawn) if image is not None)
    return sheet
