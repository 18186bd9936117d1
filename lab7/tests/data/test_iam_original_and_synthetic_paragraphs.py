import pytest
import torch

from tests.epochs import epochs
from tests.iam_source import FORM_IDS, TEXTS, prepared, text_of, use_source
from text_recognizer.data import IAMOriginalAndSyntheticParagraphs, IAMParagraphs, IAMSyntheticParagraphs
from text_recognizer.data.drawing.on_demand import set_epoch
from text_recognizer.data.paragraphs.canvas import PARAGRAPH_MAPPING

SMALL = {"num_synthetic": 6, "max_lines": 8, "batch_size": 3}
NUM_REAL = 5


@pytest.fixture(autouse=True)
def source(tmp_path, monkeypatch):
    return use_source(tmp_path, monkeypatch)


def joined(**settings):
    return prepared(IAMOriginalAndSyntheticParagraphs, **(SMALL | settings))


def images_of(dataset):
    return [dataset[i][0] for i in range(len(dataset))]


def same(images, others):
    return [torch.equal(*pair) for pair in zip(images, others, strict=True)]


def test_the_data_are_what_their_config_says():
    data = joined()
    assert data.config() == {"input_dims": (1, 576, 640), "output_dims": (682,), "mapping": PARAGRAPH_MAPPING}
    assert "11 training, 2 validation, 2 test examples" in str(data)
    assert "IAM subset" in data.source


def test_training_pages_are_the_real_and_the_synthetic_ones():
    data, parts = joined(), (prepared(IAMParagraphs), prepared(IAMSyntheticParagraphs, **SMALL))
    for epoch in range(2):
        expected = [image for part in parts for image in images_of(part.data_train)]
        assert all(same(images_of(data.data_train), expected)), epoch
        for dataset in (data.data_train, *(part.data_train for part in parts)):
            set_epoch(dataset, epoch + 1)


def test_validation_and_test_pages_are_the_real_ones():
    data = joined()
    for dataset, split in ((data.data_val, "val"), (data.data_test, "test")):
        assert [text_of(data, labels) for _, labels in dataset] == ["\n".join(TEXTS[i]) for i in FORM_IDS[split]]


def test_both_kinds_change_from_epoch_to_epoch_and_are_the_same_with_workers():
    first, second = expected = epochs(joined())
    assert len(first) == NUM_REAL + 6
    assert not set(first) & set(second)
    assert epochs(joined(num_workers=2)) == expected


def test_without_augmentation_only_synthetic_pages_change():
    first, second = epochs(joined(augment=False))
    assert sum(image in second for image in first) == NUM_REAL


def test_what_is_to_be_memorised_stays_the_same():
    data = IAMOriginalAndSyntheticParagraphs(**SMALL)
    data.prepare_data()
    data.validates_on_train = True
    data.setup()
    first, second = epochs(data)
    assert first == second
