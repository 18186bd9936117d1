"""Counting n-grams from the command line."""

import pytest

from text_recognizer.decoding.ngrams import NGrams
from training.language import count_ngrams
from training.language.count_ngrams import Counting, count, main


def test_the_model_that_is_saved_foresees_english(tmp_path, capsys):
    count(Counting(order=4, output=str(tmp_path / "ngrams.npz")))
    model = NGrams.load(tmp_path / "ngrams.npz")
    assert model.order == 4
    assert model.bits_per_character("then he said that there") < model.bits_per_character("tneh eh dias taht ereht")
    assert "bits for each character of validation text" in capsys.readouterr().out


def test_free_text_alone_is_counted_if_one_says_so(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(count_ngrams, "sentences_of", lambda split, free_text: asked.append(free_text) or ("a b a",))
    main(["--free_text=true", "--order=2", f"--output={tmp_path / 'ngrams.npz'}"])
    assert asked == [True, True]
    assert "Text: prose.txt" in capsys.readouterr().out


def test_public_texts_are_counted_too_where_they_are(tmp_path, monkeypatch, capsys):
    flags = ["--order=3", f"--output={tmp_path / 'ngrams.npz'}", "--overwrite"]
    main(flags)
    assert "`make texts` brings more text" in capsys.readouterr().out
    without = NGrams.load(tmp_path / "ngrams.npz").bits_per_character("qxqxqx")
    monkeypatch.setattr(count_ngrams, "has_public_texts", lambda: True)
    monkeypatch.setattr(count_ngrams, "public_sentences", lambda: ("qx" * 500,))
    main(flags)
    assert "moby_dick.txt, 1,000 characters to count" in capsys.readouterr().out
    assert NGrams.load(tmp_path / "ngrams.npz").bits_per_character("qxqxqx") < without - 1
    main([*flags, "--public_texts=false"])
    assert "moby" not in capsys.readouterr().out
    assert NGrams.load(tmp_path / "ngrams.npz").bits_per_character("qxqxqx") == without


def test_the_command_takes_flags_and_says_what_is_wrong(tmp_path):
    main([f"--output={tmp_path / 'ngrams.npz'}", "--order=2"])
    assert NGrams.load(tmp_path / "ngrams.npz").order == 2
    with pytest.raises(SystemExit, match="order 20: expected 1 to 9"):
        main(["--order=20", f"--output={tmp_path / 'other.npz'}"])
    with pytest.raises(SystemExit, match=r"^error: --ordr=3: no such flag\. Did you mean --order\?$"):
        main(["--ordr=3"])


def test_words_that_occur_twice_are_a_lexicon(tmp_path, monkeypatch):
    monkeypatch.setattr(
        count_ngrams, "sentences_of", lambda split, free_text: ("He said: it's late.", "He said 2 it's")
    )
    main([f"--output={tmp_path / 'ngrams.npz'}", "--order=2", f"--lexicon={tmp_path / 'words.txt'}"])
    assert (tmp_path / "words.txt").read_text().split() == ["He", "said", "it's"]


def test_word_pieces_are_counted_and_measured_by_the_characters_that_they_spell(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(count_ngrams, "sentences_of", lambda split, free_text: ("the wall of the end",) * 20)
    pieces = ["--word_pieces=iamdb_1kwp_tokens_1000.txt", f"--arpa={tmp_path / 'pieces.arpa'}"]
    main([f"--output={tmp_path / 'pieces.npz'}", "--order=2", *pieces])
    assert "Different sequences of 1 to 2 word pieces" in capsys.readouterr().out
    assert "▁the ▁w" in (tmp_path / "pieces.arpa").read_text(encoding="utf-8")
    with pytest.raises(
        SystemExit, match=r"--batch_size=3: no such flag here\. Expected one of --help --order --output"
    ) as stop:
        main(["--batch_size=3"])
    assert "Trainer" not in str(stop.value)


def test_counts_that_are_there_are_replaced_only_if_one_says_so(tmp_path):
    filename = tmp_path / "ngrams.npz"
    main([f"--output={filename}", "--order=2"])
    with pytest.raises(SystemExit, match=r"ngrams\.npz is there already\. Add --overwrite .*--output=.*ngrams-2\.npz"):
        main([f"--output={filename}", "--order=3"])
    assert NGrams.load(filename).order == 2
    main([f"--output={filename}", "--order=3", "--overwrite"])
    assert NGrams.load(filename).order == 3
