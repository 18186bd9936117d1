"""What the examples of a data set are called, and who wrote them, where the data tells."""

from torch.utils.data import Dataset

from text_recognizer.data.iam import IAM, has_iam
from text_recognizer.data.prepared import PreparedDataset, open_prepared


def names_of(dataset: Dataset) -> list[str] | None:
    """Return IAM's id of each example of a prepared data set, such as `a01-000u-03`; None if it stores none."""
    if not isinstance(dataset, PreparedDataset):
        return None
    with open_prepared(dataset.filename) as file:
        key = f"id_{dataset.split}"
        return [name.decode() for name in file[key][:]] if key in file else None


def writers_of(names: list[str]) -> list[str] | None:
    """Return who wrote each line or form of IAM; None if IAM is not here, or does not tell of each."""
    if not has_iam():
        return None
    iam = IAM()
    # A line's id is its form's and a number.
    form_ids = ["-".join(name.split("-")[:2]) for name in names]
    if not set(form_ids) <= set(iam.form_ids):
        return None
    writer_of = {form_id: iam.form(form_id).writer_id for form_id in sorted(set(form_ids))}
    return [writer_of[form_id] for form_id in form_ids] if all(writer_of.values()) else None
