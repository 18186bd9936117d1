"""The page in the browser, built with Gradio."""

from pathlib import Path
from typing import Any

import gradio

from text_recognizer.app.reading_room import ReadingRoom, Sheet
from text_recognizer.app.view import cut_out, framed, line_at, rows_of, shown_scale
from text_recognizer.recognizer.reader import MODES
from text_recognizer.util import UserError

TITLE = "Read handwriting"
BEST = "best"  # the model's default mode
EXAMPLES = Path(__file__).resolve().parents[2] / "pictures"  # in the repository; the package has none
STYLE = """
.gradio-container { max-width: 1500px !important } footer { display: none !important }
#lines textarea, #lines td { font-size: 1rem }
@media (max-width: 640px) { .gradio-container { padding: 4px !important } .row { flex-wrap: wrap } }
"""


class Page:
    """The page.

    Parameters
    ----------
    room
        Does the work behind the page.
    models
        The models to choose from; the first is selected at the start.
    """

    def __init__(self, room: ReadingRoom, models: list[str]) -> None:
        self.room = room
        self.models = models

    def build(self) -> gradio.Blocks:
        """Build the page."""
        with gradio.Blocks(title=TITLE, analytics_enabled=False) as blocks:
            gradio.Markdown(f"# {TITLE}\n{self.room.reads.where}")
            sheet = gradio.State(None)
            with gradio.Row(elem_classes="row"):
                with gradio.Column(scale=5, min_width=320):
                    source = gradio.Image(
                        label="Page", sources=["upload", "clipboard", "webcam"], type="filepath", elem_id="source"
                    )
                    # Any file is accepted: the recogniser's errors are clearer than Gradio's.
                    source.preprocess = lambda payload: None if payload is None else payload.path
                    model = gradio.Dropdown(self.models, value=self.models[0], label="Model", elem_id="model")
                    licence = gradio.Markdown(self._licence(self.models[0]), elem_id="licence")
                    mode = gradio.Radio([BEST, *MODES], value=BEST, label="Mode")
                    button = gradio.Button("Read", variant="primary", elem_id="read")
                    examples = sorted(map(str, EXAMPLES.glob("page*.jpg")))
                    if examples:
                        gradio.Examples(examples, source, label="Examples")
                with gradio.Column(scale=7, min_width=320):
                    told = gradio.Markdown(elem_id="told")
                    shown = gradio.Image(
                        show_label=False,
                        interactive=False,
                        buttons=["fullscreen"],
                        elem_id="shown",
                    )
                    closer = gradio.Image(
                        show_label=False, interactive=False, visible=False, buttons=[], height=180, elem_id="closer"
                    )
                    lines = gradio.Dataframe(
                        headers=["sure", "text"],
                        datatype="str",
                        type="array",
                        column_count=2,
                        static_columns=[0],
                        column_widths=["20%", "80%"],
                        wrap=True,
                        label="Text: click a line to see it, click again to correct it",
                        interactive=True,
                        elem_id="lines",
                    )
                    with gradio.Row(elem_classes="row"):
                        make_files = gradio.Button("Make files", elem_id="make_files")
                        keep = gradio.Button("Keep my corrections", elem_id="keep")
                    writer = gradio.Textbox(label="Writer (with corrections)", max_lines=1, elem_id="writer")
                    done = gradio.Markdown(elem_id="done")
                    files = gradio.Files(label="Files", visible=False, elem_id="files")
            model.change(self._licence, model, licence)
            button.click(self._read, [source, model, mode], [sheet, shown, lines, told, closer, files, done])
            shown.select(self._look_at_place, sheet, [closer, shown])
            lines.select(self._look_at_row, sheet, [closer, shown])
            make_files.click(self._make_files, [sheet, lines], [files, done])
            keep.click(self._keep, [sheet, lines, writer], done)
        return blocks

    def _licence(self, model: str) -> str:
        return f"Licence: {self.room.reads.licence(model)}"

    def _read(self, filename: str | None, model: str, mode: str, progress: Any = gradio.Progress()) -> tuple[Any, ...]:  # noqa: B008
        progress(0.1, "Reading")
        hidden = gradio.update(visible=False)
        try:
            sheet = self.room.read(filename, model, None if mode == BEST else mode)
        except UserError as error:
            return None, None, [], _warning(str(error)), hidden, hidden, ""
        told = (
            "\n\n".join(map(_warning, sheet.warnings))
            or f"{len(sheet.reading.lines)} lines. Green frames are certain, red ones are not."
        )
        return sheet, framed(sheet.picture, sheet.reading), rows_of(sheet.reading), told, hidden, hidden, ""

    def _look_at_place(self, sheet: Sheet | None, event: gradio.SelectData) -> tuple[Any, ...]:
        if sheet is None:
            return gradio.update(), gradio.update()
        scale = shown_scale(sheet.picture)
        x, y = event.index
        return self._look_at(sheet, line_at(sheet.reading, x / scale, y / scale))

    def _look_at_row(self, sheet: Sheet | None, event: gradio.SelectData) -> tuple[Any, ...]:
        if sheet is None:
            return gradio.update(), gradio.update()
        return self._look_at(sheet, event.index[0])

    def _look_at(self, sheet: Sheet, number: int | None) -> tuple[Any, ...]:
        """Show a line enlarged, and its frame thick."""
        if number is None or number >= len(sheet.reading.lines):
            return gradio.update(visible=False), framed(sheet.picture, sheet.reading)
        line = sheet.reading.lines[number]
        cut = cut_out(sheet.picture, line)
        closer = gradio.update(value=cut, visible=cut is not None)
        return closer, framed(sheet.picture, sheet.reading, number)

    def _make_files(self, sheet: Sheet | None, rows: list[list[str]]) -> tuple[Any, str]:
        try:
            written, missing = self.room.files(*_of(sheet, rows))
        except UserError as error:
            return gradio.update(), _warning(str(error))
        return gradio.update(value=written, visible=True), "\n\n".join(map(_warning, missing)) or "The files are below."

    def _keep(self, sheet: Sheet | None, rows: list[list[str]], writer: str) -> str:
        try:
            return self.room.keep(*_of(sheet, rows), writer)
        except (UserError, OSError) as error:
            return _warning(str(error))


def _of(sheet: Sheet | None, rows: list[list[str]]) -> tuple[Sheet, list[str]]:
    """Return the page, and the text of each of its lines in the table."""
    if sheet is None:
        raise UserError("There is nothing yet. Read a picture first.")
    texts = [str(row[1] or "") for row in rows]
    if len(texts) != len(sheet.reading.lines):
        raise UserError(
            f"The table has {len(texts)} rows, and the page {len(sheet.reading.lines)} lines. Read it again."
        )
    return sheet, texts


def _warning(text: str) -> str:
    return f"⚠ {text}"
