"""Public texts are cut into sentences that can be written."""

import codecs

from text_recognizer.data.prose.public_texts import has_public_texts, public_sentences, sentences_in


def test_sentences_end_where_a_capital_follows():
    text = "To the Congress:  All\nis well. Mr. Smith agrees! \u201cIs it?\u201d It is\u2014I know.\n"
    assert sentences_in(text) == ["To the Congress: All is well.", "Mr. Smith agrees!", '"Is it?"', "It is - I know."]


def test_what_cannot_be_written_is_left_out():
    assert sentences_in("It cost $5. It was caf\u00e9. It was old.") == ["It was old."]


def test_blocked_words_are_left_out():
    word = codecs.decode("shpx", "rot13")
    assert sentences_in(f"He said {word}. She did not.") == ["She did not."]
    assert sentences_in(f"He said {word.upper()}-all. She did not.") == ["She did not."]


def test_both_texts_are_read_in_order(tmp_path):
    assert not has_public_texts(tmp_path)
    (tmp_path / "moby_dick.txt").write_text("Call me Ishmael.\n")
    assert not has_public_texts(tmp_path)
    (tmp_path / "state_of_the_union.txt").write_text("Fellow citizens. We meet again.\n")
    assert has_public_texts(tmp_path)
    assert public_sentences(tmp_path) == ("Fellow citizens.", "We meet again.", "Call me Ishmael.")
