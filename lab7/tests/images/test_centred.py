import numpy as np

from text_recognizer.images.centred import centred


def test_ink_is_moved_to_the_middle_and_none_is_lost():
    image = np.zeros((9, 4), np.uint8)
    image[1, 1] = 200
    moved = centred(image)
    assert moved[4, 1] == 200
    assert moved.sum() == 200
    assert np.array_equal(centred(image[::-1]), moved)
    assert np.array_equal(centred(moved), moved)


def test_it_does_not_matter_which_way_up_the_line_is():
    image = np.random.default_rng(0).random((21, 30)).astype(np.float32)
    image[12:] = 0
    image[:2] = 0
    assert np.allclose(centred(image[::-1, ::-1])[::-1, ::-1], centred(image))


def test_empty_paper_stays_as_it_is():
    image = np.zeros((5, 3), np.uint8)
    assert centred(image) is image
