"""The benchmark of the service: its pages differ, and it sees what is mixed up."""

import pytest
from PIL import Image

from training.benchmarks.service import PAGE, compare, make_pages, memory, speed_of


def test_its_pages_differ():
    pages = make_pages(Image.open(PAGE))
    assert len({page.height for page in pages}) == len(pages)


def test_speed_is_by_the_number_of_things():
    rate, busy = speed_of(lambda: sum(range(1000)), 10)
    assert rate > 0
    assert busy >= 0


def test_memory_is_told_or_said_to_be_unknown():
    assert memory().endswith(("MiB", "not known here"))


@pytest.mark.extras
@pytest.mark.parametrize(("texts", "status"), [(["secret 40", "secret 50"], 0), (["secret 40", "secret 51"], 1)])
def test_what_is_mixed_up_is_seen(texts, status, tmp_path, capsys):
    pytest.importorskip("fastapi", reason="the extra `service` is not installed")
    from tests.service.test_api import WidthReader

    pages = [Image.new("L", (width, 30), 200) for width in (40, 50)]
    assert compare(WidthReader(tmp_path / "model"), pages, texts, 2, 1.0) == status
    assert f"2 answers, {status} different from the class's" in capsys.readouterr().out
