import pytest

from text_recognizer.lit_models.util import special_tokens


def test_special_tokens_are_looked_up_by_name():
    tokens = special_tokens(["a", "<P>", "<E>", "b", "<S>", "<B>"])
    assert (tokens.blank, tokens.start, tokens.end, tokens.padding) == (5, 4, 2, 1)


def test_a_vocabulary_without_special_tokens_is_no_vocabulary_of_texts():
    with pytest.raises(ValueError, match="<B>"):
        special_tokens(["a", "b"])
