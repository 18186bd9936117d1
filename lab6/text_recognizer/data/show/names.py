"""The names of the examples of a data set, and their writers, where they are known."""

from torch.utils.data import Dataset

from text_recognizer.data import copiste_lines
from text_recognizer.data.iam import IAM, has_iam
from text_recognizer.data.storage.prepared import PreparedDataset, open_prepared


def names_of(dataset: Dataset) -> list[str] | None:
    """Return the name of each example of a prepared data set, such as `a01-000u-03` in IAM; None without names."""
    if not isinstance(dataset, PreparedDataset):
        return None
    with open_prepared(dataset.filename) as file:
        key = f"id_{dataset.split}"
        return [name.decode() for name in file[key][:]] if key in file else None


def writers_of(dataset: Dataset) -> list[str] | None:
    """Return the writer of each example of IAM or Copiste; None if the data is missing, or a writer is unknown."""
    names = names_of(dataset)
    if names is None:
        return None
    assert isinstance(dataset, PreparedDataset)
    find = _writers_in_copiste if dataset.filename == copiste_lines.PREPARED_FILENAME else _writers_in_iam
    writers = find(names)
    return [writers[name] for name in names] if all(writers.get(name) for name in names) else None


def _writers_in_iam(names: list[str]) -> dict[str, str]:
    """Return the writers of lines or whole forms."""
    if not has_iam():
        return {}
    iam = IAM()
    form_of = {name: "-".join(name.split("-")[:2]) for name in names}  # a line's id is its form's and a number
    writers = {form: iam.form(form).writer_id for form in sorted(set(form_of.values()) & set(iam.form_ids))}
    return {name: writers.get(form, "") for name, form in form_of.items()}


def _writers_in_copiste(names: list[str]) -> dict[str, str]:
    """Return the writers of lines, which have the names of their pictures."""
    if not copiste_lines.ZIP_FILENAME.is_file():
        return {}
    return {line.image: line.writer_id for line in copiste_lines.read_lines(copiste_lines.ZIP_FILENAME)}
