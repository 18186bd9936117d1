"""Each tip has two ways that do the same; how fast they are is not asserted."""

import pytest
import torch

from training.benchmarks import performance_guide, tips
from training.benchmarks.performance_guide import Guide, gains_of, main, measure, quartiles
from training.benchmarks.tips import TIPS, Tip, clear_gradients, deep_network, gelu_by_hand, kept_bytes


def test_there_are_fourteen_tips_and_each_is_measured_or_says_why_not():
    assert [*dict.fromkeys(tip.number for tip in TIPS)] == [*range(1, 15)]
    assert all(tip.make is not None or "needs a GPU" in tip.today for tip in TIPS)


def test_a_gain_is_by_how_much_more_is_done(monkeypatch):
    times = {"without": [2.0, 3.0], "with": [1.0, 3.0]}
    monkeypatch.setattr(performance_guide, "in_turns", lambda *_, **__: times)
    tip = Tip(1, "one", "still", lambda _: lambda: None)
    assert gains_of(tip, 2) == pytest.approx([100, 0])
    assert gains_of(Tip(5, "many", "still", tip.make, images=(1, 2)), 2) == pytest.approx([300, 100])


@pytest.mark.parametrize(("values", "expected"), [([3.0], (3, 3)), ([0.0, 1.0, 2.0, 3.0, 4.0], (1, 3))])
def test_quartiles(values, expected):
    assert quartiles(values) == pytest.approx(expected)


def test_a_row_is_printed_for_each_tip_that_is_chosen(monkeypatch, capsys):
    monkeypatch.setattr(performance_guide, "SECONDS_A_TURN", 0)
    threads = torch.get_num_threads()
    gains = measure(Guide(tips="2,8,12,13", rounds=1))
    torch.set_num_threads(threads)
    assert [name.split()[0] for name in gains] == ["8", "12", "13"]
    printed = capsys.readouterr().out
    assert "needs a GPU" in printed
    assert "MB without checkpointing" in printed


def test_both_ways_of_each_tip_run(monkeypatch):
    for name, small in {"HEIGHT": 16, "WIDTH": 64, "NUM_IMAGES": 8, "BATCH": 4}.items():
        monkeypatch.setattr(tips, name, small)
    for tip in TIPS:
        if tip.make is not None and tip.number not in (1, 3):  # those start processes
            for way in tip.ways():
                way()


def test_checkpointing_keeps_less():
    assert kept_bytes(deep_network(True)) < kept_bytes(deep_network(False)) / 2


def test_gelu_by_hand_is_gelu():
    x = torch.linspace(-4, 4, 50)
    assert torch.allclose(gelu_by_hand(x), torch.nn.functional.gelu(x, approximate="tanh"), atol=1e-6)


def test_gradients_are_cleared_either_way():
    for to_none in (True, False):
        clear_gradients(to_none)()


@pytest.mark.parametrize(
    ("argv", "expected"),
    [(["--tips=15"], "'15' is not one of 1 to 14"), (["--rounds=0"], "--rounds=0"), (["--tip=1"], "--tips")],
)
def test_mistakes_are_one_line(argv, expected):
    with pytest.raises(SystemExit, match=expected):
        main(argv)
