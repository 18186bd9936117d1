"""Counting n-grams from the command line."""

import pytest

from text_recognizer.ngrams import NGrams
from training import count_ngrams
from training.count_ngrams import Counting, count, main


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
    flags = ["--order=3", f"--output={tmp_path / 'ngrams.npz'}"]
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
        main(["--order=20"])
    with pytest.raises(SystemExit, match="--ordr"):
        main(["--ordr=3"])
