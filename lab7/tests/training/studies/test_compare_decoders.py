"""Ways to read the same lines."""

import pytest

from text_recognizer.util import UserError
from training.command_line.flags import parse
from training.language.count_ngrams import Counting, count
from training.run_experiment import run
from training.studies.compare_decoders import Comparison, compare, main

SMALL = ["--data_class=IAMLines", "--model_class=LineResNetLSTM", "--stem_dim=2", "--lstm_dim=4", "--batch_size=4"]
SMALL += ["--max_epochs=1", "--limit_train_batches=1", "--limit_val_batches=1", "--limit_test_batches=1"]
PIECES = "iamdb_1kwp_tokens_1000.txt"


@pytest.fixture(scope="module")
def dirname(tmp_path_factory):
    return tmp_path_factory.mktemp("logs")


def train(dirname, *flags):
    run(parse([*SMALL, "--loss=ctc", "--accelerator=cpu", f"--default_root_dir={dirname}", *flags]))
    return str(next(dirname.rglob("version_0")))


def test_each_file_adds_a_row(dirname, capsys):
    files = {name: str(dirname / name) for name in ("ngrams.npz", "some.arpa", "words.txt")}
    count(Counting(order=2, output=files["ngrams.npz"], arpa=files["some.arpa"], lexicon=files["words.txt"]))
    named = {"ngrams": files["ngrams.npz"], "arpa": files["some.arpa"], "lexicon": files["words.txt"]}
    checkpoint = train(dirname / "characters")
    rates = compare(Comparison(checkpoint, num_examples=2, beam_size=2, **named))
    assert list(rates) == ["greedy", "n-grams", "ARPA file", "lexicon", "n-grams and lexicon"]
    assert rates["n-grams"] == rates["ARPA file"]
    assert capsys.readouterr().out.count("CER") == 5


def test_a_model_of_word_pieces_takes_n_grams_of_word_pieces(dirname):
    counting = Counting(order=2, output=str(dirname / "p.npz"), word_pieces=PIECES, arpa=str(dirname / "p.arpa"))
    count(counting)
    checkpoint = train(dirname / "pieces", "--tokens=word_pieces", f"--word_pieces={PIECES}")
    named = {"piece_ngrams": counting.output, "arpa": counting.arpa}
    rates = compare(Comparison(checkpoint, num_examples=2, beam_size=2, **named))
    assert rates["n-grams of word pieces"] == rates["ARPA file"]
    with pytest.raises(UserError, match="are of characters"):
        compare(Comparison(checkpoint, ngrams=counting.output))


def test_mistakes_are_one_line(dirname):
    with pytest.raises(SystemExit, match="error: "):
        main([f"--checkpoint={dirname / 'nothing.ckpt'}"])
