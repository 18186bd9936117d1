"""The recipes of the recogniser: the trainings that make it, with their flags of run_experiment.py."""

from dataclasses import dataclass

LINES, MORE_LINES, PAGES, FINDER = "lines", "more-lines", "pages", "finder"
OF_ALL = (
    "--loss=ctc --optimizer=AdamW --gradient_clip_val=1 --patience=0 --precision=bf16-mixed --channels_last=true "
    "--log_every_n_steps=10 --draw_readings=true"
)
OF_LINES = f"--model_class=LineResNetLSTM {OF_ALL} --batch_size=8"
OF_PAGES = f"--model_class=ParagraphResNetLSTM {OF_ALL} --batch_size=4 --one_cycle_max_lr=0.001"
FROM_FONTS = (
    "--num_train_lines=8000 --num_held_out_lines=500 --min_families=100 --one_cycle_max_lr=0.002 --max_epochs=12"
)


OF_FINDER = (
    "--model_class=LineFinder --loss=line_finder --optimizer=AdamW --gradient_clip_val=1 --patience=0 "
    "--precision=bf16-mixed --channels_last=true --log_every_n_steps=10 --num_workers=1 --check_val_every_n_epoch=6"
)


@dataclass(frozen=True)
class Stage:
    """One training.

    It starts from the best weights of the stage `begins_with`; `flags` are flags of run_experiment.py.
    """

    name: str
    data_class: str
    flags: str
    begins_with: str | None = None


@dataclass(frozen=True)
class Recipe:
    """The stages of a recogniser: first those of the line model, then that of the page model.

    `line_stage` names the stage whose model reads the lines in the second pass, `counting` holds the flags of
    count_ngrams.py, and `ending` is the end of the names of the shipped artifacts. `pages` is the name of the shipped
    artifact of the page model, if it is not the recogniser's.
    """

    stages: tuple[Stage, ...]
    line_stage: str = LINES
    counting: str = ""
    ending: str = ""
    pages: str = ""


# All recipes share the line finder, which is trained on drawn pictures alone. They are small, so that an hour shows
# more of them; the network finds lines in larger ones as well.
FINDING = (
    Stage(
        FINDER,
        "DrawnWorld",
        f"{OF_FINDER} --batch_size=6 --largest=512 --num_train_pictures=1200 --max_epochs=48 --one_cycle_max_lr=0.002",
    ),
)
RECIPES = {
    "open": Recipe(
        (
            Stage("fonts", "SyntheticLines", f"{OF_LINES} {FROM_FONTS} --free_text=true"),
            Stage(
                LINES,
                "MixedLines",
                f"{OF_LINES} --sources=SyntheticLines:0.65,CopisteLines:0.35 --free_text=true --num_mixed_lines=8000 "
                "--one_cycle_max_lr=0.0015 --max_epochs=4",
                begins_with="fonts",
            ),
            Stage(
                PAGES,
                "MixedParagraphs",
                f"{OF_PAGES} --sources=SyntheticParagraphs:0.75,CopisteParagraphs:0.25 --free_text=true "
                "--num_mixed_paragraphs=1000 --max_epochs=5",
                begins_with="fonts",
            ),
            *FINDING,
        ),
        counting="--free_text=true",
        ending="_open",
    ),
    "research": Recipe(
        (
            Stage("fonts", "SyntheticLines", f"{OF_LINES} {FROM_FONTS}"),
            Stage(
                LINES,
                "MixedLines",
                f"{OF_LINES} --sources=IAMLines:0.5,SyntheticLines:0.3,CopisteLines:0.2 --num_mixed_lines=8000 "
                "--one_cycle_max_lr=0.002 --max_epochs=12",
                begins_with="fonts",
            ),
            Stage(
                MORE_LINES,
                "MixedLines",
                f"{OF_LINES} --sources=IAMLines:0.6,SyntheticLines:0.25,CopisteLines:0.15 --num_mixed_lines=8000 "
                "--one_cycle_max_lr=0.0015 --max_epochs=10",
                begins_with=LINES,
            ),
            Stage(
                PAGES,
                "IAMOriginalAndSyntheticParagraphs",
                f"{OF_PAGES} --num_synthetic=600 --min_lines=3 --max_epochs=7",
                begins_with=LINES,
            ),
            *FINDING,
        ),
        line_stage=MORE_LINES,
    ),
    "finder": Recipe(FINDING),
}
