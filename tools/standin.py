"""Draws stand-ins for EMNIST, IAM, Copiste and IAM-OnDB in their own formats, for want of the real data.

    python tools/standin.py                          # all four into data/downloaded, some minutes
    python tools/standin.py --only emnist iam --forms=100
    python tools/standin.py compare                  # a picture of real data beside stand-ins

Nothing real is ever overwritten, and real data put there later replaces a stand-in. Every result on one says STAND-IN.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY_DIRNAME / "lab7"))  # the last lab has the engine and knows all formats

from stand_ins.character_sets import write_emnist
from stand_ins.compare import PICTURE_FILENAME, compare
from stand_ins.form_set import write_iam
from stand_ins.line_set import write_copiste
from stand_ins.stroke_set import write_iam_ondb
from stand_ins.work import default_num_processes
from text_recognizer.data.prose.text import describe_text
from text_recognizer.data.storage.stand_in import NOTICE
from text_recognizer.handwriting.hands import describe_hands
from text_recognizer.paths import DOWNLOADED_DIRNAME
from text_recognizer.util import UserError

SETS = ("emnist", "iam", "copiste", "iam_ondb")
VERSION = 3  # raise it when what is drawn changes, so that older stand-ins are drawn anew


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    formatter = argparse.ArgumentDefaultsHelpFormatter
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], formatter_class=formatter)
    parser.add_argument("action", nargs="?", default="draw", choices=["draw", "compare"], help="what to do")
    parser.add_argument("--only", nargs="+", default=SETS, choices=SETS, metavar="SET", help="which sets to draw")
    sizes = {"emnist_train": 200_000, "emnist_test": 30_000}
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size, help="number of characters")
    parser.add_argument("--forms", type=int, default=1_500, help="number of forms")
    parser.add_argument("--copiste_lines", type=int, default=3_000, help="number of lines")
    parser.add_argument("--whiteboards", type=int, default=300, help="number of forms of IAM-OnDB")
    parser.add_argument("--seed", type=int, default=0, help="another number, other data")
    parser.add_argument("--processes", type=int, default=default_num_processes(), help="number of drawing processes")
    parser.add_argument("--out", type=Path, default=PICTURE_FILENAME, help="the picture that compare writes")
    return check(parser.parse_args(argv))


def check(args: argparse.Namespace) -> argparse.Namespace:
    """Refuse sizes that make no sense."""
    least = {"emnist_train": 1, "emnist_test": 1, "forms": 4, "copiste_lines": 40}
    least["whiteboards"] = 10
    for name, number in (least | {"seed": 0, "processes": 1}).items():
        if getattr(args, name) < number:
            raise UserError(f"--{name}={getattr(args, name)}: expected {number} or more")
    return args


def draw(args: argparse.Namespace) -> None:
    """Draw each set; one that fails leaves those before it whole."""
    print(f"{describe_hands()}; text from {describe_text()}")
    rest = (args.seed, args.processes)
    emnist = {"train": args.emnist_train, "test": args.emnist_test}
    writers: dict[str, Callable[[str], bool]] = {
        "emnist": lambda marker: write_emnist(emnist, *rest, marker),
        "iam": lambda marker: write_iam(args.forms, *rest, marker),
        "copiste": lambda marker: write_copiste(args.copiste_lines, *rest, marker),
        "iam_ondb": lambda marker: write_iam_ondb(args.whiteboards, *rest, marker),
    }
    settings = {"emnist": emnist, "iam": {"forms": args.forms}}
    settings |= {"copiste": {"lines": args.copiste_lines}, "iam_ondb": {"forms": args.whiteboards}}
    for name in args.only:
        if writers[name](marker_for(name, settings[name], args.seed)):
            print(f"{name}: drawn into {DOWNLOADED_DIRNAME / name}")
    print(f"{NOTICE}. Put real files there, or type `make download`, and they take its place")


def marker_for(name: str, sizes: dict[str, int], seed: int) -> str:
    """Return what a stand-in says of itself: enough to know whether drawing again would change anything."""
    numbers = ", ".join(f"{size} {what}" for what, size in sizes.items())
    made = f"{numbers}, seed {seed}, version {VERSION}, {describe_hands()}, {describe_text()}"
    return f"{NOTICE}. For {name}: {made}".encode("latin-1", "replace").decode("latin-1")


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    try:
        args = parse(sys.argv[1:] if argv is None else argv)
        compare(args.out, args.seed) if args.action == "compare" else draw(args)
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: what was not finished is not there; type the same again, and the rest is drawn")


if __name__ == "__main__":
    main()
