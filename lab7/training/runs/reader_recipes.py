"""The recipes of the line reader: four trainings of two hours on two cores, each from the weights of the one before.

From drawn lines on clean paper the model learns letters. Then come real lines, with the surroundings that they have in
a strip of a page; the learning rate gets smaller from stage to stage. A stage that is lost costs two hours.
"""

from training.runs.recipes import OF_ALL, Recipe, Stage

LAST = "last-lines"
# More weights cost least time in the late stages and in the LSTM: 1.9 times the first reader's multiplications a line.
OF_READER = f"--model_class=LineResNetLSTM --last_dim=256 --lstm_layers=2 {OF_ALL} --batch_size=8 --num_workers=1"
TWO_HOURS = "--num_mixed_lines=8000 --max_epochs=10 --held_out_lines=500 --min_families=100"
DRAWN = "WrittenLines:0.55,IAMOnDBLines:0.45"
REAL = "IAMLines:0.3,IAMGreyLines:0.08,IAMOnDBLines:0.27,WrittenLines:0.25,CopisteLines:0.1"
MORE_REAL = "IAMLines:0.38,IAMGreyLines:0.1,IAMOnDBLines:0.24,WrittenLines:0.2,CopisteLines:0.08"
FREE = "WrittenLines:0.75,CopisteLines:0.25"


def stages_of(drawn: str, real: str, more_real: str, also: str) -> tuple[Stage, ...]:
    """Return four stages with these sources; all of them have the flags `also`."""
    flags = f"{OF_READER} {TWO_HOURS} {also}"
    return (
        Stage("drawn-lines", "ReaderLines", f"{flags} --sources={drawn} --looks=0 --one_cycle_max_lr=0.002"),
        Stage("lines", "ReaderLines", f"{flags} --sources={real} --one_cycle_max_lr=0.002", "drawn-lines"),
        Stage("more-lines", "ReaderLines", f"{flags} --sources={more_real} --one_cycle_max_lr=0.0015", "lines"),
        Stage(LAST, "ReaderLines", f"{flags} --sources={more_real} --looks=0.4 --one_cycle_max_lr=0.001", "more-lines"),
    )


READER_RECIPES = {
    "research_reader": Recipe(stages_of(DRAWN, REAL, MORE_REAL, "--validate_on=IAMLines"), line_stage=LAST),
    "open_reader": Recipe(
        stages_of("WrittenLines", FREE, FREE, "--free_text=true --validate_on=WrittenLines"),
        line_stage=LAST,
        counting="--free_text=true",
        ending="_open",
    ),
}
