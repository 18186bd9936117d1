"""The recipe of the page model that generates token by token: three trainings, each from the weights of the one before.

From random weights and on whole pages, a decoder first learns English, which the tokens before the next one teach it;
it learns late or never where in the image to look. So this recipe makes looking easier: the encoder can already read,
and is frozen; the pages are short at first; some of the decoder's input tokens are wrong, so it cannot rely on them.
"""

from training.runs.recipes import PAGES, Recipe, Stage

# The encoder of the shipped page model, which was trained from the line model.
BACKBONE = "text_recognizer/artifacts/paragraph_text_recognizer/model.pt"
OF_DECODER = (
    "--model_class=ResnetTransformer --loss=transformer --backbone=line_resnet_lstm --tf_dropout=0.1 "
    "--token_noise=0.15 --optimizer=AdamW --gradient_clip_val=1 --patience=0 --batch_size=32 --log_every_n_steps=10"
)
FROZEN = f"{OF_DECODER} --freeze_backbone=true --one_cycle_max_lr=0.001"
SHORT = "--sources=IAMSyntheticParagraphs:0.8,SyntheticParagraphs:0.2 --min_lines=1 --max_lines=3"
WHOLE = "--sources=IAMOriginalAndSyntheticParagraphs:0.85,SyntheticParagraphs:0.15 --min_lines=1"

DECODER_RECIPES = {
    "resnet-transformer": Recipe(
        (
            Stage(
                "few-lines",
                "MixedParagraphs",
                f"{FROZEN} {SHORT} --num_mixed_paragraphs=1900 --max_epochs=4 --load_checkpoint={BACKBONE}",
            ),
            # An epoch takes less than an hour on two cores; a killed training loses only its last, unfinished epoch.
            Stage(
                "more-lines",
                "MixedParagraphs",
                f"{FROZEN} {WHOLE} --num_mixed_paragraphs=2500 --max_epochs=24",
                "few-lines",
            ),
            Stage(
                PAGES,
                "IAMOriginalAndSyntheticParagraphs",
                f"{OF_DECODER} --freeze_backbone=true --min_lines=3 --num_synthetic=600 --lr=0.0005 --scheduler=cosine "
                "--max_epochs=4",
                "more-lines",
            ),
        ),
        pages="resnet_transformer",
    )
}
