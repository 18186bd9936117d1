"""The recipe of the model of pages that writes token by token: three trainings, each begins with the one before.

A decoder that is to learn from whole pages and from nothing learns English first, for that is in the tokens that it is
shown; where in the image to look it finds out late or never. Here the encoder is one that reads, and stays as it is at
first; the pages are short at first; and some of the tokens that the decoder is shown are wrong, so that it has to look.
"""

from training.runs.recipes import PAGES, Recipe, Stage

# What the shipped model of pages sees with: it was made from the model of lines.
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
            # Epochs of less than an hour of two cores: what is lost by a kill is what came after the last one.
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
