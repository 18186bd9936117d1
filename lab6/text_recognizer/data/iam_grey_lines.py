"""Lines of IAM in grey, with the ink and paper of the original scans.

IAM is for non-commercial research only: never publish its images.
"""

from torch.utils.data import Dataset

from text_recognizer.data.drawing.augmented import AugmentedDataset
from text_recognizer.data.iam import IAM, LICENCE, ZIP_FILENAME, has_iam
from text_recognizer.data.iam_lines import SETTINGS, IAMLines, write_split
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.prepared import (
    PreparedDataset,
    fingerprint,
    made_from_of,
    outlives_source,
    write_prepared,
)
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.augment import Augment
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError

GREY_FILENAME = ZIP_FILENAME.with_name("iam_grey_train_forms.zip")
GREY_PREPARED_FILENAME = PROCESSED_DIRNAME / "iam_grey_lines" / "lines.h5"


class IAMGreyLines(IAMLines):
    """Training lines from forms of IAM that were scanned in grey; validation and test lines are those of `IAMLines`.

    Needs `iam_grey_train_forms.zip` beside `iamdb.zip`, with forms and XML in the same layout. A form that is a
    validation or test form of IAM is refused.

    Parameters
    ----------
    augment
        Change training images at random, differently in each epoch; validation and test images are only scaled.
    """

    def prepare_data(self) -> None:
        """Cut out the lines unless that is done."""
        super().prepare_data()
        prepare_grey_lines()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the prepared lines; images are read when they are taken."""
        _, val, test = super().load_splits()
        self.source = f"grey lines of IAM, in {GREY_PREPARED_FILENAME}"
        if self.augment and not self.validates_on_train:  # --overfit_batches needs the same images in each epoch
            return AugmentedDataset(GREY_PREPARED_FILENAME, "train", Augment.for_lines()), val, test
        return PreparedDataset(GREY_PREPARED_FILENAME, "train", to_image_tensor), val, test


def prepare_grey_lines() -> None:
    """Make the prepared file unless it is current.

    Raises
    ------
    UserError
        If the forms are missing, or one of them is a validation or test form of IAM.
    """
    filename, stored = GREY_FILENAME, made_from_of(GREY_PREPARED_FILENAME)
    if not filename.exists() and outlives_source(stored, **SETTINGS):
        return
    if not filename.is_file():
        raise UserError(f"{filename.name} is missing and is not downloaded for you: put it into {filename.parent}")
    made_from = fingerprint(source=filename, **SETTINGS)
    if stored == made_from:
        return
    grey = IAM(filename)
    if has_iam():
        held_out = {form_id for split in ("val", "test") for form_id in IAM().splits[split]}
        if shared := sorted(held_out.intersection(grey.form_ids)):
            raise UserError(
                f"{filename}: {shared[0]} is a validation or test form of IAM: expected training forms only"
            )
    print(f"{LICENCE}.")
    with write_prepared(GREY_PREPARED_FILENAME, made_from) as file:
        write_split(file, "train", grey, [grey.form(form_id) for form_id in grey.form_ids])


if __name__ == "__main__":
    look_at(IAMGreyLines)
