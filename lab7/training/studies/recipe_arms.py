"""The arms of ablate_recipe.py: ways to train a stage of the recogniser."""

from dataclasses import dataclass

from training.runs.reader_recipes import OF_READER, REAL
from training.runs.recipes import OF_LINES, OF_PAGES

RECIPE = "recipe"
FONTS, LINES, READER, NOTHING = "fonts", "lines", "reader", "nothing"


@dataclass(frozen=True)
class Arm:
    """One way to train a stage.

    Parameters
    ----------
    begins_with
        The weights that it starts from: fonts, lines, reader or nothing.
    sources
        The training data.
    before
        Flags of a first training on a third of the examples, from whose weights the rest starts; none if empty.
    flags
        Flags of the whole training.
    """

    begins_with: str
    sources: str
    before: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ablation:
    """The arms of one stage; the first is the recipe of train_recognizer.py.

    For pages it is nearly that recipe: there, too, four of ten pages are real, but each comes once in an epoch.
    """

    data_class: str
    num_flag: str
    num_examples: int
    flags: str
    arms: dict[str, Arm]


# The mean of the weights over the last steps is evaluated, not the weights after the last step.
AVERAGED = "--callbacks=EMAWeightAveraging"
OF_THREE = "IAMLines:0.5,SyntheticLines:0.3,CopisteLines:0.2"
REAL_AND_PUT_TOGETHER = "IAMParagraphs:0.4,IAMSyntheticParagraphs:0.6"
# Pages of a decoder: short ones first, and then whole ones.
PUT_TOGETHER = "IAMOriginalAndSyntheticParagraphs:0.85,SyntheticParagraphs:0.15"
SHORT = ("--sources=IAMSyntheticParagraphs:0.8,SyntheticParagraphs:0.2", "--min_lines=1", "--max_lines=3")
WHOLE = ("--min_lines=1",)
RESNET18 = "--backbone=resnet18"
READS = ("--backbone=line_resnet_lstm", "--token_noise=0.15")
FROZEN = ("--freeze_backbone=true",)
WITH_CTC = "--ctc_weight=0.5"
WITHOUT_ONDB = (
    "IAMLines:0.41,IAMGreyLines:0.11,WrittenLines:0.34,CopisteLines:0.14"  # the ratios of the others are unchanged
)
OF_DECODER = (
    "--model_class=ResnetTransformer --loss=transformer --tf_dropout=0.1 --optimizer=AdamW --gradient_clip_val=1 "
    "--patience=0 --one_cycle_max_lr=0.001"
)
SMALLER = ("--tf_layers=3", "--tf_dim=192", "--tf_fc_dim=768")
GUIDED = (WITH_CTC, "--guide_weight=0.2")
ABLATIONS = {
    "lines": Ablation(
        "MixedLines",
        "--num_mixed_lines",
        2000,
        f"{OF_LINES} --one_cycle_max_lr=0.002 --draw_readings=false",
        {
            RECIPE: Arm(FONTS, OF_THREE),
            "without-copiste": Arm(FONTS, "IAMLines:0.5,SyntheticLines:0.5"),
            "without-engine": Arm(FONTS, "IAMLines:0.7,CopisteLines:0.3"),
            "iam-alone": Arm(FONTS, "IAMLines:1"),
            "from-nothing": Arm(NOTHING, OF_THREE),
            "averaged": Arm(FONTS, OF_THREE, flags=(AVERAGED, "--callbacks.decay=0.98")),
        },
    ),
    "pages": Ablation(
        "MixedParagraphs",
        "--num_mixed_paragraphs",
        240,
        f"{OF_PAGES} --draw_readings=false",
        {
            RECIPE: Arm(LINES, REAL_AND_PUT_TOGETHER, flags=("--min_lines=3",)),
            "from-fonts": Arm(FONTS, REAL_AND_PUT_TOGETHER, flags=("--min_lines=3",)),
            "from-nothing": Arm(NOTHING, REAL_AND_PUT_TOGETHER, flags=("--min_lines=3",)),
            "averaged": Arm(LINES, REAL_AND_PUT_TOGETHER, flags=("--min_lines=3", AVERAGED, "--callbacks.decay=0.9")),
            "real-alone": Arm(LINES, "IAMParagraphs:1"),
            "with-engine": Arm(
                LINES,
                "IAMParagraphs:0.28,IAMSyntheticParagraphs:0.42,SyntheticParagraphs:0.3",
                flags=("--min_lines=3",),
            ),
            "short-first": Arm(
                LINES,
                REAL_AND_PUT_TOGETHER,
                before=("--sources=IAMSyntheticParagraphs:1", "--min_lines=1", "--max_lines=4"),
                flags=("--min_lines=3",),
            ),
        },
    ),
    "reader": Ablation(
        "ReaderLines",
        "--num_mixed_lines",
        4000,
        f"{OF_READER} --one_cycle_max_lr=0.002 --draw_readings=false --validate_on=IAMLines",
        {
            # From the open recipe's first stage, which has seen neither IAM-OnDB nor LineLooks.
            RECIPE: Arm(FONTS, REAL),
            "without-iam-ondb": Arm(FONTS, WITHOUT_ONDB),
            "without-looks": Arm(FONTS, REAL, flags=("--looks=0",)),
        },
    ),
    "decoder": Ablation(
        "StoredParagraphs",
        "--num_mixed_paragraphs",
        1200,
        f"{OF_DECODER} --batch_size=32",
        {
            RECIPE: Arm(READER, PUT_TOGETHER, SHORT, (*READS, *FROZEN, *WHOLE)),
            # The seed's: a backbone that cannot read yet, whole pages, nothing but true tokens.
            "plain": Arm(NOTHING, PUT_TOGETHER, flags=(RESNET18,)),
            "backbone-from-nothing": Arm(NOTHING, PUT_TOGETHER, SHORT, (*READS, *WHOLE)),
            "without-lstm": Arm(READER, PUT_TOGETHER, SHORT, ("--backbone=line_resnet", READS[1], *FROZEN, *WHOLE)),
            "not-frozen": Arm(READER, PUT_TOGETHER, SHORT, (*READS, *WHOLE)),
            "whole-pages-at-once": Arm(READER, PUT_TOGETHER, flags=(*READS, *FROZEN, *WHOLE)),
            "without-token-noise": Arm(READER, PUT_TOGETHER, SHORT, (READS[0], *FROZEN, *WHOLE)),
            "with-ctc": Arm(READER, PUT_TOGETHER, SHORT, (*READS, *FROZEN, *WHOLE, WITH_CTC)),
            "with-ctc-not-frozen": Arm(READER, PUT_TOGETHER, SHORT, (*READS, *WHOLE, WITH_CTC)),
            "guided": Arm(READER, PUT_TOGETHER, SHORT, (*READS, *FROZEN, *WHOLE, *GUIDED)),
            "smaller": Arm(READER, PUT_TOGETHER, SHORT, (*READS, *FROZEN, *WHOLE, *SMALLER)),
            "few-stored-pages": Arm(READER, PUT_TOGETHER, SHORT, (*READS, *FROZEN, *WHOLE, "--num_stored=500")),
        },
    ),
    # The same questions about single lines, which two cores can answer: there is no short page to begin with.
    "decoder_lines": Ablation(
        "MixedLines",
        "--num_mixed_lines",
        12000,
        f"{OF_DECODER} --batch_size=16",
        {
            RECIPE: Arm(READER, OF_THREE, flags=(*READS, *FROZEN)),
            "plain": Arm(NOTHING, OF_THREE, flags=(RESNET18,)),
            "backbone-from-nothing": Arm(NOTHING, OF_THREE, flags=READS),
            "without-lstm": Arm(READER, OF_THREE, flags=("--backbone=line_resnet", READS[1], *FROZEN)),
            "not-frozen": Arm(READER, OF_THREE, flags=READS),
            "without-token-noise": Arm(READER, OF_THREE, flags=(READS[0], *FROZEN)),
            "with-ctc": Arm(READER, OF_THREE, flags=(*READS, *FROZEN, WITH_CTC)),
            "with-ctc-not-frozen": Arm(READER, OF_THREE, flags=(*READS, WITH_CTC)),
            "guided": Arm(READER, OF_THREE, flags=(*READS, *FROZEN, *GUIDED)),
            "smaller": Arm(READER, OF_THREE, flags=(*READS, *FROZEN, *SMALLER)),
        },
    ),
}
