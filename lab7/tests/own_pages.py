"""Three pages of printed lines, and the exports that labelling tools would make of them."""

import json
import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

PAGE_SIZE = (500, 300)
FONT_SIZE, HEIGHT = 24, 36
TEXTS = [["One line", "and another"], ["Third page", "4 words on it"], ["The last", "of them all"]]


def draw_page(texts, degrees=0.0):
    """Draw lines of text, turned clockwise around the page's middle; return it, and where each line is."""
    page = Image.new("L", PAGE_SIZE, 255)
    boxes = []
    for i, text in enumerate(texts):
        x, y = 60, 90 + 60 * i
        ImageDraw.Draw(page).text((x, y), text, fill=0, font=ImageFont.load_default(FONT_SIZE))
        boxes.append((x - 4, y - 4, 240, HEIGHT))
    return page.rotate(-degrees, fillcolor=255), boxes


def turned(x, y, degrees):
    """Return where a point goes when the page is turned clockwise around its middle."""
    middle_x, middle_y = PAGE_SIZE[0] / 2, PAGE_SIZE[1] / 2
    angle = math.radians(degrees)
    right, down = x - middle_x, y - middle_y
    return (
        middle_x + right * math.cos(angle) - down * math.sin(angle),
        middle_y + right * math.sin(angle) + down * math.cos(angle),
    )


def rectangle(box, degrees=0.0):
    """Return a box as Label Studio's value: percentages of the page, turned around its first corner."""
    x, y = turned(box[0], box[1], degrees)
    width, height = PAGE_SIZE
    share = {"x": x / width, "y": y / height, "width": box[2] / width, "height": box[3] / height}
    return {key: 100 * value for key, value in share.items()} | {"rotation": degrees}


def polygon(box, degrees=0.0):
    """Return the corners of a box as Label Studio's value."""
    left, top, width, height = box
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    points = [turned(x, y, degrees) for x, y in corners]
    return {"points": [[100 * x / PAGE_SIZE[0], 100 * y / PAGE_SIZE[1]] for x, y in points]}


def region(name, value, text, label="Line", **changes):
    """Return the results that make up one region: its shape with its label, and its text."""
    kind = "polygonlabels" if "points" in value else "rectanglelabels"
    common = {"id": name, "to_name": "image", "original_width": PAGE_SIZE[0], "original_height": PAGE_SIZE[1]}
    common |= {"image_rotation": 0} | changes
    return [
        common | {"type": kind, "from_name": "label", "value": value | {kind: [label]}},
        common | {"type": "textarea", "from_name": "transcription", "value": value | {"text": [text]}},
    ]


def task(page, regions, writer=None):
    """Return the task of a page."""
    results = [result for one in regions for result in one]
    if writer:
        results.append({"id": "w", "type": "textarea", "from_name": "writer", "value": {"text": [writer]}})
    data = {"image": f"/data/upload/1/0a1b2c3d-{page}"}
    return {"id": 1, "data": data, "annotations": [{"id": 1, "was_cancelled": False, "result": results}]}


def write_pages(dirname: Path, angles=(0.0, 12.0, -7.0)):
    """Draw the three pages; return the boxes of their lines."""
    dirname.mkdir(parents=True, exist_ok=True)
    found = []
    for i, (texts, degrees) in enumerate(zip(TEXTS, angles, strict=True), start=1):
        page, boxes = draw_page(texts, degrees)
        page.save(dirname / f"page{i}.png")
        found.append((texts, boxes, degrees))
    return found


def write_export(dirname: Path, writers=("anna", "ben", "cleo"), shape=rectangle):
    """Write pages and an export of Label Studio; return its file name."""
    tasks = []
    for i, (texts, boxes, degrees) in enumerate(write_pages(dirname), start=1):
        regions = [
            region(f"r{i}{k}", shape(box, degrees), text)
            for k, (text, box) in enumerate(zip(texts, boxes, strict=True))
        ]
        tasks.append(task(f"page{i}.png", regions, writers[i - 1]))
    filename = dirname / "export.json"
    filename.write_text(json.dumps(tasks))
    return filename
