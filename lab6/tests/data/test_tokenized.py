"""Lines with pieces of words for labels."""

import pickle

import pytest
import torch
from pytorch_lightning import seed_everything

from text_recognizer import data
from text_recognizer.data.drawing.on_demand import set_epoch
from text_recognizer.data.show.names import names_of
from text_recognizer.tokens.word_pieces import WordPieces
from text_recognizer.util import UserError
from text_recognizer.vocabulary import decode, tokenizer_of

FILENAME = "iamdb_1kwp_tokens_1000.txt"
SMALL = {"EMNISTLines": {"num_train": 4, "num_val": 4, "num_test": 4, "max_length": 16}}
SMALL |= {"EMNISTLines2": SMALL["EMNISTLines"], "SyntheticLines": {"num_train_lines": 4}, "MixedLines": {}}
SMALL |= {"IAMLines": {"augment": False}, "CopisteLines": {"augment": False}}


def load(name, **settings):
    seed_everything(1, verbose=False)
    module = getattr(data, name)(**SMALL[name], **settings)
    module.prepare_data()
    module.setup()
    return module


@pytest.mark.parametrize("name", SMALL)
def test_any_line_data_takes_pieces_and_means_the_same_texts(name):
    characters, pieces = load(name), load(name, tokens="word_pieces", word_pieces=FILENAME)
    tokenizer = WordPieces.read(FILENAME)
    assert pieces.config()["mapping"] == tokenizer.mapping
    for split in ("data_train", "data_val"):
        (image, target), (same_image, labels) = getattr(characters, split)[1], getattr(pieces, split)[1]
        assert torch.equal(image, same_image)
        assert labels.shape == pieces.output_dims
        assert tokenizer.decode(labels.tolist()) == decode(target.tolist()).removesuffix("\n")
        assert tokenizer_of(pieces.config()).decode(labels.tolist()) == decode(target.tolist())


def test_the_names_of_lines_and_new_epochs_are_still_there():
    assert names_of(load("IAMLines", tokens="word_pieces", word_pieces=FILENAME).data_val)
    mixed = load("MixedLines", tokens="word_pieces", word_pieces=FILENAME, sources="IAMLines", num_mixed_lines=4)
    epochs = []
    for epoch in (1, 2):
        set_epoch(mixed.data_train, epoch)
        epochs.append(torch.stack([mixed.data_train[i][0] for i in range(4)]))
    assert not torch.equal(*epochs)
    assert len(pickle.loads(pickle.dumps(mixed.data_train))) == 4


def test_pieces_that_are_not_there_are_named():
    with pytest.raises(UserError, match=r"nothing\.txt: no such file.*make_wordpieces"):
        data.IAMLines(tokens="word_pieces", word_pieces="nothing.txt")
