"""Writes word pieces, and the graph of their transitions, under the names that the readme's commands make."""

from pathlib import Path

PIECES = ["▁", "▁the", "he", "ll", "in", "er", "▁w", "all", "of", "an", "d", "e", "n", "▁H"]
LEXICON = ["the ▁the", "wall ▁w all"]
TEXT = ["the▁wall▁of▁the▁end", "in▁the▁end", "he▁and▁the▁wall"]


def write(downloaded_dirname: Path) -> None:
    """Write the files of make_wordpieces and build_transitions beside the prepared lines of IAM."""
    dirname = downloaded_dirname.parent / "processed" / "iam_lines"
    dirname.mkdir(parents=True, exist_ok=True)
    from text_recognizer.tokens import build_transitions  # here, for the data directory is set by now
    from text_recognizer.vocabulary import CHARACTERS

    characters = CHARACTERS.replace(" ", "")
    for name, rows in {"tokens": dict.fromkeys([*PIECES, *characters]), "lex": LEXICON}.items():
        (dirname / f"iamdb_1kwp_{name}_1000.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (dirname / "train.txt").write_text("\n".join(TEXT) + "\n", encoding="utf-8")
    files = ["--tokens=iamdb_1kwp_tokens_1000.txt", "--save_path=1kwp_prune_0_10_optblank.bin"]
    build_transitions.main([*files, "--blank=optional", "--self_loops"])
