"""Imports three labelled pages as one's own handwriting."""

from pathlib import Path

from tests.own_pages import write_export


def write(downloaded_dirname: Path) -> None:
    """Write the first version of own handwriting under the directory of downloads."""
    from text_recognizer.data.labelling.importer import (  # here, for the data directory is set by now
        Import,
        import_export,
    )

    export = write_export(downloaded_dirname.parent / "own_pages")
    import_export(Import(export), downloaded_dirname / "own_handwriting" / "v1")
