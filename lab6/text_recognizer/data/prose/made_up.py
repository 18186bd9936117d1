"""Sentences without meaning, with the word frequencies of English, for want of a real text."""

from functools import cache

import numpy as np
import wordfreq

from text_recognizer.data.sentence_generator import blocked_words, is_blocked

NUM_WORDFREQ_WORDS = 20_000
NUM_WORDFREQ_SENTENCES = 6_000
NAMES_SHARE = 0.04  # of the words of a made-up sentence
MADE_UP_SEED = 1961
# Between words drawn at random these would say what nobody means.
NOT_MADE_UP = ("sex", "homo", "lesb", "gay", "nazi", "hitler", "suicid", "terror", "kill", "murder", "naked", "nude")


@cache
def made_up_sentences() -> tuple[str, ...]:
    """Make sentences without meaning whose words are as frequent as in English."""
    rng = np.random.default_rng(MADE_UP_SEED)
    words, weights = _frequent_words()
    return tuple(_make_up(words, weights, rng) for _ in range(NUM_WORDFREQ_SENTENCES))


def _frequent_words() -> tuple[np.ndarray, np.ndarray]:
    """Return common words that can be written and are not blocked, and how frequent each is."""
    blocked, letters = blocked_words(), set("abcdefghijklmnopqrstuvwxyz'")
    candidates = wordfreq.top_n_list("en", NUM_WORDFREQ_WORDS)
    words = [word for word in candidates if set(word) <= letters and not is_blocked([word], blocked)]
    words = [word for word in words if len(word) > 1 or word in "ai"]
    words = [word for word in words if not any(part in word for part in NOT_MADE_UP)]
    weights = np.array([wordfreq.word_frequency(word, "en") for word in words])
    return np.array(words), np.cumsum(weights) / weights.sum()


def _make_up(words: np.ndarray, weights: np.ndarray, rng: np.random.Generator) -> str:
    """Draw words into the shape of a sentence: commas, names, a mark at the end."""
    num = int(rng.integers(4, 24))
    drawn = [str(words[min(i, len(words) - 1)]) for i in np.searchsorted(weights, rng.random(num))]
    sentence = [_name(word) if rng.random() < NAMES_SHARE or word == "i" else word for word in drawn]
    for i in range(1, num - 1):
        if rng.random() < 0.1:
            sentence[i] += rng.choice([",", ",", ",", ";", ":", " -"])
    sentence[0] = _name(sentence[0])
    return " ".join(sentence) + str(rng.choice([".", ".", ".", ".", ".", "?", "!"]))


def _name(word: str) -> str:
    return word[:1].upper() + word[1:]
