"""Makes artifacts of tiny models with random weights, and pictures of pages for them to read."""

import json

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from text_recognizer import models
from text_recognizer.recognizer.artifact_files import COMMAND_FILENAME, CONFIG_FILENAME, WEIGHTS_FILENAME
from text_recognizer.vocabulary import MAPPING

LINES = [
    "The quick brown fox jumps",
    "over the lazy dog, and is",
    "seen by nobody at all; so",
    "it sleeps till evening",
]
LETTERS = (*MAPPING, "\n")
TINY = {"conv_dim": 2, "tf_dim": 8, "tf_fc_dim": 8, "tf_nhead": 1, "tf_layers": 1}
PAGE_SIZE = (1000, 1300)


def make_config(shape=(576, 640), length=12, mapping=LETTERS, **changes):
    data_config = {"input_dims": (1, *shape), "output_dims": (length,), "mapping": list(mapping)}
    config = {"model_class": "LineCNNTransformer", "model_flags": TINY, "loss": "transformer"}
    return config | {"data_config": data_config} | changes


def write_artifact(dirname, config=None, weights=None):
    """Write an artifact with random weights; return its model."""
    config = config or make_config()
    torch.manual_seed(0)
    model = getattr(models, config["model_class"])(config["data_config"], **config["model_flags"])
    dirname.mkdir(parents=True, exist_ok=True)
    (dirname / CONFIG_FILENAME).write_text(json.dumps(config))
    (dirname / COMMAND_FILENAME).write_text("python training/run_experiment.py\n")
    half = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    torch.save(weights or half, dirname / WEIGHTS_FILENAME)
    return model


def draw_page(lines=LINES, size=PAGE_SIZE, pitch=60, corner=(150, 200), ink=30, paper=235):
    """Draw a page of dark ink on light paper, with lines `pitch` pixels apart."""
    page = Image.new("L", size, paper)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(0.6 * pitch)
    for i, line in enumerate(lines):
        draw.text((corner[0], corner[1] + i * pitch), line, fill=ink, font=font)
    return page


def ink_box(page):
    """Return the box around what is darker than the paper of a drawn page."""
    rows, columns = np.nonzero(np.asarray(page) < np.asarray(page).max() - 60)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
