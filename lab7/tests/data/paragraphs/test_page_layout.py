import numpy as np
import pytest

from text_recognizer.data.paragraphs.page_layout import PageLayout
from text_recognizer.data.paragraphs.stored_lines import PLACES
from text_recognizer.util import UserError

NUM_DRAWN = 200


def places_of(num_writers=3, pages_of_each=2, lines_of_each=5, height=20, width=300, distance=40):
    """Return the places of pages whose lines are further apart from writer to writer."""
    rows = []
    for form in range(num_writers * pages_of_each):
        writer = form // pages_of_each
        for line in range(lines_of_each):
            y = 50.0 + line * (distance + writer)
            rows.append((form, writer, line, line == lines_of_each - 1, height, width, 2.0 * line, 9.0, y, 0))
    return np.array(rows, dtype=PLACES)


def layout_of(places, min_lines=2, max_lines=6, mixed_hands=0.0, texts=None):
    return PageLayout(places, texts or ["x" * 20] * len(places), min_lines, max_lines, mixed_hands)


def pages_of(layout, num=NUM_DRAWN):
    return [layout.draw(np.random.default_rng(i)) for i in range(num)]


@pytest.mark.parametrize(("low", "high"), [(1, 1), (1, 3), (4, 4), (2, 9)])
def test_pages_have_any_number_of_lines_in_the_range_and_no_line_twice(low, high):
    pages = pages_of(layout_of(places_of(), low, high, mixed_hands=0.3))
    assert {len(page.lines) for page in pages} == set(range(low, high + 1))
    assert all(len(set(page.lines)) == len(page.lines) for page in pages)


def test_a_page_is_in_one_hand_as_far_as_its_lines_go():
    places = places_of()
    num_hands = [len(set(places["writer"][page.lines])) for page in pages_of(layout_of(places, 4, 10))]
    assert set(num_hands) == {1}
    more = [places["writer"][page.lines].tolist() for page in pages_of(layout_of(places, 12, 12))]
    assert all(len(set(writers)) == 2 for writers in more)
    assert all(np.count_nonzero(np.diff(writers)) == 1 for writers in more)  # one goes on where the other ends


def test_some_pages_mix_hands():
    places = places_of()
    pages = pages_of(layout_of(places, 4, 4, mixed_hands=0.5))
    num_mixed = sum(len(set(places["writer"][page.lines])) > 1 for page in pages)
    assert 0.3 * NUM_DRAWN < num_mixed < 0.7 * NUM_DRAWN


def test_all_writers_and_lines_are_drawn_and_in_other_orders():
    places = places_of()
    pages = pages_of(layout_of(places))
    assert {line for page in pages for line in page.lines} == set(range(len(places)))
    assert len({tuple(page.lines) for page in pages}) > 0.9 * NUM_DRAWN


def test_a_line_that_ended_a_page_ends_this_one():
    places = places_of()
    for page in pages_of(layout_of(places, 2, 9)):
        assert places["is_last"][page.lines[-1]]
        assert not places["is_last"][page.lines[:-2]].any()  # each writer has eight others


def test_lines_are_as_far_apart_as_on_pages_of_the_first_ones_writer():
    places = places_of()
    for page in pages_of(layout_of(places, 3, 5)):
        y = np.array([corner[1] for corner in page.corners]) + places["core"][page.lines]
        assert np.diff(y).tolist() == [40 + places["writer"][page.lines[0]]] * (len(page.lines) - 1)


def test_the_left_margin_is_that_of_a_real_page():
    for page in pages_of(layout_of(places_of(), 3, 5)):
        assert [x - page.corners[0][0] for x, _ in page.corners] == [2 * i for i in range(len(page.lines))]


def test_a_page_longer_than_any_real_one_has_a_margin_too():
    page = layout_of(places_of(1, 2, 5), 10, 10).draw(np.random.default_rng(0))
    assert [x - 4 for x, _ in page.corners] == [0, 2, 4, 6, 8, 8, 6, 4, 2, 0]


def test_a_left_out_line_does_not_widen_the_distance():
    places = places_of(1, 1)
    y = [corner[1] for corner in layout_of(np.delete(places, 2), 4, 4).draw(np.random.default_rng(0)).corners]
    assert np.diff(y).tolist() == [40] * 3


def test_a_page_of_one_line_lends_no_distance_but_a_line():
    places = np.concatenate([places_of(1, 1), places_of(2, 1, 1)[1:]])
    places["form"][-1] = 1
    pages = pages_of(layout_of(places, 2, 2, mixed_hands=1))
    assert any(page.lines[0] == 5 for page in pages)
    assert {page.corners[1][1] - page.corners[0][1] for page in pages} == {40}


def test_all_ink_is_on_the_page_with_paper_around_it():
    places = places_of()
    places["left"] = np.random.default_rng(0).integers(0, 50, len(places))
    places["core"] = np.random.default_rng(1).integers(0, 20, len(places))
    for page in pages_of(layout_of(places)):
        x, y = np.array(page.corners).T
        assert (x.min(), y.min()) == (4, 4)
        assert page.shape[0] == (y + places["height"][page.lines]).max() + 4
        assert page.shape[1] == (x + places["width"][page.lines]).max() + 4


def test_pages_too_high_are_drawn_again():
    pages = pages_of(layout_of(places_of(distance=100), 1, 9))
    assert {len(page.lines) for page in pages} == {1, 2, 3, 4, 5, 6}
    assert max(page.shape[0] for page in pages) <= 576


def test_pages_too_wide_are_drawn_again():
    places = places_of()
    places["width"][:5] = 633
    pages = pages_of(layout_of(places, 1, 3))
    assert not {line for page in pages for line in page.lines} & set(range(5))


def test_texts_too_long_are_drawn_again():
    texts = ["x" * 87 for _ in range(30)]
    pages = pages_of(layout_of(places_of(), 1, 9, texts=texts))
    assert {len(page.lines) for page in pages} == set(range(1, 8))  # 7 * 87 + 6 + 2 = 617
    exact = ["x" * 679, *["y"] * 29]
    assert any(page.lines == [0] for page in pages_of(layout_of(places_of(), 1, 1, texts=exact)))
    assert not any(0 in page.lines for page in pages_of(layout_of(places_of(), 2, 3, texts=exact)))


UNFIT = {  # what is wrong: the places, the fewest and most lines, what the error says
    "too high": (places_of(distance=100), 8, 9, "--min_lines=8 --max_lines=9: of 100 pages drawn none fits 576 x 640"),
    "too wide": (places_of(width=640), 1, 2, "none fits 576 x 640"),
    "more lines than there are": (places_of(), 2, 31, "--max_lines=31: there are 30 training lines"),
    "one line a page": (places_of(lines_of_each=1), 1, 2, "no training page has two usable lines"),
}


@pytest.mark.parametrize("wrong", UNFIT)
def test_what_no_page_fits_is_an_error(wrong):
    places, low, high, expected = UNFIT[wrong]
    with pytest.raises(UserError, match=expected):
        layout_of(places, low, high).draw(np.random.default_rng(0))


def test_single_lines_need_no_distances():
    page = layout_of(places_of(lines_of_each=1), 1, 1).draw(np.random.default_rng(0))
    assert page.corners == [(4, 4)]
    assert page.shape == (28, 308)


def test_the_same_random_numbers_give_the_same_page():
    layout, other = layout_of(places_of(), mixed_hands=0.3), layout_of(places_of(), mixed_hands=0.3)
    assert pages_of(layout) == pages_of(other)
