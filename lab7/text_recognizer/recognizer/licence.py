"""The licence of an artifact's weights, stated in its config.json and with each reading."""

from pathlib import Path
from typing import Any, NamedTuple

from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME, CONFIG_FILENAME, read_config
from text_recognizer.util import UserError

RESEARCH, COMMERCIAL = "research", "commercial"
SHIPPED = {RESEARCH: "paragraph_text_recognizer", COMMERCIAL: "paragraph_text_recognizer_open"}


class Licence(NamedTuple):
    """The licence of an artifact's weights.

    Parameters
    ----------
    use
        "commercial" if they may be used for anything, "research" if for research and teaching only; empty if the
        artifact does not say.
    text
        The terms in words.
    """

    use: str = ""
    text: str = ""


def licence_of(config: dict[str, Any]) -> Licence:
    """Return the licence that a config.json states."""
    return Licence(**config.get("licence", {}))


def check_licence(wanted: str | None) -> str | None:
    """Return the name of the shipped artifact for a use; None if no use is given."""
    if wanted is None:
        return None
    if wanted not in SHIPPED:
        raise UserError(f"licence {wanted!r}: expected one of {', '.join(SHIPPED)}")
    return SHIPPED[wanted]


def refuse_other_use(wanted: str | None, licence: Licence, dirname: Path) -> None:
    """Refuse an artifact whose licence does not allow the wanted use."""
    if wanted == COMMERCIAL and licence.use != COMMERCIAL:
        said = licence.text or "its config.json does not say"
        raise UserError(f"{dirname}: not for commercial use ({said}). Expected {SHIPPED[COMMERCIAL]}, or no artifact")


def what_it_costs() -> str:
    """Return a line that compares the error rates of the open artifact and the best one."""
    rates = {
        use: read_config(ARTIFACTS_DIRNAME / name / CONFIG_FILENAME).get("pages", {}).get("test_cer")
        for use, name in SHIPPED.items()
    }
    if None in rates.values():
        return f"reading with {SHIPPED[COMMERCIAL]}"
    return (
        f"reading with {SHIPPED[COMMERCIAL]}: on test pages of IAM it reads {rates[COMMERCIAL]:.1%} of the characters "
        f"wrongly, and {SHIPPED[RESEARCH]}, which is for research and teaching only, {rates[RESEARCH]:.1%}"
    )
