"""Reads the handwriting on pictures of pages: the class for programs, and the command.

    python text_recognizer/paragraph_text_recognizer.py page.jpg https://example.org/page.png
    python text_recognizer/paragraph_text_recognizer.py pages/ --format=csv --output=pages.csv
    python text_recognizer/paragraph_text_recognizer.py serve
    python text_recognizer/paragraph_text_recognizer.py fit corrections --output=my_hand

The code is in the packages `recognizer`, `app` and `fitting`.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    # This lab's own text_recognizer comes first, even where another one is installed.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from text_recognizer.recognizer import command
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer

__all__ = ["ParagraphTextRecognizer", "main"]


def main(argv: list[str] | None = None) -> int:
    """Read pages, or run the subcommand `serve` or `fit`; return the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["serve"]:
        from text_recognizer.app.serve import main as serve

        return serve(argv[1:])
    if argv[:1] == ["fit"]:
        from text_recognizer.fitting.command import main as fit

        return fit(argv[1:])
    return command.main(argv)


if __name__ == "__main__":
    sys.exit(main())
