import numpy as np
import pytest

from text_recognizer.handwriting.hands import X_HEIGHT, find_hands
from text_recognizer.handwriting.world.printed import find_printed, is_held_out, print_line
from text_recognizer.handwriting.world.written import write_line
from text_recognizer.handwriting.writer import draw_writer


@pytest.mark.parametrize("seed", range(3))
def test_letters_without_tails_stand_on_the_baseline_and_reach_the_x_height(seed):
    rng = np.random.default_rng(seed)
    line = write_line(draw_writer(find_hands("train"), rng), "annoncer une mare", rng)
    rows = np.arange(line.ink.shape[0])[:, None]
    baseline = line.row(np.arange(line.ink.shape[1]))[None]
    ink = line.ink > 127
    core = (rows <= baseline + 2) & (rows >= baseline - line.x_height - 3)
    assert (ink & core).sum() > 0.85 * ink.sum()
    assert line.words == ("annoncer", "une", "mare")
    for (start, end), (next_start, _) in zip(line.places, line.places[1:], strict=False):
        assert start < end < next_start


def test_print_is_as_high_as_it_says():
    line = print_line(find_printed("train")[0], "xxx zone", np.random.default_rng(0))
    first = line.ink[:, : int(line.places[0, 1])]
    rows = np.flatnonzero((first > 127).any(axis=1))
    assert rows[-1] + 1 - rows[0] == pytest.approx(line.x_height, abs=3)
    assert line.row(np.array([5.0]))[0] == pytest.approx(rows[-1] + 1, abs=2)
    assert line.x_height == pytest.approx(X_HEIGHT, abs=2)
    assert line.printed


def test_a_family_is_held_out_or_not_but_never_both():
    assert is_held_out("cousine") == is_held_out("cousine")
    assert {is_held_out(name) for name in ("arimo", "lora", "inter", "roboto", "tinos", "nunito", "oswald")} <= {
        True,
        False,
    }
