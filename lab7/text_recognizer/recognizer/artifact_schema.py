"""Checks an artifact's config.json against a schema once, so that no later code has to check types."""

from typing import Any

from text_recognizer.checked_json import Between, check_json
from text_recognizer.util import UserError

MAX_SIDE, MAX_PIXELS = 16_384, 64_000_000  # of a model's canvas
SIDE = Between(1, MAX_SIDE)
FLAG = (None, bool, Between(-100_000, 100_000), float, str)  # of a model: its numbers are widths, depths and shares
SCHEMA: dict[str, Any] = {
    "model_class": str,
    "model_flags": {str: (*FLAG, [FLAG])},
    "loss": str,
    "data_config": {"input_dims": [SIDE], "output_dims": [Between(1, 1_000_000)], "mapping": [str], "tokenizer?": str},
    "metrics?": {str: (float, None)},
    "language_model?": {"weight?": float, "bonus?": float},
    "calibration?": {"scale?": float, "shift?": float},
}


def check_config(config: Any, name: str) -> None:
    """Refuse a configuration that does not fit the schema.

    Raises
    ------
    UserError
        If an entry is missing, or has another type or size than expected.
    """
    check_json(config, SCHEMA, name)
    dims = config["data_config"]["input_dims"]
    if len(dims) != 3 or dims[1] * dims[2] > MAX_PIXELS:
        raise UserError(
            f"{name}.data_config.input_dims is {dims}: expected channels, height and width, of {MAX_PIXELS:,} pixels "
            "at most"
        )
    mapping = config["data_config"]["mapping"]
    if not mapping or len(set(mapping)) < len(mapping):
        raise UserError(f"{name}.data_config.mapping has {len(mapping)} classes: expected some, each once")
