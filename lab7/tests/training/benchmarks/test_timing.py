import itertools

from training.benchmarks import timing
from training.benchmarks.timing import in_turns, load, medians, processor, seconds, table, timed


class Clock:
    """A clock that goes on only when something works."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def work(self, *lengths):
        """Return something that takes each of these times in turn, again and again."""
        cycle = itertools.cycle(lengths)

        def way():
            self.now += next(cycle)

        return way


def test_a_time_is_the_mean_of_its_repeats():
    clock = Clock()
    assert seconds(clock.work(1, 3), repeats=2, clock=clock) == 2


def test_ways_take_turns_and_the_warm_up_is_thrown_away():
    clock, order = Clock(), []
    ways = {name: lambda name=name: order.append(name) for name in "ab"} | {"c": clock.work(9, 1, 5, 2)}
    times = in_turns(ways, num_rounds=3, clock=clock)
    assert order == ["a", "b"] * 4
    assert times == {"a": [0, 0, 0], "b": [0, 0, 0], "c": [1, 5, 2]}
    assert medians(times)["c"] == 2


def test_what_is_timed_gives_its_result(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timing.time, "perf_counter", clock)
    work = clock.work(4)
    assert timed(lambda: [work(), "result"][1]) == ("result", 4)


def test_columns_lie_beneath_each_other():
    assert table([("one", "1 s", "10 x"), ("eleven", "100 s", "1 x")]) == (
        "  one       1 s  10 x\n  eleven  100 s   1 x"
    )


def test_the_machine_is_named(monkeypatch):
    assert processor()
    monkeypatch.setattr(timing.os, "getloadavg", lambda: (0.25, 1, 2), raising=False)
    assert load() == "load 0.2"
    monkeypatch.delattr(timing.os, "getloadavg")
    assert load() == "load unknown"
