"""The recogniser's own vocabulary: the labs' 83 entries, then the signs of notes, prices and addresses.

The data classes of the course keep the smaller one. This one begins with the same entries, so a label means the same in
both, and data that was prepared with the smaller vocabulary can be mixed with other data.
"""

import unicodedata

from text_recognizer.vocabulary import MAPPING, SPECIAL_TOKENS

# What ASCII has besides, without the backtick, which nobody can tell from an apostrophe; then what prices need.
ADDED = "$%<=>@[\\]^_{|}~£€°"
WIDE_MAPPING: tuple[str, ...] = (*MAPPING, *ADDED)
WIDE_CHARACTERS = "".join(character for character in WIDE_MAPPING if character not in SPECIAL_TOKENS)
# What keyboards and books write otherwise than a pen does; the rest loses its accents.
FOLDED = str.maketrans(
    {
        **dict.fromkeys("\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}\N{PRIME}`", "'"),
        **dict.fromkeys(
            "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}«»", '"'
        ),
        **dict.fromkeys("\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}\N{NON-BREAKING HYPHEN}\N{BULLET}\N{MIDDLE DOT}", "-"),
        **{
            "\N{MULTIPLICATION SIGN}": "x",
            "\N{RIGHTWARDS ARROW}": "->",
            "º": "°",
            "æ": "ae",
            "œ": "oe",
            "Æ": "Ae",
            "Œ": "Oe",
            "ß": "ss",
        },
    }
)


def fold(text: str) -> str:
    """Write a text in characters of the wide vocabulary as far as it can: no accents, plain quotes.

    Characters without an equivalent stay as they are.
    """
    degrees = text.translate(FOLDED).split("°")  # NFKD would make of it a small o
    plain = "°".join(unicodedata.normalize("NFKD", part) for part in degrees)
    return "".join(character for character in plain.translate(FOLDED) if not unicodedata.combining(character)).replace(
        "\N{FRACTION SLASH}", "/"
    )
