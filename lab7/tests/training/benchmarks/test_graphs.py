import pytest

from training.benchmarks.graphs import losses, main


def test_both_ways_find_the_same_loss():
    _, ways = losses(num_classes=20)
    assert ways["graphs"]().item() == pytest.approx(ways["CTCLoss"]().item(), rel=1e-5)


def test_each_number_of_pieces_gets_a_row(capsys):
    main(["--pieces", "10", "20"])
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["10", "20"]
    assert all("times as long" in row for row in rows[1:])
